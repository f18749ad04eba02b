"""What the pages about the day, the backend and the gateway show is so: commands parse, requests are answered, tables are the types'."""

import ast
import json
import re
import shlex
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
import yaml

from fake_backend.providers.behaviour import DEFAULTS as PROVIDERS
from fake_backend.settings import DEFAULTS, shown
from fake_backend.switches import SWITCHES
from rushproof.budget_check import check_budget
from rushproof.cli.main import parser
from rushproof.document import read_document
from rushproof.scenario_file import read_scenario

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    name: (ROOT / name).read_text("utf-8")
    for name in ("README.md", "docs/a-whole-day.md", "docs/backend.md", "docs/draw.md", "docs/drills.md", "docs/gateway.md")
}
DAY, BACKEND = PAGES["docs/a-whole-day.md"], PAGES["docs/backend.md"]
LEAST = """
about: The least that a scenario says
target: {url: "https://shop.example", clock: /clock}
timetable: {from: open, to: open + 1h, moments: {open: "09:00"}}
crowds: {others: {persona: ./visitor.py, people: 10, arrivals: {shape: steady, from: open, for: 10min}}}
"""
"""what a fragment is put into"""
DRILL = """
about: The least that a scenario with a drill says
target: {command: "serve --gateway {gateway}", url: "http://127.0.0.1:{port}", beside: {gateway: {command: gateway}}}
timetable: {from: open, to: open + 10h, moments: {open: "09:00", noon: "12:00", publish: "18:00"}}
crowds: {visitors: {persona: ./visitor.py, arrivals: {shape: steady, from: open, for: 10min, rate: 1/s}}}
drill:
  service: {step: look}
  faults: {cut: {inject: network, down: true, at: open + 2min, for: 30s}}
  customer: {probe: waiting}
  apart: [look]
probes: {waiting: {json: /open}}
"""
"""the same for a fragment of a drill"""
EXPERIMENT = """
method:
  - {type: action, name: Break it, provider: {type: process, path: "true"}, pauses: {after: 10}}
"""
MODULES = {8080: "fake_backend", 8081: "fake_backend.providers", 8090: "fake_backend.gateway"}
"""who listens where in the pages"""
MORE = {"fake_backend": ["--set", "verifier_away=admit"], "fake_backend.gateway": ["--unsigned"]}


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def commands(page):
    text = "".join(blocks(page, "console"))
    return [match[2:].replace("\n    ", " ") for match in re.findall(r"^\$ .*(?:\n    .*)*", text, re.MULTILINE)]


EVERY = [command for page in PAGES.values() for command in commands(page)]


