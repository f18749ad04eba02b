"""Chaos Toolkit activities in a process of their own, which is warm before the load begins: `python -m rushproof.inject.activity`.

An extension's code is anybody's: it may block, print, or hold the interpreter, and must not do so where the load is recorded.  The first
line of the standard input says what there will be to do, the answer whether it can be done; then each line is a number of an activity,
and each answer what it came to.  It ends when its input does.  With `--mend JSON` the same is done once, by the guard.
"""

import copy
import json
import os
import sys
import time
from typing import Any

ANSWERED, FAILED = "succeeded", "failed"


class Stage:
    """The activities of one fault, with the configuration and the secrets that they share."""

    def __init__(self, brief: dict[str, Any]) -> None:
        from chaoslib.configuration import load_configuration, load_dynamic_configuration
        from chaoslib.secret import load_secrets

        self._activities = brief["activities"]
        configuration = load_configuration(copy.deepcopy(brief.get("configuration", {})))
        self._secrets = load_secrets(brief.get("secrets", {}), configuration)
        self._configuration = load_dynamic_configuration(configuration, self._secrets)

    def check(self) -> None:
        """Raises what chaostoolkit-lib finds wrong with one of them: a module that is not installed, an argument too many."""
        from chaoslib.activity import ensure_activity_is_valid

        for activity in self._activities:
            ensure_activity_is_valid(activity)

    def play(self, number: int) -> dict[str, Any]:
        """What one of them came to; `met` says whether a probe's tolerance is."""
        from chaoslib.activity import run_activity

        activity = copy.deepcopy(self._activities[number])
        told: dict[str, Any] = {"asked": time.time(), "status": ANSWERED, "problem": "", "met": None, "value": None}
        try:
            output = run_activity(activity, self._configuration, self._secrets)
            told["problem"] = "" if "tolerance" in activity else refused(output)
            told["met"] = self._met(activity, output)
            told["value"] = number_in(output)
        except Exception as problem:  # an extension raises whatever it likes
            told["problem"] = str(problem) or type(problem).__name__
        if told["problem"]:
            told["status"] = FAILED
        return {**told, "confirmed": time.time()}

    def _met(self, activity: dict[str, Any], output: Any) -> bool | None:
        from chaoslib import substitute
        from chaoslib.hypothesis import within_tolerance

        if "tolerance" not in activity:
            return None
        tolerance = activity["tolerance"]
        if isinstance(tolerance, str):
            tolerance = substitute(tolerance, self._configuration, self._secrets)
        return bool(within_tolerance(tolerance, output, configuration=self._configuration, secrets=self._secrets))


def refused(output: Any) -> str:
    """Why an answer means that nothing was done, though Chaos Toolkit goes on: an HTTP status above 399, an exit code above 0."""
    status = output.get("status") if isinstance(output, dict) else None
    if not isinstance(status, int) or isinstance(status, bool):
        return ""
    if "headers" in output and status > 399:
        return f"HTTP status {status}"
    return f"exit code {status}: {str(output.get('stderr', '')).strip()[-200:]}" if "stderr" in output and status else ""


def number_in(output: Any) -> float | None:
    """The number that an activity came to, where it came to one."""
    if isinstance(output, dict) and "body" in output:
        output = output["body"]
    if isinstance(output, dict) and "stdout" in output:
        output = output["stdout"]
    try:
        return float(output) if isinstance(output, int | float | str) else None
    except ValueError:
        return None


def listen() -> None:
    """Do what the lines of the standard input say until they end."""
    wire = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # an extension that prints must not speak on the wire

    def say(told: dict[str, Any]) -> None:
        wire.write(json.dumps(told) + "\n")

    stage = None
    for line in sys.stdin:
        if stage is None:
            try:
                stage = Stage(json.loads(line))
                stage.check()
            except Exception as problem:
                say({"status": FAILED, "problem": str(problem) or type(problem).__name__})
                return
            say({"status": ANSWERED, "problem": ""})
        else:
            say(stage.play(int(line)))


def mend(brief: dict[str, Any]) -> int:
    """Do all of them once, in order; 0 where each did what it should."""
    stage = Stage(brief)
    told = [stage.play(number) for number in range(len(brief["activities"]))]
    for each in told:
        if each["problem"]:
            print(each["problem"], file=sys.stderr)
    return int(any(each["problem"] for each in told))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--mend"]:
        sys.exit(mend(json.loads(sys.argv[2])))
    listen()
