"""A target with just enough to be run against: health, clock, two ledgers; `GET /die` ends it, `GET /clock` tells what was put.

`PUT /faults/NAME` with a `ttl` turns a fault on, DELETE off (but for `stuck`); `faults.jsonl` tells what was asked.
It does not start where its folder holds a file `refuse`.
`GET /busy?N` answers 503 to the first N who ask, and 200 from then on.  Further arguments are written down in its folder.
"""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

port, folder = int(sys.argv[1]), Path(sys.argv[2])
folder.mkdir(exist_ok=True)
if (folder / "refuse").exists():
    sys.exit(3)
(folder / "argv.json").write_text(json.dumps(sys.argv[3:]))
(folder / "target.pid").write_text(str(os.getpid()))
LEDGERS = {"/ledger.csv": "sequence,person,round,shop,key,at\n", "/rounds.csv": "sequence,round,open,close\n"}
ROWS = {"/ledger.csv": [], "/rounds.csv": ["1,r1,0.0,9e9\n"]}
asked = []
faults, stuck_on = {}, set()
clock = {"now": "unset", "speed": 1, "set_at": 0.0}


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path == "/die":
            os._exit(7)
        if path.startswith("/faults/"):
            return self.say(json.dumps({"active": time.time() < faults.get(path, 0.0)}))
        if path == "/busy":
            asked.append(time.time())
            if len(asked) <= int(query):
                return self.say('{"outbox": 3}', 503)
            return self.say("{}")
        if path in LEDGERS:
            after = int(dict(pair.split("=") for pair in query.split("&"))["after"])
            return self.say(LEDGERS[path] + "".join(row for row in ROWS[path] if int(row.split(",")[0]) > after))
        return self.say(json.dumps(clock))

    def switched(self, body):
        on = self.command == "PUT"
        faults[self.path] = time.time() + body.get("ttl", 1e9) if on else 0.0
        stuck_on.update({"on"} if on else ())
        with (folder / "faults.jsonl").open("a") as file:
            file.write(json.dumps({"method": self.command, "path": self.path, "at": time.time(), **body}) + "\n")
        stuck = self.path == "/faults/stuck" and self.command == "DELETE" and "on" in stuck_on
        return self.say(json.dumps({"active": stuck or on}))

    def do_DELETE(self):
        return self.switched({})

    def do_PUT(self):
        if self.path.startswith("/faults/"):
            return self.switched(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        if self.path == "/fixed":
            self.rfile.read(int(self.headers["Content-Length"]))
            return self.say("it cannot be turned", 422)
        clock.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))), set_at=time.time())
        (folder / "clock.json").write_text(json.dumps(clock))
        return self.say("{}")

    def say(self, body, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", port), Answers).serve_forever()
