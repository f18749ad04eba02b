"""Whoever has to know something is told it: at least once, told apart by its key, no faster than the providers take it."""

import asyncio
import json

from trades import open_trade

from fake_backend.facts import Letter
from fake_backend.providers.behaviour import Behaviour
from fake_backend.settings import Settings
from fake_backend.switches import Defect, Switches

ROUND = "2022-04-01.r1"


def won(order: str = "o1", person: str = "p1", what: str = "won") -> Letter:
    body = {"person": person, "what": what, "round": ROUND, "order": order, "shop": "s1"}
    return Letter("notices.tell", f"{what}:{ROUND}:{person}", body)


def run(scene) -> None:
    asyncio.run(asyncio.wait_for(scene, 20))


async def everybody(trade, people: int) -> Letter:
    """So many people enter; the letter that tells them the results: the first has won, the second is listed."""
    for number in range(1, people + 1):
        body = {"person": f"p{number}", "round": ROUND, "shop": "s1"}
        status, _ = await trade.shop("POST", "/reservations", body, headers={"Idempotency-Key": f"k{number}"})
        assert status == 201
    told = {"round": ROUND, "first": 1, "last": people, "people": people, "won": "1", "listed": "2"}
    return Letter("notices.tell_all", f"results:{ROUND}:1", told)


def test_a_notice_goes_to_its_person_by_the_channels_that_are_right_for_it(opened, tmp_path):
    async def scene():
        async with open_trade(opened, tmp_path) as trade:
            await trade.send(won(), won(what="refunded"))
            await trade.quiet()
            log = await trade.outside.rows("/ledger/notices.csv")
            assert sorted((row["channel"], row["what"], row["key"]) for row in log) == [
                ("in-app", "refunded", f"in-app:refunded:{ROUND}:p1"),
                ("sms", "refunded", f"sms:refunded:{ROUND}:p1"),
                ("sms", "won", f"sms:won:{ROUND}:p1"),
            ]
            told = await trade.shop.events("told")
            assert sorted((json.loads(row["detail"])["channel"], row["person"]) for row in told) == [
                ("in-app", "p1"),
                ("sms", "p1"),
                ("sms", "p1"),
            ]

    run(scene())


def test_everybody_who_entered_hears_what_came_of_it(opened, tmp_path):
    async def scene():
        async with open_trade(opened, tmp_path) as trade:
            await trade.send(await everybody(trade, 30))
            await trade.quiet()
            log = await trade.outside.rows("/ledger/notices.csv")
            whats = {row["person"]: row["what"] for row in log}
            assert len(log) == 30
            assert whats == {"p1": "won", "p2": "listed", **{f"p{number}": "lost" for number in range(3, 31)}}
            (told,) = await trade.shop.events("told_all")
            assert (told["amount"], told["round"]) == ("30", ROUND)

    run(scene())


def test_what_is_lost_is_sent_again_until_it_has_arrived(opened, tmp_path):
    async def scene():
        async with open_trade(opened, tmp_path, Behaviour(notice_loss=0.5)) as trade:
            await trade.send(await everybody(trade, 30), won(), won("o2", "p2"))
            for _ in range(60):
                await asyncio.sleep(0.05)
                trade.wall.at += 11.0  # the provider is asked again what became of them
                if (await trade.shop("GET", "/quiet"))[0] == 200:
                    break
            else:
                raise AssertionError("it never came to an end")
            log = await trade.outside.rows("/ledger/notices.csv")
            assert len({row["key"] for row in log}) == len(log) == 32

    run(scene())


def test_a_message_that_arrives_twice_has_the_same_key_both_times(opened, tmp_path):
    async def scene():
        async with open_trade(opened, tmp_path, Behaviour(notice_twice=1.0)) as trade:
            await trade.send(won())
            await trade.quiet()
            assert [row["key"] for row in await trade.outside.rows("/ledger/notices.csv")] == [f"sms:won:{ROUND}:p1"] * 2
            _, inbox = await trade.outside("GET", "/inbox?person=p1")
            assert [(message["what"], message["times"]) for message in inbox["messages"]] == [("won", 2)]

    run(scene())


def test_a_cap_is_honoured_and_everything_arrives_in_the_end(opened, tmp_path):
    async def scene():
        async with open_trade(opened, tmp_path, Behaviour(sms_a_second=2.0)) as trade:
            await trade.send(*(won(f"o{number}", f"p{number}") for number in range(6)))
            for _ in range(60):
                await asyncio.sleep(0.05)
                trade.wall.at += 1.0
                if (await trade.shop("GET", "/quiet"))[0] == 200:
                    break
            log = await trade.outside.rows("/ledger/notices.csv")
            assert len(log) == 6
            assert float(log[-1]["at"]) - float(log[0]["at"]) >= 2.0

    run(scene())


def test_messages_are_spread_over_time_so_that_the_cap_is_not_met(opened, tmp_path):
    async def scene():
        async with open_trade(opened, tmp_path, settings=Settings(sms_a_second=1.0)) as trade:
            await trade.send(*(won(f"o{number}", f"p{number}") for number in range(3)))
            await trade.until("told")
            await asyncio.sleep(0.2)
            assert len(await trade.shop.events("told")) == 1
            trade.wall.at += 2.0
            await trade.quiet()
            assert len(await trade.shop.events("told")) == 3

    run(scene())


def test_a_provider_that_is_away_gets_it_when_it_is_back(opened, tmp_path):
    async def scene():
        async with open_trade(opened, tmp_path) as trade:
            await trade.outside("PUT", "/faults/providers_away", {"ttl": 60, "value": 1.0})
            await trade.send(won())
            await asyncio.sleep(0.2)
            assert await trade.outside.rows("/ledger/notices.csv") == []
            await trade.outside("DELETE", "/faults/providers_away")
            await trade.quiet()
            assert len(await trade.outside.rows("/ledger/notices.csv")) == 1

    run(scene())


def test_planted_defects_tell_nobody_or_tell_twice(opened, tmp_path):
    async def scene():
        lies = Switches()
        async with open_trade(opened, tmp_path, lies=lies) as trade:
            lies.put("tell_nobody", Defect(ttl=60))
            await trade.send(won())
            await trade.quiet()
            assert await trade.outside.rows("/ledger/notices.csv") == []
            lies.drop("tell_nobody")
            lies.put("tell_twice", Defect(ttl=60))
            await trade.send(won("o2", "p2"))
            await trade.quiet()
            assert len({row["key"] for row in await trade.outside.rows("/ledger/notices.csv")}) == 2

    run(scene())


def test_a_backend_without_providers_keeps_no_letters(tmp_path, serving):
    async def scene():
        async with serving() as guest:
            await guest.backend.site.books.write(lambda books: books.send(won()))
            async with asyncio.timeout(60):
                while (await guest("GET", "/quiet"))[0] != 200:
                    await asyncio.sleep(0.01)

    run(scene())