@cache
def helped(module):
    return subprocess.run([sys.executable, "-m", module, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout


@pytest.mark.parametrize("command", [command for command in commands(DAY) if command.startswith("rushproof")])
def test_a_command_is_one_that_the_command_line_takes(command):
    assert callable(parser().parse_args(shlex.split(command)[1:]).verb)


@pytest.mark.parametrize("command", sorted({command for command in EVERY if command.startswith("python -m fake_backend")}))
def test_a_program_knows_the_options_shown(command):
    module, *words = shlex.split(command.removesuffix("&"))[2:]
    told = helped(module)

    assert [word for word in words if word.startswith("--") and not re.search(rf"{re.escape(word)}\b", told)] == []


@pytest.fixture(scope="module")
def listening(tmp_path_factory):
    """The programs that the pages ask by curl, on ports of their own: port shown → URL."""
    folder = tmp_path_factory.mktemp("pages")
    with ExitStack() as ended:
        running = {}
        for port, module in MODULES.items():
            words = ["--port", "0", "--database", str(folder / f"{port}.db"), *MORE.get(module, [])]
            process = subprocess.Popen([sys.executable, "-m", module, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True)
            ended.callback(process.wait)
            ended.callback(process.stdout.close)
            ended.callback(process.terminate)
            running[port] = process
        yield {port: process.stdout.readline().split()[-1] for port, process in running.items()}


def asked(command, listening):
    """The answer to a curl command, without curl."""
    words = iter(shlex.split(command, comments=True)[1:])
    method, body, headers, url = "", None, {}, ""
    for word in words:
        if word in ("-X", "-d", "-H", "-o"):
            value = next(words)
            method = value if word == "-X" else method
            body = value.replace("http://127.0.0.1:8080", listening[8080]).encode() if word == "-d" else body
            headers |= dict([value.split(": ", 1)]) if word == "-H" else {}
        elif not word.startswith("-"):
            url = word if "//" in word else f"http://{word}"
    parts = urlsplit(url)
    request = urllib.request.Request(listening[parts.port] + url.split(parts.netloc, 1)[1], data=body, headers=headers)
    request.method = method or ("POST" if body else "GET")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read()


@pytest.mark.parametrize(
    "command", [command for command in EVERY if command.startswith("curl") and ":80" in command and "NOTARY" not in command]
)
def test_what_is_asked_by_curl_is_answered(command, listening):
    status, body = asked(command, listening)

    assert status < 300 or json.loads(body)["code"] in ("no_such_draw", "no_such_payment"), body


@pytest.mark.parametrize("text", blocks(DAY, "yaml"))
def test_a_fragment_of_yaml_says_what_can_be_said(text):
    tree = read_document(LEAST, "page").tree
    put(tree, read_document(text, "page").tree)
    for crowd in tree["crowds"].values():
        crowd.setdefault("persona", "./visitor.py")

    assert read_scenario(yaml.safe_dump(_plain(tree)), "page", "shown").scenario.about


def put(into, more):
    for key, value in more.items():
        into[key] = put(into[key], value) if isinstance(value, dict) and isinstance(into.get(key), dict) else value
    return into


def _plain(tree):
    """The tree of a document as YAML takes it."""
    if isinstance(tree, dict):
        return {str(key): _plain(value) for key, value in tree.items()}
    return [_plain(value) for value in tree] if isinstance(tree, (list, tuple)) else tree if tree is None else str(tree)


@pytest.mark.parametrize("text", blocks(PAGES["docs/drills.md"], "yaml"))
def test_a_fragment_of_a_drill_says_what_can_be_said(text):
    tree = put(read_document(DRILL, "page").tree, read_document(text, "page").tree)

    read = read_scenario(yaml.safe_dump(_plain(tree)), "page", "shown", opened=lambda file: EXPERIMENT).scenario

    assert read.drill.faults and check_budget(read.budget, {"visitors": ["look"]}, read.windows, read.drill) == []


@pytest.mark.parametrize("text", [text for page in (DAY, PAGES["docs/gateway.md"]) for text in blocks(page, "python")])
def test_a_fragment_of_python_is_python(text):
    compile(text, "page", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_the_day_has_as_many_invariants_as_the_pages_say():
    claimed = yaml.safe_load((ROOT / "scenarios" / "reservation_day.yaml").read_text("utf-8"))["audit"]

    assert f"{len(claimed)} invariants" in PAGES["README.md"]
    assert f"{len(claimed)}\ninvariants" in DAY or f"{len(claimed)} invariants" in DAY


def anchors(page):
    """The names by which the headings of a page are linked."""
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name)
def test_a_link_into_a_page_finds_its_heading(page):
    links = re.findall(r"\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)", page.read_text("utf-8"))

    assert [name for file, name in links if name not in anchors(page.parent / file if file else page)] == []


def rows(head):
    """The rows of the backend's page below a table's head: name → the second cell."""
    found = re.search(rf"^\| {head} \|.*\n\|[-|]+\|\n((?:\|.*\n?)+)", BACKEND, re.MULTILINE)
    return dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", found[1], re.MULTILINE))


def test_the_settings_are_those_of_the_backend():
    assert rows("setting") == {name: str(value) for name, value in shown(DEFAULTS).items()}


def test_the_traits_are_those_of_the_providers():
    assert rows("trait") == {name: str(value) for name, value in msgspec.structs.asdict(PROVIDERS).items()}


def test_the_switches_are_those_of_the_backend():
    assert rows("switch") == {name: about for name, (_, about) in SWITCHES.items()}


def test_every_path_of_the_backend_is_on_its_page_and_no_other(listening):
    _, body = asked("curl http://127.0.0.1:8080/openapi.json", listening)
    paths = {f"{method.upper()} {path}" for path, methods in json.loads(body)["paths"].items() for method in methods}
    told = re.search(r"^## Rooms\n(.*?)^## ", BACKEND, re.MULTILINE | re.DOTALL)[1]

    assert set(re.findall(r"`((?:GET|PUT|POST|DELETE) /[^`?]*)`", told)) == paths
