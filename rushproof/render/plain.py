"""Names and sentences that came from a scenario or a target, made harmless for one line of any page or terminal."""


def visible(text: str) -> str:
    """The text on one line, without characters that move a cursor or that a page cannot hold."""
    return "".join(character if character.isprintable() else " " for character in text)
