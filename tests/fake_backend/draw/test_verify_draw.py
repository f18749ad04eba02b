"""Each attack on a draw is caught by name, by somebody who has nothing but what was published."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from fake_backend.beacon.chain import Chain
from fake_backend.draw import lottery, merkle, verify_draw
from fake_backend.draw.commitment import canonical, quota_hash
from fake_backend.draw.entry import Pen
from fake_backend.notary.ed25519 import Key

DRAW, ITEM = "2022-04-01.r1", "Year of the Tiger 2 × 375 ml"
MIDNIGHT = 1_648_771_200
CHAIN = Chain(b"a chain of these tests", MIDNIGHT, 5000)
NOTARY = Key(b"the notary of all these tests, ok")
OUT = 2500
QUOTA = {"s1": 3, "s2": 2}


def moment(second: float) -> str:
    return f"2022-04-01T{int(second) // 3600:02}:{int(second) % 3600 // 60:02}:{int(second) % 60:02}.000"


def statement(number: int, commitment: dict, at: str) -> dict:
    made = {"number": number, "draw": DRAW, "hash": hashlib.sha256(canonical(commitment)).hexdigest(), "at": at}
    return {**made, "signature": NOTARY.sign(canonical(made)).hex()}


class Published:
    """A draw as somebody publishes it, honest until a test changes a part of it; `seal` makes the rest follow."""

    def __init__(self) -> None:
        pen = Pen(DRAW, ITEM, b"secret")
        self.lines = [
            pen.line(str(4 * n), f"p{n}".encode(), f"s{n % 3 + 1}", (MIDNIGHT + 9 * 3600 + n) * 1000 + 250).decode() for n in range(1, 41)
        ]
        self.quota = dict(QUOTA)
        self.round, self.taken = OUT, OUT
        self.seen = moment((OUT - 1) * 3 - 90)
        self.shown = moment(OUT * 3 + 600)
        self.others: list[dict] = []
        self.waiting = 1
        self.seal()

    def leaves(self) -> list[bytes]:
        return [merkle.leaf(f"draw-v1\n{DRAW}\n{ITEM}\n{line}".encode()) for line in self.lines]

    def commit(self) -> dict:
        beacon = {"chain": CHAIN.info.hash, "scheme": CHAIN.info.schemeID, "genesis": MIDNIGHT, "period": 3, "round": self.round}
        return {
            "algorithm": "draw-v1", "draw": DRAW, "item": ITEM, "open": "2022-04-01T09:00:00.000", "close": "2022-04-01T10:00:00.000",
            "entries": len(self.lines), "last_sequence": int(self.lines[-1].split(",")[0]), "root": root(self.leaves()).hex(),
            "quota": quota_hash(self.quota), "waiting": self.waiting, "beacon": beacon, "margin": 60, "fallback": "none",
        }  # fmt: skip

    def seal(self) -> None:
        """Commit to the entries as they are, and draw."""
        self.commitment = self.commit()
        self.draw()

    def draw(self) -> None:
        """Draw from the entries as they are, under the commitment as it is."""
        told = CHAIN.round(self.taken)
        self.told = {"round": told.round, "randomness": told.randomness, "signature": told.signature}
        self.seed = lottery.seed(hashlib.sha256(canonical(self.commitment)).digest(), bytes.fromhex(told.randomness))
        self.winners = []
        pool = [(line.split(",")[2].encode(), leaf, int(line.split(",")[0])) for line, leaf in zip(self.lines, self.leaves(), strict=True)]
        for shop, best in lottery.drawn(self.seed, pool, {shop: 2 * count for shop, count in self.quota.items()}).items():
            for rank, (score, _, sequence) in enumerate(best):
                self.winners.append([shop, max(rank + 1 - self.quota[shop], 0), sequence, score.hex()])

    def head(self) -> dict:
        commitments = [self.commitment, *self.others]
        statements = [statement(number, one, self.seen) for number, one in enumerate(commitments, 1)]
        listing = {"draw": DRAW, "at": self.shown, "statements": statements}
        signature = NOTARY.sign(canonical(listing)).hex()
        info = {name: getattr(CHAIN.info, name) for name in CHAIN.info.__struct_fields__}
        return {
            "format": "draw-v1", "commitment": self.commitment, "quota": self.quota, "seed": self.seed.hex(), "winners": self.winners,
            "notary": {**listing, "key": NOTARY.public.hex(), "signature": signature, "commitments": commitments},
            "beacon": {"info": info, "round": self.told},
        }  # fmt: skip

    def proof(self, n: int) -> dict:
        leaves, index = self.leaves(), n - 1
        return {
            "draw": DRAW, "commitment": hashlib.sha256(canonical(self.commitment)).hexdigest(), "root": self.commitment["root"],
            "entries": len(leaves), "index": index, "entry": self.lines[index], "path": [one.hex() for one in path(leaves, index)],
            "person": f"p{n}", "salt": Pen(DRAW, ITEM, b"secret").salt(f"p{n}".encode()).hex(),
        }  # fmt: skip

    def write(self, file: Path, head: dict | None = None) -> str:
        file.write_text("\n".join([json.dumps(head or self.head()), *self.lines]) + "\n")
        return str(file)


def root(leaves: list[bytes]) -> bytes:
    """As the RFC defines it."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else merkle.EMPTY
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return merkle.node(root(leaves[:half]), root(leaves[half:]))


