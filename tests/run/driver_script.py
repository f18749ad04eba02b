"""A generator that follows a script instead of making load: it speaks the wire, and reports what the plan says was due.

`well`: all goes well.  `crash`: it dies in the middle.  `deaf`: never ready.  `lost`: one of its workers is gone.  `slow`: the drain takes
all it may.  `kill`: the target is told to die.
"""

import contextlib
import os
import socket
import sys
import threading
import time
import urllib.request

import msgspec
import numpy as np

from rushproof.frame import CELL, Frame, Health, Visits
from rushproof.histogram import bucket
from rushproof.plan import Plan
from rushproof.sample import VISIT, Distribution, Outcome
from rushproof.schedule import Schedule
from rushproof.wire import Message, Unpacker, pack, read_number

TICK = 0.25
"""wall seconds between two reports; a real generator takes one"""

script = sys.argv[1]
if "--worker" in sys.argv:
    time.sleep(600)  # a worker that its master tells nothing
link = socket.socket(fileno=int(sys.argv[sys.argv.index("--socket") + 1]))
stop, begun = threading.Event(), threading.Event()
told = {}


def listen():
    unpacker = Unpacker()
    while data := link.recv(65536):
        for message, payload in unpacker.feed(data):
            if message is Message.PLAN:
                told["plan"] = Plan.decode(payload)
                if script != "deaf":
                    link.sendall(pack(Message.READY))
            elif message is Message.START:
                told["start"] = read_number(payload)
                begun.set()
            elif message is Message.STOP:
                told["drain"] = read_number(payload)
                stop.set()
    os._exit(0)


def cells(offered, at):
    rows = [
        (at, 1, Outcome.OK, distribution, int(bucket(np.array([0.01]))[0]), offered)
        for distribution in (
            Distribution.SERVICE,
            Distribution.RESPONSE,
            Distribution.WAIT,
            Distribution.LAG,
            Distribution.INTENT,
            Distribution.SERVED,
        )
    ]
    rows.append((at, 0, Outcome.OK, Distribution.STRETCH, 0, offered))
    return np.array([row for row in rows if row[5]], CELL).tobytes()


def frame(plan, worker, seq, until, before, final):
    mine = msgspec.structs.replace(plan, worker=worker)
    visits = tuple(Visits(offered=(n := Schedule(mine, crowd).offered(until)), finished=n) for crowd in range(len(plan.crowds)))
    fresh = visits[0].offered - before.get(worker, 0)
    before[worker] = visits[0].offered
    second = int(max(until - 1e-6, 0))
    steps = tuple((crowd.name, step) for crowd in plan.crowds for step in (VISIT, "reserve"))
    health = Health(at=second, lag_p99=0.001, busy=0.1, turn=0.001, due=fresh, unsent=0, missed=0, in_flight=0, memory=1)
    sent = Frame(
        worker=worker,
        seq=seq,
        until=until,
        steps=steps,
        visits=visits,
        cells=cells(fresh, int(second / plan.resolution)),
        health=(health,),
        final=final,
    )
    link.sendall(pack(Message.FRAME, sent.encode()))


threading.Thread(target=listen, daemon=True).start()
begun.wait()
plan = told["plan"]
duration = plan.pace.wall(plan.timetable.end)
workers = range(plan.workers - 1) if script == "lost" else range(plan.workers)
before = {}
until, sent = 0.0, 0
for seq in range(int(np.ceil(duration / TICK))):
    if stop.wait(max(told["start"] + min((seq + 1) * TICK, duration) - time.time(), 0)):
        until = min(max(time.time() - told["start"], 0), duration)
        break
    sent += 1
    until = min((seq + 1) * TICK, duration)
    for worker in workers:
        frame(plan, worker, seq, until, before, False)
    if script == "crash":
        time.sleep(0.25)
        os._exit(9)
    if script == "lost" and seq == 0:
        link.sendall(pack(Message.LOST, f"{plan.workers - 1}: its process ended with code 9".encode()))
    if script == "kill":
        with contextlib.suppress(OSError):
            urllib.request.urlopen(plan.url + "/die").read()
ended = time.monotonic()
while script == "slow" and time.monotonic() - ended < told.get("drain", plan.drain):
    time.sleep(0.05)
for worker in workers:
    frame(plan, worker, sent, until, before, True)
link.shutdown(socket.SHUT_WR)
