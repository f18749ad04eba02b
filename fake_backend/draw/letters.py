"""What other rooms are told of a draw."""

from fake_backend.books import Books
from fake_backend.draw.drawing import Place
from fake_backend.facts import Letter

Flat = str | int | float | bool | None


def order_letter(place: Place, item: str) -> Letter:
    """What opens the order of whoever has the place."""
    body: dict[str, Flat] = {
        "order": place.order, "reservation": place.sequence, "person": place.person, "round": place.round, "shop": place.shop,
        "item": item, "place": place.place, "passed": place.passed,
    }  # fmt: skip
    return Letter("orders.open", place.order, body)


def tell(books: Books, round_: str, first: int, last: int, people: int) -> None:
    """Let these hear of the results, and those who won by a message of their own too."""
    rows = books.rows(
        "SELECT sequence, person, shop, place FROM draw_places WHERE round = ? AND sequence BETWEEN ? AND ? ORDER BY sequence",
        round_, first, last,
    )  # fmt: skip
    won = [row for row in rows if row[3] == 0]
    body: dict[str, Flat] = {
        "round": round_, "first": first, "last": last, "people": people,
        "won": " ".join(str(row[0]) for row in won), "listed": " ".join(str(row[0]) for row in rows if row[3]),
    }  # fmt: skip
    books.send(Letter("notices.tell_all", f"results:{round_}:{first}", body))
    for sequence, person, shop, _ in won:
        told = {"person": person, "what": "won", "round": round_, "order": f"o{sequence}", "shop": shop}
        books.send(Letter("notices.tell", f"won:{round_}:{person}", told))