def path(leaves: list[bytes], index: int) -> list[bytes]:
    """As the RFC defines it."""
    if len(leaves) <= 1:
        return []
    half = 1 << (len(leaves) - 1).bit_length() - 1
    if index < half:
        return [*path(leaves[:half], index), root(leaves[half:])]
    return [*path(leaves[half:], index - half), root(leaves[:half])]


@pytest.fixture
def found(tmp_path, capsys):
    """What the verifier says of a draw: its exit code and the names of what it caught."""

    def check(published, *more, head=None):
        code = verify_draw.main([published.write(tmp_path / "bundle", head), *more])
        return code, {line.split("CAUGHT ")[1].split(":")[0] for line in capsys.readouterr().out.splitlines() if "CAUGHT" in line}

    return check


def test_an_honest_draw_is_verified(found):
    assert found(Published(), "--reservation", "8", "--notary-key", NOTARY.public.hex(), "--chain", CHAIN.info.hash) == (0, set())


def drop(published):
    del published.lines[5]
    published.draw()


def insert(published):
    pen = Pen(DRAW, ITEM, b"secret")
    published.lines.insert(5, pen.line("21", b"a friend", "s1", (MIDNIGHT + 9 * 3600 + 6) * 1000).decode())
    published.draw()


def duplicate(published):
    published.lines.insert(5, published.lines[5])
    published.seal()


def enter_twice(published):
    """One person under two numbers."""
    sequence, _, rest = published.lines[5].partition(",")
    published.lines.insert(6, f"{int(sequence) + 1},{rest}")
    published.seal()


def enter_late(published):
    pen = Pen(DRAW, ITEM, b"secret")
    published.lines.append(pen.line("999", b"late", "s1", (MIDNIGHT + 10 * 3600) * 1000).decode())
    published.seal()


def change_quota(published):
    published.quota["s1"] = 4
    published.draw()


def notarise_late(published):
    published.seen = moment((OUT - 1) * 3 + 1)


def notarise_in_the_last_minute(published):
    published.seen = moment((OUT - 1) * 3 - 59)


def choose_round_afterwards(published):
    """Two commitments to two rounds of the beacon, and the better one is published."""
    published.others = [published.commitment]
    published.round = published.taken = OUT + 1
    published.seal()


def take_another_round(published):
    published.taken = OUT + 1
    published.draw()


def substitute_seed(published):
    published.seed = bytes(32)


def substitute_seed_and_draw(published):
    """The seed of a better randomness, with all that follows from it."""
    published.taken = OUT - 7
    published.draw()
    told = CHAIN.round(OUT)
    published.told = {"round": told.round, "randomness": told.randomness, "signature": told.signature}


def invent_randomness(published):
    published.told = {"round": OUT, "signature": "ab" * 32, "randomness": hashlib.sha256(bytes.fromhex("ab" * 32)).hexdigest()}
    published.seed = lottery.seed(hashlib.sha256(canonical(published.commitment)).digest(), bytes.fromhex(published.told["randomness"]))


def edit_winners(published):
    published.winners[0][2] = published.winners[-1][2]


def leave_out_a_winner(published):
    del published.winners[0]


def draw_again(published):
    """A second draw under a second commitment, which the notary has seen as well."""
    again = dict(published.commitment, waiting=2)
    published.others = [again]


def split_view(published):
    other = Published()
    del other.lines[3]
    other.seal()
    published.others = [other.commitment]


