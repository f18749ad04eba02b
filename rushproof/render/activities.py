"""A fault as Chaos Toolkit writes it: the actions that begin it and the rollbacks that end it."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from rushproof.drill import AnyFault
from rushproof.faults import ChaosToolkitFault, CommandFault, NetworkFault, ProcessFault, SwitchFault

Activity = dict[str, Any]
TIMEOUT = 10
"""seconds that an HTTP activity may take"""
TOXIPROXY = "http://127.0.0.1:8474"
_JSON = {"Content-Type": "application/json"}


class Activities(msgspec.Struct, frozen=True):
    """What Chaos Toolkit would play for one fault."""

    actions: tuple[Activity, ...]
    rollbacks: tuple[Activity, ...]


def activities(name: str, fault: AnyFault, ttl: float) -> Activities:
    """The fault as activities; `ttl` is how long a switch would stay on without its rollback, wall seconds.

    Where the target is, `${target_url}` says; of a process beside it `${NAME_url}`.
    """
    kind = str(type(fault).__struct_config__.tag)
    return _KINDS[kind](name, fault, ttl)


def _chaostoolkit(name: str, fault: ChaosToolkitFault, ttl: float) -> Activities:
    return Activities((dict(fault.action),), tuple(map(dict, fault.rollbacks)))


def _switch(name: str, fault: SwitchFault, ttl: float) -> Activities:
    url = f"${{{fault.on}_url}}{fault.path}"
    lives = {fault.ttl: round(ttl, 3)} if fault.ttl else {}
    begin = _http(name, "PUT", url, {**fault.set, **lives}, fault.headers)
    return Activities((begin,), (_http(f"end {name}", "DELETE", url, headers=fault.headers),))


def _process(name: str, fault: ProcessFault, ttl: float) -> Activities:
    pid = f'"$(cat {fault.pid_file})"' if fault.pid_file else f'"${{{fault.on.upper()}_PID:?}}"'
    if fault.do == "stop":
        return Activities((_shell(name, f"kill -STOP {pid}"),), (_shell(f"end {name}", f"kill -CONT {pid}"),))
    again = fault.start or "true # whoever started it starts it again"
    return Activities((_shell(name, f"kill -KILL {pid}"),), (_shell(f"end {name}", again),))


def _network(name: str, fault: NetworkFault, ttl: float) -> Activities:
    proxy = f"{fault.toxiproxy or TOXIPROXY}/proxies/{fault.proxy or fault.on}"
    toxics = [{"name": f"{name}_{nth}", **toxic} for nth, toxic in enumerate(fault.toxics, start=1)]
    actions = [_http(f"{name}: {toxic['name']}", "POST", f"{proxy}/toxics", toxic) for toxic in toxics]
    rollbacks = [_http(f"end {name}: {toxic['name']}", "DELETE", f"{proxy}/toxics/{toxic['name']}") for toxic in toxics]
    if fault.down:
        actions.append(_http(name, "POST", proxy, {"enabled": False}))
        rollbacks.append(_http(f"end {name}", "POST", proxy, {"enabled": True}))
    return Activities(tuple(actions), tuple(rollbacks))


def _command(name: str, fault: CommandFault, ttl: float) -> Activities:
    return Activities((_shell(name, fault.run),), (_shell(f"end {name}", fault.mend),))


_KINDS: Mapping[str, Callable[..., Activities]] = {
    "chaostoolkit": _chaostoolkit, "switch": _switch, "process": _process, "network": _network, "command": _command,
}  # fmt: skip


def _http(
    name: str, method: str, url: str, arguments: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
) -> Activity:
    provider: dict[str, Any] = {"type": "http", "url": url, "method": method, "timeout": TIMEOUT}
    if arguments is not None:
        provider["arguments"] = dict(arguments)
    if sent := {**(_JSON if arguments is not None else {}), **(headers or {})}:
        provider["headers"] = sent
    return {"type": "action", "name": name, "provider": provider}


def _shell(name: str, line: str) -> Activity:
    return {"type": "action", "name": name, "provider": {"type": "process", "path": "sh", "arguments": ["-c", line]}}
