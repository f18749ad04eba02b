import ipaddress
import re
from itertools import pairwise

import numpy as np
import pytest

from rushproof.population import Patience, Population, PopulationSpec
from rushproof.quantity import Count, Duration, Share

POPULATION = Population(PopulationSpec(), seed=1)
SOME = [POPULATION.person(index) for index in range(0, 50_000_000, 24_989)]


def test_a_person_is_the_same_in_every_release():
    person = POPULATION.person(17)

    assert (person.id, person.device, person.address, person.region, person.shop) == (
        "p000000000017",
        "d9239b49f855b9e0",
        "10.220.78.72",
        11,
        "s00043",
    )


def test_a_person_is_written_as_the_target_knows_it():
    for person in SOME:
        assert re.fullmatch(r"p\d{12}", person.id)
        assert re.fullmatch(r"[0-9a-f]{16}", person.device)
        assert re.fullmatch(r"s\d{5}", person.shop)
        assert ipaddress.ip_address(person.address) in ipaddress.ip_network("10.0.0.0/8")


def test_a_person_differs_from_the_next_and_under_another_seed():
    assert all(one.device != other.device for one, other in pairwise(SOME))
    assert POPULATION.person(5).device != Population(PopulationSpec(), seed=2).person(5).device


def test_nine_in_ten_are_verified():
    # 2,001 draws of 0.9: a standard deviation of 0.0067
    assert np.mean([person.verified for person in SOME]) == pytest.approx(0.9, abs=0.03)


def test_a_shop_lies_in_the_home_region():
    for person in SOME:
        number = int(person.shop[1:]) - 1
        assert 0 <= number < 2000
        assert number % 31 == person.region


def test_few_regions_hold_many_people():
    crowded = np.bincount([person.region for person in SOME], minlength=31)

    assert crowded[0] > 3 * crowded[30]
    assert crowded.min() > 0


def test_more_regions_than_shops_still_leave_everybody_a_shop():
    few = Population(PopulationSpec(regions=Count(31), shops=Count(3)), seed=1)

    assert {few.person(index).shop for index in range(500)} == {"s00001", "s00002", "s00003"}


def test_patience_stays_between_its_two_ends():
    spec = PopulationSpec(patience=Patience(Duration(10), Duration(20)), verified=Share(0.0))
    patience = [Population(spec, seed=1).person(index).patience for index in range(500)]

    assert 10.0 <= min(patience) < 11.0
    assert 19.0 < max(patience) <= 20.0


def test_a_name_is_chinese_and_the_persons_own_in_whatever_order_it_is_asked_for():
    first = [(person.name, person.street, person.phone) for person in SOME[:20]]
    again = [(person.name, person.street, person.phone) for person in reversed(SOME[:20])]

    assert first == again[::-1]
    assert all(re.fullmatch(r"[\u4e00-\u9fff]{2,4}", name) for name, _, _ in first)
    assert all(re.fullmatch(r"1\d{10}", phone) for _, _, phone in first)


def test_a_die_falls_the_same_way_every_time():
    person = POPULATION.person(3)

    assert person.uniform(4) == POPULATION.person(3).uniform(4)
    assert person.uniform(4) != person.uniform(5)
    assert {person.choice(6, draw) for draw in range(200)} == set(range(6))


def test_thinking_is_exponential_and_cut_at_ten_times_its_mean():
    waits = np.array([person.exponential(7.0, draw) for person in SOME for draw in range(10)])

    assert waits.min() >= 0.0
    assert waits.max() <= 70.0
    # 20,000 draws: a standard deviation of 0.05
    assert waits.mean() == pytest.approx(7.0, abs=0.25)
