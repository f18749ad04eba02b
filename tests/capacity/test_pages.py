"""The pages of a capacity and of a launch: every byte against committed files, and what no name of a scenario may do to them."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import msgspec
import pytest

import rushproof.journal
from rushproof.cli.series import leave
from rushproof.errors import FolderError
from rushproof.journal.series_file import CAPACITY
from rushproof.launch import Evidence, launch
from rushproof.render import capacity as capacity_page
from rushproof.render import launch_html, launch_markdown
from rushproof.verdict import Status

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = Path(rushproof.journal.__file__).with_name("capacity.schema.json")
HOSTILE = "</style></title><script>alert(1)</script><svg onload=x> | `a` @me \x1b[31m"
PAGES = {"launch.md": launch_markdown.render, "launch.html": launch_html.render}


@pytest.fixture
def launches(judged, capacity):
    """One of each decision."""
    go = [Evidence("runs/morning", judged()), Evidence("runs/limit", judged(), capacity())]
    no_go = [Evidence("runs/morning", judged(kept=Status.FAIL)), Evidence("runs/limit", None, capacity(limit=1500.0, beyond=1560.0))]
    cannot = [Evidence("runs/morning", judged(p99=Status.UNKNOWN, measured=None))]
    return {"go": launch(go), "no_go": launch(no_go), "cannot_tell": launch(cannot)}


@pytest.fixture(params=["go", "no_go", "cannot_tell"])
def case(request, launches):
    return request.param, launches[request.param]


def same(name, rendered, request):
    golden = GOLDEN / name
    if request.config.getoption("--update-golden"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_bytes(rendered)
    assert golden.read_bytes().decode() == rendered.decode()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_launch_page_is_as_it_was_when_somebody_last_looked_at_it(name, case, request):
    same(f"{case[0]}/{name}", PAGES[name](case[1]), request)


@pytest.mark.parametrize("name", sorted(capacity_page.RENDERERS))
def test_a_capacity_is_told_as_it_was_when_somebody_last_looked_at_it(name, capacity, request):
    same(name, capacity_page.RENDERERS[name](capacity()), request)


def test_the_decision_is_the_first_thing_on_every_page(case):
    kind, found = case
    word = {"go": "Go", "no_go": "No-go", "cannot_tell": "Cannot tell"}[kind]
    assert re.match(rf"# \S+ {word}: ", launch_markdown.render(found).decode())
    html = launch_html.render(found).decode()
    assert re.search(rf'<h1><span class="verdict [\w-]+"><i aria-hidden="true">.</i>{word}</span>', html)
    assert html.index("<h1>") < html.index("<h2>")


def test_every_section_of_the_boss_is_there(case):
    html = launch_html.render(case[1]).decode()
    titles = re.findall(r"<h2>(.*?)</h2>", html)
    assert titles[-6:] == [
        "What could not be told", "The budget, line by line", "Invariants", "The generator's certificate", "Assumptions and factors",
        "How to run it again",
    ]  # fmt: skip
    assert "@page { size: A4" in html
    assert "prefers-color-scheme: dark" in html


def test_every_table_has_a_caption_and_headings(case):
    html = launch_html.render(case[1]).decode()
    tables = re.findall(r"<table.*?</table>", html)
    assert tables
    for table in tables:
        assert "<caption>" in table
        assert 'scope="col"' in table
        assert 'scope="row' in table


def test_a_page_needs_nothing_but_itself(case):
    html = launch_html.render(case[1]).decode()
    assert not re.search(r"https?://(?!127\.0\.0\.1)|@import|url\((?!#)|\ssrc=|\shref=", html)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.found, self.ids = [], [], []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_a_hostile_name_opens_no_element_and_no_cell(judged, capacity):
    report = judged(kept=Status.FAIL)
    findings = tuple(msgspec.structs.replace(each, name=HOSTILE, sentence=HOSTILE) for each in report.findings)
    manifest = msgspec.structs.replace(
        report.manifest,
        labels={HOSTILE: HOSTILE},
        notes=(HOSTILE,),
        scenario=msgspec.structs.replace(report.manifest.scenario, name=HOSTILE),
    )
    hostile = msgspec.structs.replace(report, findings=findings, manifest=manifest)
    one = capacity(scenario=HOSTILE, gave=HOSTILE, notes=(HOSTILE,), again=HOSTILE, unfitted=HOSTILE, law=None)
    found = launch([Evidence(HOSTILE, hostile), Evidence("limit", None, one)])

    tags = Tags()
    tags.feed(launch_html.render(found).decode())
    assert not tags.open
    assert not {"script", "svg"} & {tag for tag, _ in tags.found}
    assert not [attributes for _, attributes in tags.found if any(name.startswith("on") for name in attributes)]
    for page in (launch_markdown.render(found), capacity_page.RENDERERS["capacity.md"](one)):
        text = page.decode()
        assert "\x1b" not in text
        assert "<script>" not in re.sub(r"```.*?```", "", text, flags=re.DOTALL).replace("\\<script\\>", "")
        assert "@me" not in re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def test_a_rung_that_only_its_figure_decided_is_marked(capacity, rung):
    text = capacity_page.RENDERERS["capacity.txt"](capacity()).decode()
    assert "did not ~" in text
    assert "the longest time was not enough to be sure" in text
    assert "3,150/s … 3,280/s" in text

    doubtful = capacity(rungs=(rung(3150.0), rung(3280.0, 2, Status.UNKNOWN, sure=False)))
    assert "~" not in capacity_page.RENDERERS["capacity.txt"](doubtful).decode(), "nothing decided an unknown one"


def test_the_published_schema_is_the_one_of_the_code(request):
    if request.config.getoption("--update-golden"):
        SCHEMA.write_text(CAPACITY.schema(), encoding="utf-8")
    assert SCHEMA.read_text(encoding="utf-8") == CAPACITY.schema()


def test_what_is_written_fits_the_schema_and_comes_back(capacity, tmp_path):
    one = capacity()
    CAPACITY.write(tmp_path, one)
    jsonschema.validate(json.loads((tmp_path / "capacity.json").read_text()), json.loads(SCHEMA.read_text()))
    assert CAPACITY.read(tmp_path) == one


@pytest.mark.parametrize(("text", "words"), [(None, r"holds no capacity\.json"), ("{", "is not what"), ('{"scenario": 1}', "is not what")])
def test_a_folder_without_a_capacity_says_so(text, words, tmp_path):
    if text is not None:
        (tmp_path / "capacity.json").write_text(text)
    with pytest.raises(FolderError, match=words):
        CAPACITY.read(tmp_path)


@pytest.mark.parametrize(("status", "code"), [(Status.PASS, 3), (Status.UNKNOWN, 3), (Status.FAIL, 1)])
def test_what_cannot_be_written_down_is_told_all_the_same_and_is_no_pass(status, code, capacity, tmp_path, capsys):
    found = capacity(status=status)
    assert leave(tmp_path / "gone", CAPACITY, found, capacity_page.RENDERERS) == code
    out, err = capsys.readouterr()
    assert out == capacity_page.RENDERERS["capacity.txt"](found).decode()
    assert "gone/capacity.json cannot be written: No such file or directory" in err
