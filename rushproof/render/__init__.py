"""A run judged, rendered: each file of the run folder that people and programs read afterwards, a pure function of the `Report`."""

from collections.abc import Mapping

from rushproof.render import html, json, junit, markdown, text
from rushproof.report import Render

RENDERERS: Mapping[str, Render] = {
    "report.txt": text.render,
    "verdict.json": json.render,
    "junit.xml": junit.render,
    "report.md": markdown.render,
    "report.html": html.render,
}
"""By file name, as written into the run folder."""
