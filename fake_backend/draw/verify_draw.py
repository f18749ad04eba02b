#!/usr/bin/env python3
"""Checks published draws from their bundles alone: python verify_draw.py BUNDLE [BUNDLE …] [--proof FILE] [--reservation N].

Needs nothing but Python 3.10 or later; shares no code with whoever drew.  A bundle is a file, an address, or - for standard input.
The exit code is 0 if every draw is verified, 1 if something was caught, 2 if it cannot be told.
"""

import argparse
import hashlib
import hmac
import json
import multiprocessing
import os
import sys
import urllib.request
from datetime import datetime, timedelta
from typing import Any, BinaryIO

SHA, CHUNK, MARGIN = hashlib.sha256, 1 << 13, 60
HASH_CHAIN = "hash-chain-sha256"
Scored = tuple[bytes, bytes, int]
Point = tuple[int, int]


def canonical(value: Any) -> bytes:
    """The one text of a document that hashes and signatures are taken over."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def _plus(one: Point, two: Point) -> Point:
    cross = D * one[0] * two[0] * one[1] * two[1]
    x, y = one[0] * two[1] + two[0] * one[1], one[1] * two[1] + one[0] * two[0]
    return x * pow(1 + cross, -1, P) % P, y * pow(1 - cross, -1, P) % P


def _times(count: int, point: Point) -> Point:
    total: Point = (0, 1)
    while count:
        total = _plus(total, point) if count & 1 else total
        point, count = _plus(point, point), count >> 1
    return total


def _point(text: bytes) -> Point:
    y, odd = int.from_bytes(text, "little") & (1 << 255) - 1, text[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    if len(text) != 32 or y >= P or (x * x - square) % P:
        raise ValueError("not a point of the curve")
    return (P - x if x % 2 != odd else x), y


def signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the Ed25519 signature (RFC 8032) of the message is the key's."""
    response = int.from_bytes(signature[32:], "little")
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    try:
        left, right = _times(response, _point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))), _times(challenge, _point(key))
        return left == _plus(_point(signature[:32]), right) and response < ORDER and len(signature) == 64
    except (ValueError, IndexError):
        return False


def root_over(hashes: list[bytes]) -> bytes:
    """The root over leaves, or over the roots of chunks of CHUNK leaves: level by level by pairs, what is left over moves up (RFC 9162)."""
    while len(hashes) > 1:
        pairs = [SHA(b"\x01" + hashes[at] + hashes[at + 1]).digest() for at in range(0, len(hashes) - 1, 2)]
        hashes = pairs + hashes[-1:] if len(hashes) % 2 else pairs
    return hashes[0] if hashes else SHA(b"").digest()


