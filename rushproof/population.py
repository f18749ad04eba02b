"""Who there is: millions of registered persons, each a row that costs nothing until it arrives.

A person is derived from (seed, index): the same one in every run, on every worker.  What reads like a person's (name, street) is
made by Faker, and only when a step asks for it.
"""

import math
from collections.abc import Iterator
from functools import cached_property
from itertools import repeat
from typing import TYPE_CHECKING

import msgspec

from rushproof.keyed import IntArray, label, mix, mix_array, unit
from rushproof.quantity import Count, Duration, Share

if TYPE_CHECKING:
    from faker import Faker


_HALF = (1 << 32) - 1
_HALF_UNIT = 2.0**-32


class Patience(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a person keeps coming back: uniform between the two, in scenario time, counted from when they first meant to act."""

    least: Duration = Duration(60)
    most: Duration = Duration(600)


class PopulationSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The registered persons of a scenario; the defaults are the app's public figures of 2026 (registered) and 2022 (verified)."""

    registered: Count = Count(50_000_000)
    verified: Share = Share(0.9)
    """share whose real name was verified (1156.92 of 1286.81 × 10⁴ on 11 May 2022: 89.9 %)"""
    regions: Count = Count(31)
    """provinces, each with its own shops"""
    shops: Count = Count(2_000)
    """stores where winners pick up (2,000 and more in January 2023)"""
    patience: Patience = Patience()


class Population:
    """The spec under a seed: `person(index)` makes the row at `index`."""

    __slots__ = ("key", "shops", "spec")

    def __init__(self, spec: PopulationSpec, seed: int) -> None:
        self.spec = spec
        self.key = label(seed, "person")
        names = [f"s{number + 1:05d}" for number in range(int(spec.shops))]
        self.shops = [names[region :: int(spec.regions)] or names[-1:] for region in range(int(spec.regions))]
        """shops by region; more regions than shops share the last one"""

    def person(self, index: int) -> "Person":
        return Person(self, index, mix(self.key, index))

    def people(self, indices: IntArray) -> "Iterator[Person]":
        """The rows at many indices, their keys mixed all at once."""
        return map(Person, repeat(self), indices.tolist(), mix_array(self.key, indices).tolist())


class Person:
    """One of the population: identity, device, network address, home region, chosen shop, patience, a name and an address.

    Everything is derived when asked for.  `uniform` and `choice` are this person's own dice: the same draw gives the same value in
    every run, so that a persona needs no random generator.
    """

    __slots__ = ("_key", "_population", "index")

    def __init__(self, population: Population, index: int, key: int) -> None:
        self._population, self.index, self._key = population, index, key

    def __repr__(self) -> str:
        return f"Person({self.index})"

    @property
    def id(self) -> str:
        """The pseudonymous identity the target knows this person by: `p` and twelve digits."""
        return "p%012d" % self.index  # noqa: UP031  # half the time of an f-string, on the hottest of paths

    @property
    def token(self) -> str:
        """What lets this person in; empty where the scenario gives none."""
        return ""

    @property
    def expires(self) -> float | None:
        """Unix seconds at which the token ends; None where it does not."""
        return None

    def __getitem__(self, name: str) -> str:
        """An attribute: a column of the persons' file that the scenario names."""
        raise KeyError(f"{name}: this person is derived, not a row of a persons' file, and has no attributes")

    @property
    def device(self) -> str:
        """The device's id: 16 hex digits."""
        return f"{mix(self._key, 1):016x}"

    @property
    def address(self) -> str:
        """A network address of the person's own in 10.0.0.0/8; it is told to the target, never used to send."""
        bits = mix(self._key, 2)
        return f"10.{bits & 255}.{bits >> 8 & 255}.{bits >> 16 & 255}"

    @property
    def verified(self) -> bool:
        """Whether the real name was verified."""
        return unit(self._key, 3) < self._population.spec.verified

    @property
    def region(self) -> int:
        """Home region, from 0; few regions hold many people (the square of a uniform draw)."""
        return self._home(mix(self._key, 4))

    @property
    def shop(self) -> str:
        """The chosen shop, one of the home region's: `s` and five digits."""
        bits = mix(self._key, 4)
        mine = self._population.shops[self._home(bits)]
        share = (bits & _HALF) * _HALF_UNIT
        return mine[int(share * share * len(mine))]

    def _home(self, bits: int) -> int:
        """The upper half of the bits chooses the region, the lower half the shop in it."""
        share = (bits >> 32) * _HALF_UNIT
        return int(share * share * len(self._population.shops))

    @property
    def patience(self) -> float:
        """Seconds of scenario time after which this person gives up."""
        least, most = self._population.spec.patience.least, self._population.spec.patience.most
        return least + (most - least) * unit(self._key, 6)

    @property
    def name(self) -> str:
        """A name that reads like a person's (Faker, zh_CN)."""
        return str(_faker(self._key).name())

    @property
    def street(self) -> str:
        """A postal address that reads like a person's (Faker, zh_CN)."""
        return str(_faker(self._key + 1).address())

    @property
    def phone(self) -> str:
        """A mobile number that reads like a person's (Faker, zh_CN)."""
        return str(_faker(self._key + 2).phone_number())

    def uniform(self, draw: int) -> float:
        """This person's die number `draw`: a float in [0, 1)."""
        return unit(self._key, 1000 + draw)

    def exponential(self, mean: float, draw: int) -> float:
        """A waiting time of the given mean, cut at ten times it (TPC-W's think time)."""
        return min(-math.log(1.0 - unit(self._key, 1000 + draw)), 10.0) * mean

    def choice(self, count: int, draw: int) -> int:
        """One of 0…count−1."""
        return int(unit(self._key, 1000 + draw) * count)


class _Maker:
    """Holds the one Faker of the process: making it takes a third of a second, seeding it microseconds."""

    @cached_property
    def faker(self) -> "Faker":
        from faker import Faker  # heavy, and most runs never ask for a name

        return Faker("zh_CN")


_MAKER = _Maker()


def _faker(key: int) -> "Faker":
    _MAKER.faker.seed_instance(key)
    return _MAKER.faker
