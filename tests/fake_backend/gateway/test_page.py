"""The page about the gateway says what its types say: each table's rows are made from them here."""

from itertools import groupby
from pathlib import Path

import msgspec

from fake_backend.gateway.__main__ import options
from fake_backend.gateway.faults.fault import OrderFault
from fake_backend.gateway.faults.known import FAULTS
from fake_backend.gateway.idempotency import WAYS
from fake_backend.gateway.schedules import SCHEDULES
from fake_backend.gateway.switchboard import about

PAGE = Path(__file__).resolve().parents[3] / "docs" / "gateway.md"
COMMON = set(OrderFault.__struct_fields__)
RULES = {
    "status": "200 or 204", "body_not_fail": "200 or 204 without `FAIL`", "body_success": "200 and exactly `success`", "ok": "2xx",
    "exactly_200": "200",
}  # fmt: skip


def length(seconds: float) -> str:
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def gaps(seconds: tuple[float, ...]) -> str:
    runs = [(gap, len(list(run))) for gap, run in groupby(seconds)]
    return ", ".join(length(gap) if times == 1 else f"{times} × {length(gap)}" for gap, times in runs)


def schedule_rows() -> list[str]:
    rows = []
    for one in SCHEDULES.values():
        after = gaps(one.gaps) + (f"; then a queue: {gaps(one.queue)}" if one.queue else "")
        after += f"; the endpoint is disabled after {one.disabled_after} given up" if one.disabled_after else ""
        rows.append(f"| `{one.name}` | {after} | {RULES[one.rule]} | {one.patience:g} | {one.assumed} |")
    return rows


def setting(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return f"`{field.name}`"
    default = list(field.default) if isinstance(field.default, tuple) else field.default
    return f"`{field.name}` = {msgspec.json.encode(default).decode()}"


def fault_rows() -> list[str]:
    rows = []
    for name, fault in FAULTS.items():
        own = ", ".join(setting(field) for field in msgspec.structs.fields(fault) if field.name not in COMMON)
        rows.append(f"| `{name}` | {fault.behaviour} | {own or '–'} | {about(fault)} |")
    return rows


def test_the_page_has_every_schedule_way_and_fault() -> None:
    page = PAGE.read_text("utf-8").splitlines()
    wanted = [*schedule_rows(), *(f"| `{way.name}` | {way.about} | {way.source} |" for way in WAYS.values()), *fault_rows()]
    assert [row for row in wanted if row not in page] == []


def test_the_page_names_every_option(capsys) -> None:
    try:
        options(["--help"])
    except SystemExit:
        told = capsys.readouterr().out
    page = PAGE.read_text("utf-8")
    for option in (
        "--notify-host",
        "--notify-schedule",
        "--idempotency",
        "--seed",
        "--dialect",
        "--merchant-key",
        "--unsigned",
        "--database",
    ):
        assert option in told and option in page
