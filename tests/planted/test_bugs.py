"""The lists of planted bugs are whole: each has its place, its tests, and every rule has one."""

import re
from collections import Counter

from tests.planted.bugs import ROOT, all_bugs

BUGS = all_bugs()


def test_every_bug_can_be_planted_once_and_changes_something() -> None:
    gone = [(one.name, one.file) for one in BUGS if one.places() != 1]

    assert not gone, "their code has moved: quote it anew"
    assert not [one.name for one in BUGS if one.old == one.new]
    assert max(Counter(one.name for one in BUGS).values()) == 1


def test_every_bug_names_tests_that_exist_and_what_it_would_cost() -> None:
    for bug in BUGS:
        assert bug.tests, bug.name
        assert bug.cost, bug.name
        for test in bug.tests:
            file, _, name = test.partition("::")
            wanted = rf"^(async )?def {re.escape(name.partition('[')[0])}\("
            assert re.search(wanted, (ROOT / file).read_text(encoding="utf-8"), re.M), test


def test_every_file_of_the_rules_has_a_bug() -> None:
    files = {f"rules/{one.name}" for one in (ROOT / "rules").glob("*.py")}

    assert files - {one.file for one in BUGS} == {"rules/__init__.py"}
