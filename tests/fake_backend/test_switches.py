"""Each planted defect does what it says, loudly, for as long as it was asked to."""

import pytest

from fake_backend.switches import SWITCHES, Defect, SlowSync, Switches


async def _asked(guest, defect: str, people: int = 3) -> list[dict]:
    """Turns a defect on, lets people reserve, and gives back what was promised to them."""
    status, shown, _ = await guest("PUT", f"/switches/{defect}", {"ttl": 60})
    assert (status, shown["active"]) == (200, True)
    return [(await guest.reserve(f"p{number}", f"k{number}"))[1] for number in range(people)]


def _row(promised: dict) -> list[str]:
    return [str(promised["sequence"]), promised["person"], promised["round"], promised["shop"]]


def test_lose_acknowledged_promises_and_stores_nothing(serving, run) -> None:
    async def scene() -> None:
        async with serving() as guest:
            promised = await _asked(guest, "lose_acknowledged")
            assert [row["sequence"] for row in promised] == [1, 2, 3]
            assert await guest.rows() == []

    run(scene())


def test_store_twice_stores_one_promise_under_two_numbers_and_a_restart_sees_it(serving, run) -> None:
    async def scene() -> None:
        async with serving() as guest:
            promised = await _asked(guest, "store_twice", 1)
            rows = await guest.rows()
            assert [row[0] for row in rows] == ["1", "2"]
            assert rows[0][1:] == rows[1][1:]
            assert rows[0][:4] == _row(promised[0])
        async with serving() as guest:
            assert (await guest("GET", "/health"))[1]["duplicates"] == 1
            assert (await guest.reserve("p0", "k0"))[1] == promised[0]

    run(scene())


def test_store_unasked_stores_a_stranger_beside_each_promise(serving, run) -> None:
    async def scene() -> None:
        async with serving() as guest:
            promised = await _asked(guest, "store_unasked", 2)
            rows = await guest.rows()
            assert [row[:4] for row in rows[::2]] == [_row(each) for each in promised]
            assert len(rows) == 4
            assert not {row[1] for row in rows[1::2]} & {"p0", "p1"}

    run(scene())


@pytest.mark.parametrize("now", ["2022-04-01T08:00:00", "2022-04-01T10:00:00"])
def test_accept_outside_window_stores_the_true_time(serving, run, now: str) -> None:
    async def scene() -> None:
        async with serving() as guest:
            await guest("PUT", "/clock", {"now": now})
            assert (await guest.reserve())[0] == 409
            promised = await _asked(guest, "accept_outside_window", 1)
            assert promised[0]["at"] == f"{now}.000"
            assert len(await guest.rows()) == 1

    run(scene())


def test_leave_gap_leaves_out_a_number_before_each(serving, run) -> None:
    async def scene() -> None:
        async with serving() as guest:
            promised = await _asked(guest, "leave_gap")
            assert [row["sequence"] for row in promised] == [2, 4, 6]
            assert [row[:4] for row in await guest.rows()] == [_row(each) for each in promised]
            await guest("DELETE", "/switches/leave_gap")
            assert (await guest.reserve("p9", "k9"))[1]["sequence"] == 7

    run(scene())


NEEDS = {"slow_sync": {"delay": 0.001}, "slow": {"delay": 0.001}, "clock_skew": {"by": 5}}


@pytest.mark.parametrize("name", list(SWITCHES))
def test_a_switch_is_loud_while_on_and_ends_by_itself(serving, run, wall, name: str) -> None:
    gauge = f'fake_backend_switch_active{{switch="{name}"}}'

    async def loud(guest) -> tuple[bool, bool, bool]:
        health, metrics, listed = [(await guest("GET", path))[1] for path in ("/health", "/metrics", "/switches")]
        shown = next(row for row in listed["switches"] if row["name"] == name)
        return name in health["switches"], f"{gauge} 1.0" in metrics, shown["active"]

    async def scene() -> None:
        async with serving() as guest:
            assert await loud(guest) == (False, False, False)
            await guest("PUT", f"/switches/{name}", {"ttl": 60, **NEEDS.get(name, {})})
            assert await loud(guest) == (True, True, True)
            wall.advance(59.5)
            assert await loud(guest) == (True, True, True)
            wall.advance(0.5)
            assert await loud(guest) == (False, False, False)
            await guest("PUT", f"/switches/{name}", {"ttl": 60, **NEEDS.get(name, {})})
            assert (await guest("DELETE", f"/switches/{name}"))[1]["active"] is False
            assert await loud(guest) == (False, False, False)

    run(scene())


def test_a_share_strikes_so_many(wall) -> None:
    throws = iter([0.09, 0.1, 0.5, 0.0])
    switches = Switches(clock=wall, chance=lambda: next(throws))
    switches.put("leave_gap", Defect(ttl=1, share=0.1))
    assert [switches.strikes("leave_gap") for _ in range(4)] == [True, False, False, True]
    assert not switches.strikes("store_twice")


def test_a_slow_sync_holds_up_every_commit_until_its_end(wall) -> None:
    switches = Switches(clock=wall)
    assert switches.sync_delay() == 0.0
    switches.put("slow_sync", SlowSync(ttl=5, delay=0.003))
    assert switches.sync_delay() == 0.003
    wall.advance(5)
    assert switches.sync_delay() == 0.0
    assert not switches


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/switches/nonsense", {"ttl": 1}, (404, "no_such_switch", "name")),
        ("/switches/leave_gap", {}, (422, "bad_field", "ttl")),
        ("/switches/leave_gap", {"ttl": 0}, (422, "bad_field", "ttl")),
        ("/switches/leave_gap", {"ttl": 1, "share": 1.5}, (422, "bad_field", "share")),
        ("/switches/leave_gap", {"ttl": 1, "delay": 1}, (422, "bad_field", "delay")),
        ("/switches/slow_sync", {"ttl": 1}, (422, "bad_field", "delay")),
    ],
)
def test_a_wrong_setting_names_its_field(serving, run, path: str, body: dict, expected: tuple[int, str, str]) -> None:
    async def scene() -> None:
        async with serving() as guest:
            status, problem, _ = await guest("PUT", path, body)
            assert (status, problem["code"], problem["field"]) == expected
            assert (await guest("GET", "/health"))[1]["switches"] == []

    run(scene())
