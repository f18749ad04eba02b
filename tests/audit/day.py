"""A whole day by hand, as the run folder has it: six people in one round at two shops, and everything that may become of an order.

Persons 1 to 4 enter at s1 for two bottles, 5 and 6 at s2 for three.  o1 is paid and fetched; o2 fails to pay, lapses and passes to o3, who
pays after an incident and never comes; o5 lapses and its money comes too late; o6 gets more time and has a parcel.
"""

import hashlib
import json
import math
from pathlib import Path
from typing import Any, Self

import duckdb

ROUND, PRICE = "2022-04-01.r1", 149_900
SHOPS = {1: "s1", 2: "s1", 3: "s1", 4: "s1", 5: "s2", 6: "s2"}
BOTTLES = {"s1": 2, "s2": 3}
_COUNTS = ("released", "free", "held", "sold", "returned")

COLUMNS = {
    "attempts": (
        "worker INTEGER, number BIGINT, crowd VARCHAR, step VARCHAR, kind VARCHAR, person UBIGINT, round VARCHAR, content UBIGINT, "
        "key UBIGINT, due DOUBLE, sent DOUBLE, done DOUBLE, outcome VARCHAR, last BOOLEAN, sequence BIGINT"
    ),
    "frames": "worker BIGINT, seq BIGINT, final BOOLEAN",
    "ledgers/ledger": "sequence BIGINT, person UBIGINT, round VARCHAR, key UBIGINT, content UBIGINT, at DOUBLE",
    "ledgers/rounds": "sequence BIGINT, round VARCHAR, open DOUBLE, close DOUBLE",
    "ledgers/daybook": (
        "sequence BIGINT, person UBIGINT, round VARCHAR, key UBIGINT, content UBIGINT, at DOUBLE, kind VARCHAR, subject VARCHAR, "
        "shop VARCHAR, amount VARCHAR, detail VARCHAR, link VARCHAR"
    ),
    "ledgers/entries": "sequence BIGINT, round VARCHAR, shop VARCHAR",
    "ledgers/pool": "sequence BIGINT, round VARCHAR, reservation VARCHAR",
    "ledgers/winners": "sequence BIGINT, round VARCHAR, reservation VARCHAR, shop VARCHAR, place VARCHAR",
    "ledgers/verification": "round VARCHAR, ok VARCHAR",
    "ledgers/gateway_payments": "sequence BIGINT, merchant_order VARCHAR, amount VARCHAR, state VARCHAR, succeeded_at VARCHAR",
    "ledgers/gateway_refunds": "sequence BIGINT, refund VARCHAR, merchant_order VARCHAR, amount VARCHAR, state VARCHAR",
    "ledgers/outages": "sequence BIGINT, begun VARCHAR, ended VARCHAR",
    "ledgers/notice_log": "sequence BIGINT, person UBIGINT, round VARCHAR, key UBIGINT, at DOUBLE, channel VARCHAR, what VARCHAR",
}
"""What the tables of the run folder are made of; a column that the scenario keeps is text."""


