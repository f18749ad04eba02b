"""What would drift apart unseen: documents and code, floors, names, sizes."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import rushproof
from rushproof.plan import CrowdPlan, Plan
from rushproof.scenario_file import read_scenario
from rushproof.schedule import Schedule

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("rushproof", "fake_backend")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
PAGES = [path for pattern in ("*.md", "docs/**/*.md", "reports/README.md") for path in sorted(ROOT.glob(pattern))]


def named(path):
    return str(path.relative_to(ROOT))


def tool(*words):
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)


def test_imports_go_down_the_floors_only():
    found = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )

    assert found.returncode == 0, found.stdout


def test_the_glossary_says_what_the_docstrings_say():
    found = tool("docs/glossary.py", "--check")

    assert found.returncode == 0, found.stdout


def test_the_changelog_begins_with_the_packages_version():
    versions = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)

    assert versions[0] == rushproof.__version__


def test_no_locustfile_shadows_a_module():
    importable = set(sys.stdlib_module_names) | {path.name for path in ROOT.iterdir()} | set(PACKAGES)

    assert not {path.stem for path in (ROOT / "locustfiles").glob("*.py")} & (importable | {"locust", "gevent", "numpy", "aiohttp"})


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios" / "audit").glob("*.sql")), ids=named)
def test_an_invariant_is_claimed_by_a_scenario_and_caught_by_a_test(path):
    """A question, which counts and accuses nobody, is asked by a scenario and answered in a test."""
    claims = [scenario for scenario in (ROOT / "scenarios").glob("*.yaml") if path.stem in scenario.read_text("utf-8")]
    tests = [
        test for folder in ("audit", "scenarios") for test in (ROOT / "tests" / folder).glob("*.py") if path.stem in test.read_text("utf-8")
    ]

    assert claims
    assert tests


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_a_file_holds_one_noun(path):
    assert len(path.read_text("utf-8").splitlines()) <= 300


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_a_function_tells_one_story(path):
    tree = ast.parse(path.read_text("utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]

    assert not [f"{node.name}: {node.end_lineno - node.lineno + 1} lines" for node in functions if node.end_lineno - node.lineno + 1 > 50]


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_what_a_module_offers_by_name_is_there(path):
    tree = ast.parse(path.read_text("utf-8"))
    offered = [
        ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    bound = {name for node in tree.body for name in names_bound(node)} | {child.stem for child in path.parent.glob("*.py")}

    for names in offered:
        assert names == sorted(set(names))
        assert set(names) <= bound | lazily_offered(tree)


def names_bound(node):
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name for alias in node.names}
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)}


def lazily_offered(tree):
    """The strings of a module that answers `__getattr__`."""
    if not any(isinstance(node, ast.FunctionDef) and node.name == "__getattr__" for node in tree.body):
        return set()
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_a_page_points_at_things_that_are_there(path):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text("utf-8"))

    assert not [link for link in links if not (path.parent / link).exists()]


def test_the_person_of_the_architecture_page_is_the_first_to_come():
    scenario = read_scenario((ROOT / "scenarios" / "daily_reservation.yaml").read_text("utf-8"), "", "daily_reservation").scenario
    crowd = scenario.crowds["reservers"]
    crowds = (CrowdPlan("reservers", crowd.persona, int(crowd.people or 0), crowd.arrivals),)
    plan = Plan(run="", salt="", seed=scenario.seed, url="", crowds=crowds, population=scenario.population, timetable=scenario.timetable)
    first = Schedule(plan, 0).block(1)
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")

    assert f"person {first.person[0]:,} comes" in page
    assert f"{first.due[0]} µs after nine" in page


def test_importing_the_harness_does_not_import_locust():
    found = tool("-c", "import sys, rushproof, rushproof.scenario; print(sorted({'locust', 'gevent'} & set(sys.modules)))")

    assert found.stdout.strip() == "[]"


def test_the_pins_name_packages_and_versions_only():
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]

    assert not [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][\w.]*", line)]


def test_every_dependency_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()}

    assert not {re.split(r"[><=\[ ]", one)[0].lower() for one in wanted} - pinned - {"rushproof"}
