"""What may be wrong with a day, each in one place, and the invariant that is to say so."""

import json
from collections.abc import Callable

from tests.audit.day import PRICE, ROUND, Day, hashed


def spoilt(row: dict[str, object], **changes: object) -> None:
    """The detail of an event says something else."""
    row["detail"] = json.dumps(json.loads(str(row["detail"])) | changes)


def a_look_finds_nothing(day: Day) -> None:
    day.attempt("look", 4, sequence=None, sent=20.0)


def a_look_finds_another(day: Day) -> None:
    day.attempt("look", 4, sequence=5, sent=20.0)


def a_promised_payment_is_not_written(day: Day) -> None:
    day.attempt("payment", 2, sequence=9_999, key=2222)


def a_promised_payment_is_somebody_elses(day: Day) -> None:
    day.attempt("payment", 4, sequence=day.event("payment_begun", "o2.1")["sequence"], key=2222)


def one_key_is_told_two_payments(day: Day) -> None:
    day.pay(2, "o2.2", "failed")
    day["attempts"][-1]["key"] = hashed(2002)


def one_more_is_ordered_than_there_is(day: Day) -> None:
    day.note("order_opened", "o4", 4, amount=PRICE, reservation=4, place=2)
    day.note("stock_held", f"{ROUND}:s1", shop="s1", amount=1, order="o4", released=2, free=-1, held=1, sold=1, returned=1)


def oversold_for_a_moment(day: Day) -> None:
    """The next one is given the bottle before it was taken from the one who let it lapse; at the end everything adds up."""
    book = day["daybook"]
    lapse = book.index(day.event("order_lapsed", "o2"))
    opened = book.index(day.event("order_opened", "o3"))
    book[lapse : opened + 1] = [*book[lapse + 2 : opened + 1], *book[lapse : lapse + 2]]
    for number, row in enumerate(book, 1):
        row["sequence"] = number


def a_bottle_disappears(day: Day) -> None:
    spoilt([row for row in day["daybook"] if row["kind"] == "stock_freed"][-1], free=1)


def a_lapse_gives_nothing_back(day: Day) -> None:
    freed = [row for row in day["daybook"] if row["kind"] == "stock_freed"][-1]
    freed |= {"kind": "follow_up_opened", "subject": "o5"}


def one_hold_is_sold_and_freed(day: Day) -> None:
    day.stock("held", "s2", order="o9").stock("sold", "s2", order="o9").stock("freed", "s2", order="o6")


def an_order_is_paid_and_lapses(day: Day) -> None:
    day.note("order_lapsed", "o1", 1, amount=PRICE)


def a_shop_is_left_out_of_the_draw(day: Day) -> None:
    day.tables["ledgers/winners"] = [row for row in day["winners"] if row["shop"] != "s2"]


def an_entry_is_left_out_of_the_pool(day: Day) -> None:
    del day["pool"][3]


def a_stranger_is_in_the_pool(day: Day) -> None:
    day["pool"].append({"sequence": 7, "round": ROUND, "reservation": "77"})


def somebody_has_two_tickets(day: Day) -> None:
    day["pool"].append(day["pool"][3] | {"sequence": 7})


def the_winners_do_not_follow_from_the_draw(day: Day) -> None:
    day["verification"][0]["ok"] = "false"


def it_is_drawn_again(day: Day) -> None:
    day.note("drawn", ROUND, amount=4, winners="w2")


def another_list_is_published(day: Day) -> None:
    spoilt(day.event("draw_published", ROUND), winners="w2")


def a_winner_gets_no_order(day: Day) -> None:
    day["winners"][0]["reservation"] = "4"


def an_order_is_charged_twice(day: Day) -> None:
    day.pay(1, "o1.2", "succeeded")


def the_money_is_there_and_the_ledger_does_not_know(day: Day) -> None:
    day["gateway_payments"][1] |= {"state": "succeeded", "succeeded_at": "1999.0"}


def paid_in_the_ledger_and_not_at_the_gateway(day: Day) -> None:
    day["gateway_payments"][0] |= {"state": "failed", "succeeded_at": ""}


def the_ledger_believes_another_amount(day: Day) -> None:
    day.event("payment_succeeded", "o1.1")["amount"] = "1"


def the_gateway_took_another_amount(day: Day) -> None:
    day["gateway_payments"][0]["amount"] = "1"


def a_late_success_is_refunded_twice(day: Day) -> None:
    day["gateway_refunds"].append(day["gateway_refunds"][-1] | {"refund": "o5.1.r2", "sequence": 9})