def root_of(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """The root that a leaf and its path come to; None where the path is not one."""
    while size > 1:
        if index ^ 1 < size:
            if not path:
                return None
            leaf = SHA(b"\x01" + (path.pop(0) + leaf if index % 2 else leaf + path.pop(0))).digest()
        index, size = index // 2, (size + 1) // 2
    return None if path else leaf


class Urn:
    """Keeps of one shop's entries those with the smallest scores."""

    def __init__(self, keep: int) -> None:
        self.keep, self.limit = keep, b"\xff" * 33
        self.kept: list[Scored] = []

    def put(self, score: bytes, leaf: bytes, number: int) -> None:
        """One more entry."""
        if score <= self.limit:
            self.kept.append((score, leaf, number))
            if len(self.kept) > 2 * self.keep + 64:
                self.kept = self.best()
                self.limit = self.kept[-1][0]

    def best(self) -> list[Scored]:
        """The kept ones, the smallest first."""
        return sorted(self.kept)[: self.keep]


class Check:
    """One bundle's check; `caught` has what must not be, `unable` what cannot be told, `notes` what to compare with elsewhere."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.unable, self.notes = options, list[str](), list[str]()
        self.caught: list[tuple[str, str]] = []
        self.name, self.count, self.won = "?", 0, 0
        self.mine: dict[int, tuple[str, str] | None] = dict.fromkeys(options.reservation)

    def must(self, holds: bool, name: str, sentence: str) -> None:
        """Note what was caught where it does not hold."""
        if not holds and name not in [one for one, _ in self.caught]:
            self.caught.append((name, sentence))

    def run(self, where: str) -> None:
        """The whole check."""
        with opened(where) as file:
            head = json.loads(file.readline())
            if head.get("format") != "draw-v1" or head["commitment"]["algorithm"] != "draw-v1":
                raise ValueError("this program checks draws of the kind draw-v1 only")
            self.commitment = head["commitment"]
            self.name, self.hash = self.commitment["draw"], SHA(canonical(self.commitment)).digest()
            for shown in (head["notary"], *[one for one in map(document, self.options.notary) if one["draw"] == self.name]):
                self.notary(shown)
            seed = SHA(b"draw-v1" + self.hash + self.randomness(head["beacon"])).digest()
            self.must(seed.hex() == head["seed"], "seed_substituted", "the seed does not follow from the commitment and the beacon")
            quota = {shop: count for shop, count in head["quota"].items() if count}
            told = SHA(canonical(quota)).hexdigest()
            self.must(told == self.commitment["quota"], "quota_changed", "the numbers of bottles are not those committed to")
            found = self.entries(file, seed, {shop: count * (1 + self.commitment["waiting"]) for shop, count in quota.items()})
        self.winners(head["winners"], found, quota)
        for proof in [one for one in map(document, self.options.proof) if one["draw"] == self.name]:
            self.proof(proof)

    def notary(self, shown: dict[str, Any]) -> None:
        """The notary saw this commitment in time, and no other one for this draw."""
        key = bytes.fromhex(shown["key"])
        self.notes.append(f"notary's key {key.hex()}")
        self.must(self.options.notary_key in ("", key.hex()), "notary_forged", "signed by another key than that of the notary")
        signatures = [({name: shown[name] for name in ("draw", "at", "statements")}, shown["signature"])]
        signatures += [({name: one[name] for name in ("number", "draw", "hash", "at")}, one["signature"]) for one in shown["statements"]]
        good = all(signed(key, canonical(document), bytes.fromhex(signature)) for document, signature in signatures)
        self.must(good and shown["draw"] == self.name, "notary_forged", "a signature is not the notary's")
        seen = {one["hash"]: one["at"] for one in shown["statements"] if one["draw"] == self.name}
        if len(seen) > 1:
            roots = {one.get("root") for one in shown["commitments"] if SHA(canonical(one)).hexdigest() in seen}
            self.must(False, "second_commitment", f"the notary saw {len(seen)} different commitments for one draw")
            self.must(len(roots) < 2, "split_view", "entries were committed to twice, and not the same ones")
        at, beacon = seen.get(self.hash.hex()), self.commitment["beacon"]
        self.must(at is not None, "not_notarised", "the notary never saw this commitment")
        out = datetime(1970, 1, 1) + timedelta(seconds=beacon["genesis"] + (beacon["round"] - 1) * beacon["period"])
        margin = timedelta(seconds=max(self.commitment["margin"], MARGIN))
        late = at is not None and datetime.fromisoformat(at) + margin > out
        self.must(not late, "notarised_late", f"seen at {at}, when the randomness was out or near")
        if datetime.fromisoformat(shown["at"]) < out:
            self.unable.append("what the notary shows is older than the randomness: ask it again, --notary URL")

    def randomness(self, beacon: dict[str, Any]) -> bytes:
        """The randomness of the committed round, of the committed chain."""
        committed, info, told = self.commitment["beacon"], beacon["info"], beacon["round"]
        names = {"hash": "chain", "genesis_time": "genesis", "period": "period", "schemeID": "scheme"}
        same = all(info[name] == committed[as_] for name, as_ in names.items()) and self.options.chain in ("", info["hash"])
        self.must(same, "beacon_changed", "the beacon is not the one committed to")
        signature, wanted = bytes.fromhex(told["signature"]), committed["round"]
        self.must(SHA(signature).hexdigest() == told["randomness"], "randomness_forged", "it is not the signature's hash")
        self.notes.append(f"beacon's chain {info['hash']}")
        if info["schemeID"] == HASH_CHAIN:
            self.must(told["round"] == wanted, "beacon_round_changed", f"round {told['round']} was taken instead of {wanted}")
            parameters = {name: info[name] for name in ("public_key", "period", "genesis_time", "schemeID")}
            good = SHA(canonical(parameters)).hexdigest() == info["hash"] and 0 < told["round"] < 10**8
            for _ in range(told["round"] if good else 0):
                signature = SHA(signature).digest()
            self.must(good and signature.hex() == info["public_key"], "randomness_forged", "the round is not of the beacon's chain")
        else:
            self.must(told["round"] >= wanted, "beacon_round_changed", f"round {told['round']} was taken instead of {wanted}")
            if told["round"] > wanted:
                self.unable.append(f"round {wanted} was passed over for {told['round']}: ask the beacon whether it ever gave it out")
            if not self.options.trust_beacon:
                self.unable.append(f"signatures of {info['schemeID']} cannot be checked here: --trust-beacon if you have done so")
        return bytes.fromhex(told["randomness"])

    def entries(self, file: BinaryIO, seed: bytes, keep: dict[str, int]) -> dict[str, list[Scored]]:
        """Every entry is in its order, in time, once, and in the tree; of each shop those with the smallest scores."""
        begin, end = (self.commitment[name].encode() for name in ("open", "close"))
        prefix = b"\x00draw-v1\n%s\n%s\n" % (self.name.encode(), self.commitment["item"].encode())
        urns = {shop.encode(): Urn(count) for shop, count in keep.items()}
        tags, chunks, leaves, last = set[bytes](), list[bytes](), list[bytes](), 0
        while lines := file.readlines(1 << 20):
            for line in map(bytes.rstrip, lines):
                sequence, at, shop, tag = line.split(b",")
                number, leaf = int(sequence), SHA(prefix + line).digest()
                if number <= last or tag in tags:
                    self.must(False, "duplicate_entry", f"reservation {number} is not the only one of its number or person")
                if not begin <= at < end or len(at) != len(end):
                    self.must(False, "entry_outside", f"reservation {number} was made at {at.decode()}, not while the round was open")
                tags.add(tag)
                last = number
                leaves.append(leaf)
                if shop in urns:
                    urns[shop].put(SHA(seed + leaf).digest(), leaf, number)
                if number in self.mine:
                    self.mine[number] = shop.decode(), SHA(seed + leaf).hexdigest()
            while len(leaves) >= CHUNK:
                chunks.append(root_over(leaves[:CHUNK]))
                del leaves[:CHUNK]
        self.count, committed = len(chunks) * CHUNK + len(leaves), self.commitment["entries"]
        root = root_over([*chunks, root_over(leaves)] if leaves else chunks)
        self.must(self.count >= committed, "entry_dropped", f"{self.count} entries of {committed} committed to")
        self.must(self.count <= committed, "entry_inserted", f"{self.count} entries of {committed} committed to")
        self.must(root.hex() == self.commitment["root"], "entries_changed", "the entries are not those committed to")
        return {shop.decode(): urn.best() for shop, urn in urns.items()}

    def winners(self, told: list[Any], found: dict[str, list[Scored]], quota: dict[str, int]) -> None:
        """The list is the one that follows; what came of the reservations asked for."""
        follows, limits, places = list[Any](), dict[str, str](), dict[int, int]()
        for shop, best in sorted(found.items()):
            for rank, (score, _, number) in enumerate(best):
                places[number] = max(rank + 1 - quota[shop], 0)
                follows.append([shop, places[number], number, score.hex()])
                limits[shop] = limits[shop] if places[number] else score.hex()
        self.must(told == follows, "winners_edited", "the list of winners is not the one that follows from the entries and the seed")
        self.won = sum(place == 0 for place in places.values())
        for number, entry in self.mine.items():
            self.must(entry is not None, "reservation_missing", f"reservation {number} is not among the entries")
            if entry:
                place = places.get(number)
                outcome = "did not win" if place is None else f"is number {place} on the waiting list" if place else "won"
                self.notes.append(f"reservation {number} {outcome} in {entry[0]}: score {entry[1]}, last winner's {limits.get(entry[0])}")

    def proof(self, proof: dict[str, Any]) -> None:
        """A person's proof is of this draw's tree, and of an entry that is theirs."""
        same = (proof["commitment"], proof["root"]) == (self.hash.hex(), self.commitment["root"])
        self.must(same, "split_view", "the proof is of other entries than the bundle")
        entry = f"draw-v1\n{self.name}\n{self.commitment['item']}\n{proof['entry']}".encode()
        root = root_of(SHA(b"\x00" + entry).digest(), proof["index"], proof["entries"], list(map(bytes.fromhex, proof["path"])))
        self.must((root or b"").hex() == self.commitment["root"], "proof_broken", "the proof does not lead to the root")
        tag = hmac.new(bytes.fromhex(proof["salt"]), proof["person"].encode(), SHA).hexdigest()[:32]
        self.must(proof["entry"].rsplit(",", 1)[-1] == tag, "not_my_entry", "the entry is not that of the person in the proof")


def opened(where: str) -> BinaryIO:
    """The file, the address or standard input, open for reading."""
    if where.startswith(("http://", "https://")):
        return urllib.request.urlopen(where, timeout=60)  # type: ignore[no-any-return]
    return sys.stdin.buffer if where == "-" else open(where, "rb", buffering=1 << 20)


def document(where: str) -> dict[str, Any]:
    """What is told there."""
    with opened(where) as file:
        return json.loads(file.read())  # type: ignore[no-any-return]


def checked(task: tuple[str, argparse.Namespace]) -> tuple[list[str], int]:
    """One bundle's lines for people, and its exit code."""
    where, options = task
    check = Check(options)
    try:
        check.run(where)
    except Exception as problem:  # whatever it was, the draw is not verified
        check.unable.append(f"the bundle cannot be read: {type(problem).__name__}: {problem}")
    lines = [f"{check.name}: CAUGHT {name}: {sentence}" for name, sentence in check.caught]
    lines += [f"{check.name}: unable: {sentence}" for sentence in check.unable]
    lines = lines or [f"{check.name}: verified: {check.count} entries, {check.won} winners"]
    lines += [f"    {note}" for note in dict.fromkeys(check.notes)]
    return lines, 1 if check.caught else 2 if check.unable else 0


def main(arguments: list[str] | None = None) -> int:
    """The exit code, see above."""
    parser = argparse.ArgumentParser("verify_draw.py", description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("bundles", nargs="+", metavar="BUNDLE")
    add("--proof", action="append", default=[], metavar="FILE", help="a person's own proof, as the backend gave it")
    add("--reservation", action="append", default=[], type=int, metavar="N", help="must be among the entries; what came of it")
    add("--notary", action="append", default=[], metavar="FILE|URL", help="what the notary itself shows of the draw")
    add("--notary-key", default="", metavar="HEX", help="the notary's public key, as you know it from elsewhere")
    add("--chain", default="", metavar="HASH", help="the hash of the beacon's chain, as you know it from elsewhere")
    add("--trust-beacon", action="store_true", help="the beacon's signatures were checked elsewhere")
    options = parser.parse_args(arguments)
    tasks = [(where, options) for where in options.bundles]
    if len(tasks) == 1:
        found = [checked(tasks[0])]
    else:
        with multiprocessing.Pool(min(len(tasks), os.cpu_count() or 1)) as pool:
            found = pool.map(checked, tasks, 1)
    for lines, _ in found:
        print("\n".join(lines))
    return 1 if any(code == 1 for _, code in found) else max(code for _, code in found)


if __name__ == "__main__":
    sys.exit(main())
