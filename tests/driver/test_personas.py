"""Locustfiles are opened by path, and what is wrong with one is said in a sentence that names it."""

import sys
from pathlib import Path

import pytest

from rushproof.errors import PersonaError
from rushproof.personas import cast, load

PERSONA = "from rushproof.seams import Persona\nclass Visitor(Persona):\n    'Comes.'\n"


def written(folder: Path, text: str, name: str = "rushproof_visitor.py") -> str:
    file = folder / name
    file.write_text(text)
    return str(file)


def test_the_one_persona_of_a_file_is_found_under_its_stem(tmp_path: Path) -> None:
    persona = load(written(tmp_path, PERSONA))

    assert (persona.__name__, persona.__module__) == ("Visitor", "rushproof_visitor")


def test_a_base_marked_abstract_is_not_a_persona_but_what_derives_from_it_is(tmp_path: Path) -> None:
    text = "from rushproof.seams import Persona\nclass Base(Persona):\n    abstract = True\nclass Mine(Base):\n    pass\n"

    assert load(written(tmp_path, text)).__name__ == "Mine"


def test_a_file_may_import_its_neighbours_and_leaves_the_path_as_it_was(tmp_path: Path) -> None:
    written(tmp_path, "WORD = 'hello'", "rushproof_neighbour.py")
    before = list(sys.path)
    persona = load(written(tmp_path, "from rushproof_neighbour import WORD\n" + PERSONA + "    word = WORD\n"))

    assert vars(persona)["word"] == "hello"
    assert before == sys.path


def test_two_files_of_the_same_name_in_two_folders_are_both_loaded(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = load(written(tmp_path / "a", PERSONA))
    second = load(written(tmp_path / "b", PERSONA.replace("Visitor", "Other")))

    assert (first.__name__, second.__name__) == ("Visitor", "Other")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def (:\n", "line 1: invalid syntax"),
        ("import no_such_thing_at_all\n", "line 1: No module named 'no_such_thing_at_all'"),
        ("x = 1\ny = x / 0\n", "line 2: ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)\n", "line 1: SystemExit: 3"),
        ("x = 1\n", "holds no persona: no class in it derives from Crowd"),
        (PERSONA + "class Second(Persona):\n    pass\n", "holds 2 personas, Second and Visitor"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, sentence: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(PersonaError) as caught:
        load(path)

    assert str(caught.value).startswith(f"{path}: ")
    assert sentence in str(caught.value)


def test_a_missing_file_and_one_that_is_not_python_say_so(tmp_path: Path) -> None:
    with pytest.raises(PersonaError, match="no such file"):
        load(str(tmp_path / "nobody.py"))
    with pytest.raises(PersonaError, match="expected a Python file"):
        load(written(tmp_path, "people: 3", "crowd.yaml"))


@pytest.mark.parametrize("name", ["queue.py", "numpy.py"])
def test_a_file_named_like_a_module_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PersonaError, match="hides the module"):
        load(written(tmp_path, PERSONA, name))


def test_an_ordinary_locust_user_is_known_without_importing_locust(tmp_path: Path) -> None:
    text = "class User:\n    pass\nUser.__module__ = 'locust.user.users'\nclass Browser(User):\n    pass\nUser.abstract = True\n"
    path = written(tmp_path, text)

    assert [kind.__name__ for kind in cast(path)] == ["Browser"]
    with pytest.raises(PersonaError, match="Browser is an ordinary Locust user"):
        load(path)