def a_late_success_is_kept(day: Day) -> None:
    day.tables["ledgers/gateway_refunds"] = day["gateway_refunds"][:1]


def a_payment_never_comes_to_anything(day: Day) -> None:
    day.note("payment_begun", "o4.1", 4, amount=PRICE, order="o4")


def the_gateway_has_a_payment_of_nobody(day: Day) -> None:
    day["gateway_payments"].append(day["gateway_payments"][0] | {"merchant_order": "o4.1", "state": "failed", "succeeded_at": ""})


def an_order_lapses_before_its_time(day: Day) -> None:
    spoilt(day.event("order_opened", "o5"), pay_by=9_999.0)


def an_order_lapses_while_it_is_being_paid(day: Day) -> None:
    book = day["daybook"]
    lapse, closed = book.index(day.event("order_lapsed", "o5")), book.index(day.event("payment_closed", "o5.1"))
    book[closed : lapse + 1] = [*book[closed + 1 : lapse + 1], book[closed]]
    for number, row in enumerate(book, 1):
        row["sequence"] = number


def an_outage_is_not_given_back(day: Day) -> None:
    opened = day.event("order_opened", "o5")
    spoilt(opened, pay_by=opened["at"] + 500.0)
    day.event("order_lapsed", "o5")["at"] = opened["at"] + 501.0
    day["outages"].append({"sequence": 1, "begun": f"{opened['at'] + 100.0}", "ended": f"{opened['at'] + 400.0}"})


def who_could_pay_is_given_time(day: Day) -> None:
    """o6, of which no payment was under way then."""
    spoilt(day.event("order_extended", "o6"), why="incident i1")


def time_is_given_twice(day: Day) -> None:
    extended = day.event("order_extended", "o3")
    pay_by = json.loads(str(extended["detail"]))["pay_by"]
    day["daybook"].insert(day["daybook"].index(extended) + 1, dict(extended))
    spoilt(extended, pay_by=pay_by)
    for number, row in enumerate(day["daybook"], 1):
        row["sequence"] = number


def less_time_is_given_than_it_took(day: Day) -> None:
    extended = day.event("order_extended", "o3")
    spoilt(extended, pay_by=float(json.loads(str(extended["detail"]))["pay_by"]) - 10.0)


def who_could_not_pay_is_given_no_time(day: Day) -> None:
    """o3 does not, and o5 does, of which a payment was under way, too."""
    extended = day.event("order_extended", "o3")
    book = day["daybook"]
    over, lapse = book.index(day.event("incident_over", "i1")), book.index(day.event("order_opened", "o3"))
    assert over > lapse
    extended |= {"subject": "o5", "person": day.event("order_opened", "o5")["person"]}


def who_could_not_pay_is_not_told(day: Day) -> None:
    day.tables["ledgers/notice_log"] = [row for row in day["notice_log"] if (row["what"], row["channel"]) != ("all_well", "sms")]


def who_could_not_pay_is_told_twice(day: Day) -> None:
    day.told(3, "sms", "pay_again", key="another")


def who_could_pay_is_told_that_they_could_not(day: Day) -> None:
    day.told(6, "in-app", "pay_again")


def a_winner_is_not_told(day: Day) -> None:
    day.tables["ledgers/notice_log"] = [row for row in day["notice_log"] if (row["person"], row["channel"]) != (hashed(2), "sms")]


def somebody_is_not_told_at_all(day: Day) -> None:
    day.tables["ledgers/notice_log"] = [row for row in day["notice_log"] if row["person"] != hashed(4)]


def a_winner_is_told_twice(day: Day) -> None:
    day.told(1, "sms", "won", key="another")


def a_loser_is_told_of_a_win(day: Day) -> None:
    told = next(row for row in day["notice_log"] if (row["person"], row["channel"]) == (hashed(6), "in-app"))
    told |= {"what": "won", "person": hashed(4)}
    day.tables["ledgers/notice_log"] = [r for r in day["notice_log"] if (r["person"], r["what"]) != (hashed(4), "listed")]


def a_parcel_goes_back_in_time(day: Day) -> None:
    day.note("shipment_moved", "o6.s", 6, state="in_transit")


def a_success_is_taken_back(day: Day) -> None:
    day.note("payment_failed", "o1.1", 1, amount=PRICE)


def a_row_is_changed_afterwards(day: Day) -> None:
    day.chained().event("order_extended", "o6")["at"] += 60.0


