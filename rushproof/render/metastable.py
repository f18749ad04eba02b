"""metastable.txt and metastable.md: what was found, the frontier as a picture of letters, every hold, and how to ask again."""

import datetime as dt
from collections.abc import Callable, Mapping

from rushproof.capacity import per_second, percent
from rushproof.metastability import Edge, Hold, Metastability
from rushproof.quantity import Unit, show
from rushproof.render.grid import Heading, paragraph
from rushproof.render.grid import table as grid
from rushproof.render.headline import NOTHING
from rushproof.render.markdown import SIGNS
from rushproof.render.marked import escape
from rushproof.render.marked import table as markdown_table
from rushproof.render.plain import visible

_FIGURES = ("offered", "fault", "back after", "tries before", "after", "let down to", "hysteresis")
SIGNALS = {"recovered": "back", "slow": "slow", "metastable": "DOWN", "unknown": "?"}


def text(found: Metastability) -> bytes:
    """For the terminal."""
    lines = [paragraph(headline(found), indent=""), visible(f"{found.scenario} · {started(found)}"), ""]
    lines += [paragraph(line, hang="  ") for line in said(found)]
    if found.frontier:
        load, *lengths = picture_head(found)
        lines += ["", "What came back, by load and length of the fault"]
        lines += [grid([(load, "left"), *((length, "right") for length in lengths)], picture(found))]
    headings: list[Heading] = [("", "left"), ("became", "left"), *((name, "right") for name in _FIGURES)]
    lines += ["", "Holds, in the order they were made"]
    lines += [grid(headings, [(f"{one.number}", one.fate, *figures(one)) for one in found.holds])]
    lines += ["", *(paragraph(f"{one.number}: {one.why}", hang="  ") for one in found.holds if one.why)]
    lines += ["", *(paragraph(note, hang="  ") for note in found.notes), "", "The same again", f"  {visible(found.again)}"]
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def markdown(found: Metastability) -> bytes:
    """For a page or a comment."""
    rows = [(f"{one.number}", one.fate, *map(escape, figures(one)), escape(one.why)) for one in found.holds]
    parts = [
        f"### {SIGNS[found.status]} {escape(headline(found))}",
        f"**{escape(found.scenario)}** · {started(found)}",
        "\n".join(f"- {escape(line)}" for line in said(found)),
        markdown_table(picture_head(found)[:1], picture_head(found)[1:], picture(found)) if found.frontier else "",
        markdown_table(("hold", "became"), (*_FIGURES, "why"), rows),
        "\n".join(f"- {escape(note)}" for note in found.notes),
        f"```\n{visible(found.again)}\n```",
    ]
    return ("\n\n".join(part for part in parts if part) + "\n").encode("utf-8", "replace")


def headline(found: Metastability) -> str:
    """`Fail: Metastable at …`, for the reader who has only this line."""
    return f"{found.status.value.capitalize()}: {found.sentence}"


def started(found: Metastability) -> str:
    """When it began."""
    return dt.datetime.fromtimestamp(found.started, dt.UTC).strftime("%d %B %Y, %H:%M UTC").lstrip("0")


def said(found: Metastability) -> tuple[str, ...]:
    """What was asked, and where the frontier is."""
    hold = show(found.hold, Unit.SECONDS)
    asked = f"The load was held through each fault and for five times its length after it; well is what stays well for {hold}"
    asked += f"; then it was let down by {percent(found.step)} every {hold}." if found.step else "; it was not stepped down."
    return (asked, *map(between, found.frontier))


def between(edge: Edge) -> str:
    """Where the frontier is at one length of the fault."""
    after = f"After a fault of {show(edge.fault, Unit.SECONDS)}"
    odd = "; a load above it came back, so that chance has its part in it" if edge.odd else ""
    if edge.broke is None:
        return f"{after} it came back from every load that could be told." if edge.held is not None else f"{after} nothing could be told."
    low = "not even the lowest load came back in time" if edge.held is None else f"{per_second(edge.held)} came back"
    return f"{after} {low}, {per_second(edge.broke)} did not{odd}."


def picture_head(found: Metastability) -> tuple[str, ...]:
    """The lengths of the faults over the frontier's columns."""
    return ("load", *(show(edge.fault, Unit.SECONDS) for edge in found.frontier))


def picture(found: Metastability) -> list[tuple[str, ...]]:
    """The frontier: a row for each load, the highest first."""
    rows = []
    for rate in sorted({one.rate for one in found.holds}, reverse=True):
        cells = [_cell([one for one in found.holds if one.rate == rate and one.fault == edge.fault]) for edge in found.frontier]
        rows.append((f"{per_second(rate)} ({percent(rate / found.rate)})", *cells))
    return rows


def _cell(holds: list[Hold]) -> str:
    if not holds:
        return NOTHING
    one = holds[-1]
    return f"{SIGNALS[one.fate]} {show(one.seconds, Unit.SECONDS)}" if one.seconds is not None else SIGNALS[one.fate]


def figures(one: Hold) -> tuple[str, ...]:
    """The cells of a hold's row."""
    before, after = (NOTHING if tries is None else f"{tries:.3g}" for tries in (one.before, one.after))
    back = NOTHING if one.seconds is None else show(one.seconds, Unit.SECONDS)
    down = NOTHING if one.released is None else per_second(one.released)
    share = NOTHING if one.hysteresis is None else percent(one.hysteresis)
    return per_second(one.rate), show(one.fault, Unit.SECONDS), back, before, after, down, share


def line(one: Hold) -> str:
    """A hold in one line, while the procedure goes on."""
    rate, fault, back, before, after, down, _ = figures(one)
    came = f"back after {back}" if one.seconds is not None else f"let down to {down}" if one.released is not None else one.why
    return f"{rate}, fault of {fault}: {one.fate} ({came}; tries an intent {before} before, {after} after)"


RENDERERS: Mapping[str, Callable[[Metastability], bytes]] = {"metastable.txt": text, "metastable.md": markdown}
"""By file name, as written into the folder of the holds."""
