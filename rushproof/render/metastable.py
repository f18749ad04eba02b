"""metastable.txt and metastable.md: the frontier as a picture of words, and every hold that it was read from."""

from rushproof.capacity import per_second, percent
from rushproof.metastability import Edge, Hold, Metastability
from rushproof.quantity import Unit, show
from rushproof.render.headline import NOTHING
from rushproof.render.series import SeriesPage, renderers
from rushproof.render.sheet import Sheet
from rushproof.render.steps import Grid

_FIGURES = ("offered", "fault", "back after", "tries before", "tries after", "let down to", "hysteresis")
SIGNALS = {"recovered": "back", "slow": "slow", "metastable": "DOWN", "unknown": "?"}


def page(found: Metastability) -> SeriesPage:
    """The page of the procedure; with the picture where there was a grid."""
    rows = tuple((f"{one.number}", one.fate, *figures(one)) for one in found.holds)
    why = tuple(f"{one.number}: {one.why}" for one in found.holds if one.why)
    holds = Sheet("Holds, in the order they were made", Grid(("hold", "became"), _FIGURES, rows), why)
    return SeriesPage(found, said(found), (*([picture(found)] if found.frontier else []), holds), found.notes)


def said(found: Metastability) -> tuple[str, ...]:
    """What was asked, and where the frontier is."""
    hold = show(found.hold, Unit.SECONDS)
    asked = f"The load was held through each fault and up to five times its length after it; well is what stays well for {hold}"
    asked += f"; where it did not come back, the load was let down by {percent(found.step)} every {hold}." if found.step else "."
    return (asked, *map(between, found.frontier))


def between(edge: Edge) -> str:
    """Where the frontier is at one length of the fault."""
    after = f"After a fault of {show(edge.fault, Unit.SECONDS)}"
    odd = "; a load above it came back, so that chance has its part in it" if edge.odd else ""
    if edge.broke is None:
        return f"{after} it came back from every load that could be told." if edge.held is not None else f"{after} nothing could be told."
    if edge.held is None:
        return f"{after} not even {per_second(edge.broke)} came back in time{odd}."
    return f"{after} {per_second(edge.held)} came back, {per_second(edge.broke)} did not{odd}."


def picture(found: Metastability) -> Sheet:
    """The frontier: a row for each load, the highest first, and a column for each length of the fault."""
    rows = []
    for rate in sorted({one.rate for one in found.holds}, reverse=True):
        cells = (", ".join(_signal(one) for one in found.holds if (one.rate, one.fault) == (rate, edge.fault)) for edge in found.frontier)
        rows.append((f"{per_second(rate)} ({percent(rate / found.rate)})", *(cell or NOTHING for cell in cells)))
    lengths = tuple(show(edge.fault, Unit.SECONDS) for edge in found.frontier)
    return Sheet("What came back, by load and length of the fault", Grid(("load",), lengths, tuple(rows)))


def _signal(one: Hold) -> str:
    return SIGNALS[one.fate] if one.seconds is None else f"{SIGNALS[one.fate]} {show(one.seconds, Unit.SECONDS)}"


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


RENDERERS = renderers("metastable", page)
