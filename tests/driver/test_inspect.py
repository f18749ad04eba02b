"""What is in a locustfile is asked in a child process, and answered with the place of each mistake."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PERSONA = '''
from rushproof.driver import Crowd, Duration, Promise, Settings, Step

print("a locustfile may print")


class Wishes(Settings, frozen=True):
    entries: float
    pause: Duration = Duration(4)
    rounds: tuple[str, ...] = ()


class Visitor(Crowd):
    """Comes and
    goes.

    And comes again.
    """

    Settings = Wishes
    steps = {"look": Step(), "enter": Step(promises=Promise("reservation"))}
'''


def inspected(*questions: dict[str, Any]) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "rushproof.driver.inspect"]
    done = subprocess.run(command, input=json.dumps(questions), capture_output=True, text=True, timeout=30, check=True)
    return list(json.loads(done.stdout))


def test_a_persona_shows_its_steps_its_promises_and_its_settings(tmp_path: Path) -> None:
    file = tmp_path / "visitor.py"
    file.write_text(PERSONA)
    right, unknown, unfit, missing = inspected(
        {"persona": str(file), "settings": {"entries": "2.2", "pause": "500ms", "rounds": ["a"]}},
        {"persona": str(file), "settings": {"entires": "2.2"}},
        {"persona": str(file), "settings": {"entries": 2, "pause": "soon"}},
        {"persona": str(file)},
    )

    assert right == {
        "persona": str(file),
        "name": "Visitor",
        "kind": "crowd",
        "about": "Comes and goes.",
        "steps": {"look": None, "enter": "reservation"},
        "settings": {"pause": 4.0, "entries": None, "rounds": []},
        "error": None,
    }
    assert unknown["error"]["path"] == "settings.entires"
    assert "did you mean 'entries'?" in unknown["error"]["problem"]
    assert unfit["error"] == {"path": "settings.pause", "problem": "expected a duration such as 500ms, 10s or 1h30m, found 'soon'"}
    assert "'entries' is missing" in missing["error"]["problem"]


def test_ordinary_users_are_told_from_personas_and_files_that_do_not_load_say_why(tmp_path: Path, browser: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("import no_such_module_at_all\n")
    user, with_settings, wrong = inspected(
        {"persona": str(browser)}, {"persona": str(browser), "settings": {"a": 1}}, {"persona": str(broken)}
    )

    assert (user["kind"], user["name"], user["error"]) == ("user", "Browser", None)
    assert with_settings["error"]["path"] == "settings"
    assert wrong["error"] == {"path": "", "problem": f"{broken}: line 1: No module named 'no_such_module_at_all'"}


def test_importing_rushproof_and_opening_a_persona_imports_no_locust(tmp_path: Path) -> None:
    file = tmp_path / "visitor.py"
    file.write_text(PERSONA)
    code = f"import sys, rushproof, rushproof.personas as p, rushproof.driver; p.load({str(file)!r}); print('locust' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)

    assert done.stdout.splitlines()[-1] == "False"