def a_row_is_taken_out(day: Day) -> None:
    book = day.chained()["daybook"]
    book.remove(day.event("order_extended", "o6"))


def a_bottle_is_handed_to_somebody_else(day: Day) -> None:
    day.event("collected", "o1")["person"] = hashed(4)


def a_bottle_is_handed_over_unpaid(day: Day) -> None:
    day.note("collected", "o2", 2)


def a_cent_is_missing(day: Day) -> None:
    spoilt(day.event("settled", "2022-04-01:s1"), paid=PRICE - 1)


def a_shop_is_credited_with_what_never_came(day: Day) -> None:
    spoilt(day.event("settled", "2022-04-01:s2"), paid=2 * PRICE, orders=2 * PRICE)


DEFECTS: list[tuple[Callable[[Day], None], str]] = [
    (a_look_finds_nothing, "acknowledged_is_visible"),
    (a_look_finds_another, "acknowledged_is_visible"),
    (a_promised_payment_is_not_written, "acknowledged_is_in_the_daybook"),
    (a_promised_payment_is_somebody_elses, "acknowledged_is_in_the_daybook"),
    (one_key_is_told_two_payments, "acknowledged_is_in_the_daybook"),
    (one_more_is_ordered_than_there_is, "never_oversold"),
    (oversold_for_a_moment, "never_oversold"),
    (a_bottle_disappears, "stock_conserved"),
    (a_lapse_gives_nothing_back, "hold_resolved_once"),
    (one_hold_is_sold_and_freed, "hold_resolved_once"),
    (an_order_is_paid_and_lapses, "hold_resolved_once"),
    (a_shop_is_left_out_of_the_draw, "nothing_left_over"),
    (an_entry_is_left_out_of_the_pool, "drawn_from_all_who_entered"),
    (a_stranger_is_in_the_pool, "drawn_from_all_who_entered"),
    (somebody_has_two_tickets, "drawn_from_all_who_entered"),
    (the_winners_do_not_follow_from_the_draw, "draw_verified"),
    (it_is_drawn_again, "winners_unchanged"),
    (another_list_is_published, "winners_unchanged"),
    (a_winner_gets_no_order, "winners_unchanged"),
    (an_order_is_charged_twice, "no_double_charge"),
    (the_money_is_there_and_the_ledger_does_not_know, "paid_means_paid_on_both_sides"),
    (paid_in_the_ledger_and_not_at_the_gateway, "paid_means_paid_on_both_sides"),
    (the_ledger_believes_another_amount, "amounts_equal"),
    (the_gateway_took_another_amount, "amounts_equal"),
    (a_late_success_is_refunded_twice, "late_success_refunded_once"),
    (a_late_success_is_kept, "late_success_refunded_once"),
    (a_payment_never_comes_to_anything, "no_unknown_outcome"),
    (the_gateway_has_a_payment_of_nobody, "no_unknown_outcome"),
    (an_order_lapses_before_its_time, "nobody_lost_the_right_to_pay"),
    (an_order_lapses_while_it_is_being_paid, "nobody_lost_the_right_to_pay"),
    (an_outage_is_not_given_back, "nobody_lost_the_right_to_pay"),
    (who_could_pay_is_given_time, "extended_only_the_affected"),
    (time_is_given_twice, "extended_only_the_affected"),
    (less_time_is_given_than_it_took, "extended_only_the_affected"),
    (who_could_not_pay_is_given_no_time, "extended_only_the_affected"),
    (who_could_not_pay_is_not_told, "affected_told_once"),
    (who_could_not_pay_is_told_twice, "affected_told_once"),
    (who_could_pay_is_told_that_they_could_not, "affected_told_once"),
    (a_winner_is_not_told, "everybody_was_told"),
    (somebody_is_not_told_at_all, "everybody_was_told"),
    (a_winner_is_told_twice, "everybody_was_told"),
    (a_loser_is_told_of_a_win, "everybody_was_told"),
    (a_parcel_goes_back_in_time, "legal_transitions"),
    (a_success_is_taken_back, "legal_transitions"),
    (a_bottle_is_handed_to_somebody_else, "handed_to_the_winner"),
    (a_bottle_is_handed_over_unpaid, "handed_to_the_winner"),
    (a_cent_is_missing, "settled_to_the_cent"),
    (a_shop_is_credited_with_what_never_came, "settled_to_the_cent"),
]
AFTER_THE_CHAIN: list[Callable[[Day], None]] = [a_row_is_changed_afterwards, a_row_is_taken_out]
