"""A table of arms with what stands over it and what has to be said under it."""

import msgspec

from rushproof.render.steps import Grid


class Sheet(msgspec.Struct, frozen=True):
    """One table of a page that sets arms side by side: a row a figure, a column an arm."""

    title: str
    grid: Grid
    notes: tuple[str, ...] = ()
