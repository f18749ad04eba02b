from rushproof.errors import FolderError, InputError, LoadError, RushproofError, ScenarioError, nearest


def test_what_never_started_ends_with_two_and_what_cannot_tell_with_three():
    assert (ScenarioError("a.yaml", "", "wrong").exit_code, FolderError().exit_code, LoadError().exit_code) == (2, 2, 3)
    assert RushproofError().exit_code == 4
    assert issubclass(ScenarioError, InputError)


def test_a_scenario_error_names_file_and_place():
    assert (
        str(ScenarioError("a.yaml", "crowds.early.people", "expected a whole number"))
        == "a.yaml: crowds.early.people: expected a whole number"
    )
    assert str(ScenarioError("a.yaml", "", "is empty")) == "a.yaml: is empty"


def test_the_nearest_word_is_offered_and_else_all_of_them():
    assert nearest("opne", ["open", "close"]) == "; did you mean 'open'?"
    assert nearest("zzz", ["open", "close"]) == "; known: close, open"
    assert nearest("zzz", []) == ""
