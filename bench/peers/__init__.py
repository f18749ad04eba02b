"""The other generators, each on the one generator core against the same POST, each at what it does best.

They are spared what the whole path has to do beside sending: none writes down who was promised what, and wrk and hey send the same bytes
each time.  A peer that is not installed is told as such and is no failure.
"""

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from bench.child import Failed, finish
from bench.machine import GENERATOR

HERE = Path(__file__).parent
BODY = '{"person":"p000000000001","round":"2022-04-01.r1","shop":"s00001"}'
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


class Post(msgspec.Struct, frozen=True):
    """Where the POST goes, and whether each one opens a connection of its own."""

    url: str
    close: bool = False

    @property
    def env(self) -> dict[str, str]:
        return {"URL": self.url, "BODY": BODY} | ({"CLOSE": "1"} if self.close else {})


class Peer(msgspec.Struct, frozen=True):
    """What one generator reached: requests a second, or None and why not."""

    name: str
    rate: float | None
    note: str = ""


def _found(name: str) -> str:
    program = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if program is None:
        raise Failed("not installed")
    return program


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    if found is None:
        raise Failed(f"no {pattern!r} in {text[-200:]!r}")
    return float(found[1])


def wrk(post: Post, seconds: float) -> Peer:
    """Closed loop, 64 connections."""
    output = _wrk(post, seconds, 64, 0)
    return Peer("wrk", _number(r"Requests/sec:\s+([\d.]+)", output), "64 connections, closed loop")


def wrk_median(post: Post, rate: float, seconds: float) -> float:
    """The median latency, seconds, that wrk sees at about `rate`: as many connections as make it, each pausing 20 ms."""
    output = _wrk(post, seconds, max(1, round(rate * 0.02)), 20)
    found = re.search(r"50%\s+([\d.]+)(us|ms|s)", output)
    if found is None:
        raise Failed(f"wrk told no median: {output[-200:]!r}")
    return float(found[1]) * _UNITS[found[2]]


def _wrk(post: Post, seconds: float, connections: int, pause: int) -> str:
    command = [
        _found("wrk"),
        "-t1",
        f"-c{connections}",
        f"-d{seconds:.0f}s",
        "--latency",
        "-s",
        str(HERE / "wrk.lua"),
        post.url + "/reservations",
    ]
    return finish(command, GENERATOR, seconds + 20, post.env | {"PAUSE": str(pause)})


def hey(post: Post, seconds: float) -> Peer:
    """Closed loop, 64 workers."""
    command = [_found("hey"), "-z", f"{seconds:.0f}s", "-c", "64", "-m", "POST", "-T", "application/json", "-d", BODY]
    command += ["-disable-keepalive"] if post.close else []
    output = finish([*command, post.url + "/reservations"], GENERATOR, seconds + 30)
    return Peer("hey", _number(r"Requests/sec:\s+([\d.]+)", output), "64 workers, closed loop")


def k6(post: Post, seconds: float) -> Peer:
    """Constant arrival rate, at the asked-for rate at which it delivers most; what it drops on the way is not held against it."""
    best, note = 0.0, ""
    for rate in (6_000, 9_000, 12_000):
        reached, dropped = _k6(post, rate, seconds)
        if reached > best:
            best, note = reached, f"constant-arrival-rate, {rate:,}/s asked for, {dropped / (rate * seconds):.0%} of it dropped"
    return Peer("k6", best, note)


def _k6(post: Post, rate: int, seconds: float) -> tuple[float, float]:
    """(requests a second, arrivals dropped)."""
    metrics = k6_metrics(post, rate, seconds, 100)
    dropped = metrics.get("dropped_iterations", {"values": {"count": 0}})["values"]["count"]
    return metrics["http_reqs"]["values"]["rate"], dropped


def k6_metrics(post: Post, rate: int, seconds: float, users: int) -> dict[str, Any]:
    """k6's own metrics of a constant arrival rate, at most `users` at once."""
    command = [
        _found("k6"),
        "run",
        "--quiet",
        "--no-usage-report",
        "--no-color",
        "--log-output",
        "none",
        "--address",
        "",
        str(HERE / "k6.js"),
    ]
    env = post.env | {"RATE": str(rate), "SECONDS": f"{seconds:.0f}", "USERS": str(users)}
    metrics: dict[str, Any] = json.loads(finish(command, GENERATOR, seconds + 40, env))
    return metrics


def _locust(name: str, user: str, post: Post, seconds: float) -> Peer:
    best, users = 0.0, 0
    for count in (10, 50) if post.url.startswith("https") else (10, 50, 100):
        rate = _users(user, count, post, seconds)
        if rate > best:
            best, users = rate, count
    return Peer(name, best, f"{users} users, closed loop")


def _users(user: str, count: int, post: Post, seconds: float) -> float:
    command = [sys.executable, "-m", "locust", "-f", str(HERE / "users.py"), user, "--headless", "-u", str(count), "-r", str(count)]
    command += ["-t", f"{seconds:.0f}s", "--host", post.url, "--json", "--only-summary", "--skip-log-setup", "--exit-code-on-error", "0"]
    entries = json.loads(finish(command, GENERATOR, seconds + 30, post.env | {"PYTHONWARNINGS": "ignore"}))
    if not entries:
        return 0.0
    entry = entries[0]
    if entry["num_failures"]:
        raise Failed(f"{entry['num_failures']} of its requests failed")
    return float(entry["num_requests"] / (entry["last_request_timestamp"] - entry["start_time"]))


def fast_http_user(post: Post, seconds: float) -> Peer:
    """Locust's FastHttpUser, at its best number of users."""
    return _locust("FastHttpUser", "Fast", post, seconds)


def http_user(post: Post, seconds: float) -> Peer:
    """Locust's HttpUser, at its best number of users."""
    return _locust("HttpUser", "Plain", post, seconds)


PEERS: dict[str, Callable[[Post, float], Peer]] = {
    "wrk": wrk,
    "hey": hey,
    "k6": k6,
    "FastHttpUser": fast_http_user,
    "HttpUser": http_user,
}


def measured(name: str, post: Post, seconds: float) -> Peer:
    """The peer's figure; one that is missing or breaks is a note, not an error."""
    try:
        return PEERS[name](post, seconds)
    except Failed as problem:
        return Peer(name, None, str(problem))
