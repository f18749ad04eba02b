"""Source addresses, ports, descriptors and time: whose fault it is when one of them ends."""

import asyncio
import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from riding import ONE_POST, Ridden, ok, plan, ride, saying, serving
from ways import Authority, never, notes, ridden

from rushproof.engine.address import Address
from rushproof.sample import Distribution


@pytest.mark.parametrize("keep", ["pool", "visit"])
def test_several_source_addresses_take_turns_over_tls(persona, authority: Authority, keep: str) -> None:
    async def slowly(request: Any, writer: Any) -> None:
        await asyncio.sleep(0.1)
        writer.write(ok())

    connections = {"keep": keep, "cap": 4, "sources": ["127.0.0.11", "127.0.0.12"]}
    result, server = ridden(persona(ONE_POST), {"ca": authority.pem}, authority.server("localhost"), answer=slowly, connections=connections)
    assert result.outcomes("reserve") == {"ok": 10}
    assert {request.peer[0] for request in server.requests} == {"127.0.0.11", "127.0.0.12"}


def test_a_source_that_is_not_of_this_machine_is_the_generators_fault(persona) -> None:
    result, server = ridden(persona(ONE_POST), {}, None, connections={"sources": ["192.0.2.77"]})
    assert result.outcomes("reserve") == {"missed": 10}
    assert result.count(Distribution.SERVICE) == 0
    assert "a request could not be sent: 192.0.2.77 of `connections.sources` is no address of this machine" in notes(result)
    assert sum(health.unsent for frame in result.frames for health in frame.health) >= 10, "which taints the second"
    assert server.requests == []


def test_running_out_of_ports_is_the_generators_fault_and_said_so(persona, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole range of ports cannot be taken in a test; the kernel says the same of a source that has none left."""

    async def connect(self: Address, protocol: Any, source: str | None) -> Any:
        raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")

    async def go() -> Ridden:
        async with serving(saying(ok())) as server:
            monkeypatch.setattr(Address, "connect", connect)
            return await ride(plan(server.url, persona(ONE_POST), rate=50, seconds=0.2, connections={"keep": "visit"}))

    result = asyncio.run(go())
    assert result.outcomes("reserve") == {"missed": 10}
    assert "this machine ran out of local ports to 127.0.0.1 (" in notes(result)
    assert "a source address); give `connections.sources` more addresses, or keep connections" in notes(result)


LIMITED = """
import asyncio, json, os, resource, sys
import uvloop
sys.path.insert(0, sys.argv[1])
from riding import plan, ride

made = plan(sys.argv[2], sys.argv[3], rate=200, seconds=0.5, connections={"cap": 500, "timeout": "1s"})
resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 30, 4096))
result = uvloop.run(ride(made))
print(json.dumps([result.outcomes("reserve"), [note for frame in result.frames for note in frame.notes]]))
"""


def test_running_out_of_descriptors_is_the_generators_fault(persona) -> None:
    """For real, in a child that may have thirty more files open."""

    async def go() -> str:
        async with serving(never) as server:
            command = [sys.executable, "-W", "ignore", "-c", LIMITED, str(Path(__file__).parent), server.url, persona(ONE_POST)]
            child = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
            said, _ = await asyncio.wait_for(child.communicate(), 60)
            return said.decode()

    outcomes, said = json.loads(asyncio.run(go()).splitlines()[-1])
    assert set(outcomes) == {"missed", "doubt"}, "what could be sent was the target's to answer"
    assert outcomes["missed"] >= 60 and outcomes["doubt"] >= 5 and sum(outcomes.values()) == 100
    assert any("files open; raise `ulimit -n`, or lower `cap`" in note for note in said)


def test_a_step_has_a_timeout_of_its_own(persona) -> None:
    async def go() -> Ridden:
        async with serving(never) as server:
            body = """
                steps = {"quick": Step(timeout=0.2)}

                async def visit(self, person, target):
                    await target.post("/", {}, step="quick")
            """
            return await ride(plan(server.url, persona(body), rate=50, seconds=0.2, connections={"timeout": "30s"}))

    result = asyncio.run(go())
    assert result.outcomes("quick") == {"doubt": 10}
