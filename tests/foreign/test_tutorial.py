"""The tutorial is so: its files and commands, taken out of the page, in an empty folder, against a service that knows nothing of ours."""

import pytest
from company import AWAY
from page import PORT, Command, absent, commands, files, hand_over, say, steps, write

LINES = 60
"""of persona, scenario and ledger query, that somebody else's backend may cost"""
LIMIT = "rushproof capacity seats/my_scenario.yaml --out seats/limit"
SHORT = {LIMIT: " --first 80/s --rungs 5 --within 90% --least 1s --most 2s --set drain=2s"}
"""what is added to a command so that a test does not take minutes"""


def test_what_a_stranger_has_to_write_is_short():
    lines = [line for name, text in files().items() for line in text.splitlines() if line.strip()]
    assert len(files()) == 3
    assert len(lines) <= LINES


def test_every_verb_of_the_way_is_on_the_page():
    verbs = [step.words.split()[1] for step in steps() if isinstance(step, Command) and step.words.startswith("rushproof ")]
    assert list(dict.fromkeys(verbs)) == ["init", "check", "plan", "run", "audit", "capacity", "report"]


def test_a_line_that_is_not_printed_would_be_noticed():
    (command,) = commands("$ rushproof x\n…\nverdict: pa…  in … s\nlast\n$ echo $?\n3\n")
    assert command.code == 3
    assert absent(command.prints, "a\nverdict:  pass in 0.5 s\nlast\n") == []
    assert absent(command.prints, "a\nlast\nverdict:  pass in 0.5 s\n") == ["last"]


@pytest.mark.slow  # one stranger's whole day: a run, and a capacity of several
@pytest.mark.timeout(240)
def test_the_page_from_top_to_bottom(start, tmp_path):
    with start(away=AWAY) as company:
        hand_over(company, tmp_path, users=8_000)
        for step in steps():
            if not isinstance(step, Command):
                write(company, tmp_path, *step)
                continue
            said = say(company, tmp_path, step.words + SHORT.get(step.words, ""))
            shown = tuple(line.replace(f":{PORT}", f":{company.port}") for line in step.prints)
            assert (said.code, absent(shown, said.text)) == (step.code, []), f"$ {step.words}\n{said.text}"