class Day:
    """The tables, one list of rows each; `lived()` fills them honestly, a test may then spoil them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
        self._cells = {shop: dict.fromkeys(_COUNTS, 0) for shop in BOTTLES}
        self._at = 1000.0

    def __getitem__(self, name: str) -> list[dict[str, Any]]:
        return self.tables[name if name in self.tables else f"ledgers/{name}"]

    def lived(self) -> Self:
        """An honest day."""
        self["rounds"].append({"sequence": 1, "round": ROUND, "open": 1000.0, "close": 1060.0})
        self["frames"].append({"worker": 0, "seq": 0, "final": True})
        for person, shop in SHOPS.items():
            self.attempt("reservation", person, sequence=person, key=1000 + person).attempt("look", person, sequence=person, sent=9.0)
            entry = {"sequence": person, "person": hashed(person), "round": ROUND, "key": hashed(1000 + person), "content": 5}
            self["ledger"].append(entry | {"at": 1005.0})
            self["entries"].append({"sequence": person, "round": ROUND, "shop": shop})
            self["pool"].append({"sequence": person, "round": ROUND, "reservation": f"{person}"})
        for cell, bottles in BOTTLES.items():
            self.stock("released", cell, bottles)
        self._drawn()
        for spend in (self._fetched, self._passed_on, self._too_late, self._by_parcel):
            spend()
        self.note("settled", "2022-04-01:s1", shop="s1", orders=2 * PRICE, paid=PRICE, refunded=PRICE, open=0)
        return self.note("settled", "2022-04-01:s2", shop="s2", orders=PRICE, paid=PRICE, refunded=0, open=0)

    def _drawn(self) -> None:
        self.note("draw_frozen", ROUND, amount=6, root="r").note("draw_committed", ROUND, commitment="c")
        self.note("drawn", ROUND, amount=4, winners="w").note("draw_published", ROUND, amount=4, winners="w")
        self["verification"].append({"round": ROUND, "ok": "true"})
        for number, winner in enumerate((1, 2, 5, 6), 1):
            row = {"sequence": number, "round": ROUND, "reservation": f"{winner}", "shop": SHOPS[winner], "place": "0"}
            self["winners"].append(row)
            self.opened(winner).told(winner, "sms", "won")
        for person in SHOPS:
            self.told(person, "in-app", "won" if person in (1, 2, 5, 6) else "listed")
        self.told(1, "sms", "won", again=True)  # the provider delivers a message twice

    def _fetched(self) -> None:
        self.pay(1, "o1.1", "succeeded").paid(1, "o1.1").note("collected", "o1", 1)
        self.attempt("pickup", 1, sequence=self.last, key=3001)

    def _passed_on(self) -> None:
        self.pay(2, "o2.1", "failed").lapsed(2).opened(3, place=1)
        self.note("incident_declared", "i1", by="alarm", what="payments fail", since=self._at - 20.0)
        self.pay(3, "o3.1", "succeeded", doubted=True).paid(3, "o3.1")
        for channel in ("sms", "in-app"):
            self.told(3, channel, "all_well")
        self.note("pickup_expired", "o3", 3).stock("returned", "s1", order="o3").refund(3, "o3.1")

    def _too_late(self) -> None:
        self.pay(5, "o5.1", "closed", doubted=True).lapsed(5).note("payment_succeeded", "o5.1", 5, amount=PRICE, order="o5").refund(
            5, "o5.1"
        )
        self["gateway_payments"][-1] |= {"state": "succeeded", "succeeded_at": "2000.0"}

    def _by_parcel(self) -> None:
        self.note("order_extended", "o6", 6, pay_by=3000.0, why="outage").pay(6, "o6.1", "succeeded").paid(6, "o6.1")
        self.note("shipment_opened", "o6.s", 6, state="opened", order="o6")
        for state in ("accepted", "in_transit", "delivered"):
            self.note("shipment_moved", "o6.s", 6, state=state)

    def attempt(self, kind: str, person: int, *, sequence: int | None, key: int | None = None, sent: float = 1.0, **more: Any) -> Self:
        """One try of a person; ok unless said otherwise."""
        row = {"worker": 0, "number": person, "crowd": "people", "step": kind, "kind": kind, "person": hashed(person), "round": ROUND}
        row |= {"content": 5, "key": key and hashed(key), "due": sent, "sent": sent, "done": sent + 0.1, "outcome": "ok", "last": True}
        self["attempts"].append(row | {"sequence": sequence} | more)
        return self

    @property
    def last(self) -> int:
        """The daybook's last number."""
        return len(self["daybook"])

    def note(self, kind: str, subject: str, person: int | None = None, *, amount: int = 0, **detail: Any) -> Self:
        """One event, a second after the one before."""
        self._at += 1.0
        shop = detail.pop("shop", SHOPS.get(person or 0, ""))
        row = {"sequence": self.last + 1, "person": person and hashed(person), "round": ROUND, "key": None, "content": None, "at": self._at}
        row |= {"kind": kind, "subject": subject, "shop": shop, "amount": f"{amount}", "detail": json.dumps(detail), "link": None}
        self["daybook"].append(row)
        return self

    def stock(self, move: str, shop: str, bottles: int = 1, order: str | None = None) -> Self:
        """Bottles of a cell moved."""
        source = {"released": None, "held": "free", "freed": "held", "sold": "held", "returned": "sold"}[move]
        cell = self._cells[shop]
        if source is not None:
            cell[source] -= bottles
        if move == "released":
            cell["released"] += bottles
        cell["free" if move in ("released", "freed") else move] += bottles
        return self.note(f"stock_{move}", f"{ROUND}:{shop}", shop=shop, amount=bottles, order=order, **cell)

    def opened(self, person: int, place: int = 0) -> Self:
        self.stock("held", SHOPS[person], order=f"o{person}")
        return self.note("order_opened", f"o{person}", person, amount=PRICE, reservation=person, place=place, pay_by=self._at)

    def lapsed(self, person: int) -> Self:
        return self.note("order_lapsed", f"o{person}", person, amount=PRICE).stock("freed", SHOPS[person], order=f"o{person}")

    def paid(self, person: int, payment: str) -> Self:
        self.note("order_paid", f"o{person}", person, amount=PRICE, payment=payment)
        return self.stock("sold", SHOPS[person], order=f"o{person}")

    def pay(self, person: int, payment: str, became: str, doubted: bool = False) -> Self:
        """A payment in both ledgers, and the promise of it."""
        self.note("payment_begun", payment, person, amount=PRICE, order=f"o{person}")
        self.attempt("payment", person, sequence=self.last, key=2000 + person)
        if doubted:
            self.note("payment_doubted", payment, person, order=f"o{person}", why="no answer")
            if not any(row["kind"] == "incident_over" for row in self["daybook"]):
                self._kept_from_paying(person, payment)
        self.note(f"payment_{became}", payment, person, amount=PRICE, order=f"o{person}", by="notice")
        when = f"{self._at}" if became == "succeeded" else ""
        row = {"sequence": len(self["gateway_payments"]) + 1, "merchant_order": payment, "amount": f"{PRICE}"}
        self["gateway_payments"].append(row | {"state": became, "succeeded_at": when})
        return self

    def _kept_from_paying(self, person: int, payment: str) -> None:
        """By the incident that is open, which ends; and they get as much more time as it took."""
        self.note("affected", f"o{person}", person, amount=PRICE, incident="i1", payment=payment).note("incident_over", "i1")
        took = self._at - float(json.loads(self.event("incident_declared", "i1")["detail"])["since"])
        before = float(json.loads(self.event("order_opened", f"o{person}")["detail"])["pay_by"])
        self.note("order_extended", f"o{person}", person, pay_by=before + took, why="incident i1")

    def refund(self, person: int, payment: str) -> Self:
        """Money back, in both ledgers."""
        for kind in ("refund_begun", "refund_done"):
            self.note(kind, f"{payment}.r", person, amount=PRICE, payment=payment, order=f"o{person}")
        row = {"sequence": len(self["gateway_refunds"]) + 1, "refund": f"{payment}.r", "merchant_order": payment}
        self["gateway_refunds"].append(row | {"amount": f"{PRICE}", "state": "succeeded"})
        return self

    def told(self, person: int, channel: str, what: str, again: bool = False, key: str | None = None) -> Self:
        """A message that arrived."""
        number = int.from_bytes(hashlib.sha256(f"{key or channel}:{what}:{person}".encode()).digest()[:8])
        row = {"sequence": len(self["notice_log"]) + 1, "person": hashed(person), "round": ROUND, "key": number, "at": self._at}
        self["notice_log"].append(row | {"channel": channel, "what": what})
        return self

    def event(self, kind: str, subject: str) -> dict[str, Any]:
        """The first event of that kind and subject, to be spoilt."""
        return next(row for row in self["daybook"] if (row["kind"], row["subject"]) == (kind, subject))

    def chained(self) -> Self:
        """Every row with the link that belongs to it, as it stands now."""
        link = ""
        for row in self["daybook"]:
            words = [link, row["sequence"], math.floor(row["at"] * 1000), row["kind"], row["subject"], row["round"], row["shop"]]
            link = hashlib.sha256("\n".join(map(str, [*words, row["amount"], row["detail"]])).encode()).hexdigest()
            row["link"] = link
        return self

    def written(self) -> Path:
        """The folder with all of it in it; a table that was taken away (None) is not there."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / "run.json").write_text(json.dumps({"workers": 1, "scenario": {"ledgers": {"ledger": {"kind": "reservation"}}}}))
        with duckdb.connect() as connection:
            for name, rows in self.tables.items():
                self._write(connection, name, rows)
        return self.folder

    def _write(self, connection: duckdb.DuckDBPyConnection, name: str, rows: list[dict[str, Any]] | None) -> None:
        if rows is None:
            return
        path = self.folder / (f"{name}.parquet" if name.startswith("ledgers") else f"{name}/000000.parquet")
        path.parent.mkdir(exist_ok=True)
        columns = [column.split() for column in COLUMNS[name].split(", ")]
        made = ", ".join(f'"{column}" {kind}' for column, kind in columns)
        connection.execute(f"CREATE OR REPLACE TABLE rows ({made})").fetchall()
        names = [column for column, _ in columns]
        if rows:
            places = ", ".join([f"({', '.join('?' * len(names))})"] * len(rows))
            connection.execute(f"INSERT INTO rows VALUES {places}", [row[column] for row in rows for column in names]).fetchall()
        connection.execute(f"COPY rows TO '{path}' (FORMAT parquet)").fetchall()


def hashed(number: int) -> int:
    """A person or a key as the run folder has it."""
    return (number * 0x9E3779B97F4A7C15) % 2**64