ATTACKS = {
    drop: "entry_dropped", insert: "entry_inserted", duplicate: "duplicate_entry", enter_twice: "duplicate_entry",
    enter_late: "entry_outside", change_quota: "quota_changed", notarise_late: "notarised_late",
    notarise_in_the_last_minute: "notarised_late", choose_round_afterwards: "second_commitment",
    take_another_round: "beacon_round_changed", substitute_seed: "seed_substituted", substitute_seed_and_draw: "seed_substituted",
    invent_randomness: "randomness_forged", edit_winners: "winners_edited", leave_out_a_winner: "winners_edited",
    draw_again: "second_commitment", split_view: "split_view",
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_is_caught_by_its_name(found, attack):
    published = Published()
    attack(published)

    code, caught = found(published)

    assert code == 1
    assert ATTACKS[attack] in caught


def test_a_commitment_that_the_notary_never_saw_is_caught(found):
    published, other = Published(), Published()
    other.lines.pop()
    other.seal()

    assert found(published, head={**published.head(), "notary": other.head()["notary"]})[0] == 1


def test_a_signature_that_is_not_the_notarys_is_caught(found):
    published = Published()
    head = published.head()
    head["notary"]["statements"][0]["at"] = moment(3600)

    assert found(published, head=head) == (1, {"notary_forged"})
    assert found(published, "--notary-key", "00" * 32) == (1, {"notary_forged"})
    assert found(published, "--chain", "00" * 32) == (1, {"beacon_changed"})


def test_what_the_notary_itself_shows_counts_more_than_the_copy_in_the_bundle(found, tmp_path):
    published, dishonest = Published(), Published()
    draw_again(dishonest)
    (tmp_path / "shown").write_text(json.dumps(dishonest.head()["notary"]))

    assert found(published, "--notary", str(tmp_path / "shown")) == (1, {"second_commitment"})


def test_what_the_notary_shows_of_another_draw_says_nothing_of_this_one(found, tmp_path):
    (tmp_path / "shown").write_text(json.dumps({**Published().head()["notary"], "draw": "2022-04-01.r2"}))

    assert found(Published(), "--notary", str(tmp_path / "shown")) == (0, set())
    assert found(Published(), head={**Published().head(), "notary": json.loads((tmp_path / "shown").read_text())})[0] == 1


def test_several_bundles_are_checked_side_by_side(tmp_path, capfd):
    published = Published()
    good = published.write(tmp_path / "good")
    edit_winners(published)
    bad = published.write(tmp_path / "bad")
    command = [sys.executable, "-I", verify_draw.__file__]

    assert subprocess.run([*command, good, good], timeout=30, check=False).returncode == 0
    assert subprocess.run([*command, good, bad, str(tmp_path / "nothing")], timeout=30, check=False).returncode == 1
    assert "winners_edited" in capfd.readouterr().out


def test_a_persons_proof_of_other_entries_is_a_split_view(found, tmp_path):
    published, other = Published(), Published()
    del other.lines[30]
    other.seal()
    (tmp_path / "mine").write_text(json.dumps(published.proof(7)))
    (tmp_path / "other").write_text(json.dumps(other.proof(7)))

    assert found(published, "--proof", str(tmp_path / "mine")) == (0, set())
    assert "split_view" in found(published, "--proof", str(tmp_path / "other"))[1]


def test_a_reservation_that_is_not_among_the_entries_is_caught(found):
    assert found(Published(), "--reservation", "5") == (1, {"reservation_missing"})


def test_a_copy_of_the_notary_that_is_older_than_the_randomness_cannot_tell(found):
    published = Published()
    published.shown = published.seen

    assert found(published) == (2, set())


def test_a_beacon_whose_signatures_cannot_be_checked_here_has_to_be_trusted_aloud(found):
    published = Published()
    head = published.head()
    head["commitment"]["beacon"]["scheme"] = head["beacon"]["info"]["schemeID"] = "bls-unchained-g1-rfc9380"
    published.commitment = head["commitment"]
    published.draw()
    head = {**published.head(), "beacon": head["beacon"]}

    assert found(published, head=head) == (2, set())
    assert found(published, "--trust-beacon", head=head) == (0, set())


@pytest.mark.parametrize("text", [b"", b"{}\n", b"not a bundle\n", b'{"format": "draw-v2", "commitment": {}}\n', b"\xff\xfe\n"])
def test_what_is_no_bundle_is_neither_verified_nor_caught(tmp_path, text):
    (tmp_path / "bundle").write_bytes(text)

    assert verify_draw.main([str(tmp_path / "bundle")]) == 2
    assert verify_draw.main([str(tmp_path / "nothing")]) == 2
