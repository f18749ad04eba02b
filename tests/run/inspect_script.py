"""Says of every locustfile that it has the step `reserve`."""

import json
import sys

asked = json.load(sys.stdin)
answer = [
    {
        "persona": one["persona"], "name": "Scripted", "kind": "crowd", "about": "", "steps": {"reserve": "reservation"}, "settings": {},
        "error": {"path": "settings.wish", "problem": "unknown key"} if "wish" in one["settings"] else None,
    }
    for one in asked
]  # fmt: skip
json.dump(answer, sys.stdout)
