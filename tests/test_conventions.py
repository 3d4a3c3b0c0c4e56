"""The house rules that ruff, mypy and import-linter cannot state, read from the syntax tree."""

from __future__ import annotations

import ast
import io
import math
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("rules", "texts", "models", "runtime", "activities", "workflows", "api", "bot", "local")
MAX_FILE_LINES, MAX_TEST_FILE_LINES = 300, 400
MAX_FUNCTION_LINES, P90_FUNCTION_LINES, MAX_PARAMETERS = 60, 35, 6

# Words that are recognised in what people send; nobody is shown them. Regular expressions too.
READS_RUSSIAN = ("activities/gateways/*geo*", "activities/gateways/*place*")
READS_SETTINGS = (
    *("composition.py", "worker.py", "api/__main__.py", "bot/__main__.py"),
    *("migrations/env.py", "local/*"),
)
READS_ENVIRONMENT = ("settings.py", "migrations/env.py", "local/*", "tests/*")
COMMITS = ("models/database.py", "migrations/env.py", "local/simulators/*", "tests/*")
ROOT_FILES_MUST_NOT_IMPORT = {
    "settings.py": {*ROOMS, "worker"},
    "composition.py": {"activities", "api", "bot", "local", "models", "texts", "worker"},
    "worker.py": {"api", "bot", "local"},
    "api/__main__.py": {"bot", "local", "worker", "yookassa"},
    "bot/__main__.py": {"api", "local", "worker", "yookassa"},
}
CLOCKS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    *("time.time", "time.time_ns"),
}
CHANCE = {"uuid.uuid1", "uuid.uuid4", "uuid4", "uuid1", "os.urandom", "time.monotonic"}
ACTIVITY_CALL = re.compile(r"(execute|start)_(local_)?activity(_method|_class)?")
SQL_NOW = re.compile(r"\bnow\(\)|\bcurrent_timestamp\b|\bclock_timestamp\b", re.IGNORECASE)
CYRILLIC = re.compile(r"[А-Яа-яЁё]")
SKIPS = {"skip", "skipif", "xfail", "importorskip"}
BANNED_FILES = {"utils", "util", "helpers", "helper", "manager", "misc", "common"}


@dataclass(frozen=True)
class Source:
    """One Python file: its path in the tree, its text and what it parses to."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return _parse(self.text)

    @property
    def room(self) -> str:
        return self.path.partition("/")[0] if "/" in self.path else ""

    def at(self, node: ast.AST, problem: str) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {problem}"

    def matches(self, patterns: tuple[str, ...]) -> bool:
        return any(fnmatch(self.path, pattern) for pattern in patterns)


Rule = Callable[[Source], Iterator[str]]


@cache
def _parse(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def _sources() -> tuple[Source, ...]:
    paths = [*ROOT.glob("*.py")]
    for folder in (*ROOMS, "tests", "migrations"):
        paths += sorted((ROOT / folder).rglob("*.py"))
    return tuple(
        Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for path in paths
    )


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _calls(source: Source) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield node, _dotted(node.func)


def _imported(source: Source) -> Iterator[tuple[ast.stmt, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node, node.module
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def _functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _ends_with(name: str, facts: set[str]) -> bool:
    return any(name == fact or name.endswith(f".{fact}") for fact in facts)


def workflows_and_rules_ask_no_clock_and_no_chance(source: Source) -> Iterator[str]:
    # workflows/client.py runs in the API and the bot, not inside a workflow.
    if source.room not in {"rules", "workflows"} or source.path == "workflows/client.py":
        return
    for node, name in _calls(source):
        if name.startswith("workflow."):
            continue  # the SDK's own replayable clock, uuid4 and random
        if _ends_with(name, CLOCKS | CHANCE) or name.partition(".")[0] in {"random", "secrets"}:
            yield source.at(node, f"{name}() differs on replay")


def activities_use_the_business_clock(source: Source) -> Iterator[str]:
    if source.room != "activities":
        return
    for node, name in _calls(source):
        if _ends_with(name, CLOCKS | {"func.now", "func.current_timestamp"}):
            yield source.at(node, f"{name}() is not the business clock")
    for words in _strings(source):
        if SQL_NOW.search(str(words.value)):
            yield source.at(words, "SQL now() is not the business clock")


def activity_calls_name_timeout_retries_and_summary(source: Source) -> Iterator[str]:
    if source.room != "workflows":
        return
    for node, name in _calls(source):
        if not ACTIVITY_CALL.fullmatch(name.rpartition(".")[2]):
            continue
        named = {keyword.arg for keyword in node.keywords}
        if any(
            keyword.arg is None and "policies" in _dotted(keyword.value)
            for keyword in node.keywords
        ):
            named |= {"start_to_close_timeout", "retry_policy"}  # **policies.PAYMENT
        for missing in sorted({"start_to_close_timeout", "retry_policy", "summary"} - named):
            yield source.at(node, f"{name}() without {missing}")


def only_the_database_module_commits(source: Source) -> Iterator[str]:
    if source.matches(COMMITS):
        return
    for node, name in _calls(source):
        if isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
            yield source.at(node, f"{name}() outside models/database.py")


def root_files_stay_roots(source: Source) -> Iterator[str]:
    forbidden = ROOT_FILES_MUST_NOT_IMPORT.get(source.path, set())
    for node, module in _imported(source):
        if module.partition(".")[0] in forbidden:
            yield source.at(node, f"imports {module}")


def only_composition_roots_read_settings(source: Source) -> Iterator[str]:
    if source.room != "tests" and not source.matches(READS_SETTINGS):
        for node, module in _imported(source):
            if module.partition(".")[0] == "settings":
                yield source.at(node, "imports settings")
    if not source.matches(READS_ENVIRONMENT):
        for attribute in ast.walk(source.tree):
            if _dotted(attribute) in {"os.environ", "os.getenv"}:
                yield source.at(attribute, "reads the environment")


def files_and_functions_fit_a_screen(source: Source) -> Iterator[str]:
    if source.room == "migrations":
        return
    budget = MAX_TEST_FILE_LINES if source.room == "tests" else MAX_FILE_LINES
    lines = source.text.count("\n")
    if lines > budget:
        yield f"{source.path}: {lines} lines, at most {budget}"
    for function in _functions(source):
        if _length(function) > MAX_FUNCTION_LINES:
            yield source.at(function, f"{function.name} has {_length(function)} lines")
        arguments = function.args
        names = [
            argument.arg
            for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
            if argument.arg not in {"self", "cls"}
        ]
        if len(names) > MAX_PARAMETERS and source.room != "tests":
            yield source.at(function, f"{function.name} has {len(names)} parameters")


def words_for_people_live_in_texts(source: Source) -> Iterator[str]:
    if source.room in {"texts", "local", "tests", "migrations"} or source.matches(READS_RUSSIAN):
        return
    patterns = {
        id(part)
        for call, name in _calls(source)
        if name.startswith("re.")
        for part in ast.walk(call)
    }
    for node in _strings(source):
        if CYRILLIC.search(str(node.value)) and id(node) not in patterns:
            yield source.at(node, f"{str(node.value)[:40]!r} belongs in texts/")


def the_tests_use_real_parts(source: Source) -> Iterator[str]:
    for node, module in _imported(source):
        if module.startswith(("unittest.mock", "mock", "pytest_mock")):
            yield source.at(node, f"imports {module}")
    if source.room != "tests":
        return
    for call, name in _calls(source):
        if name.endswith("monkeypatch.setattr"):
            yield source.at(call, "patches a module")
    for attribute in ast.walk(source.tree):
        name = _dotted(attribute)
        if name.startswith("pytest.") and name.rpartition(".")[2] in SKIPS:
            yield source.at(attribute, f"{name}: tests are deselected by marker, never skipped")
        if isinstance(attribute, ast.ClassDef) and attribute.name.startswith("Test"):
            yield source.at(attribute, "tests are functions")


def exceptions_to_the_tools_give_a_reason(source: Source) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type != tokenize.COMMENT:
            continue
        where = f"{source.path}:{token.start[0]}"
        if "noqa" in token.string and not re.search(r"# noqa: [A-Z0-9, ]+ - \w", token.string):
            yield f"{where}: noqa needs a code and a reason: '# noqa: S101 - why'"
        if re.search(r"type: *ignore(?!\[[\w, -]+\]\s+# \w)", token.string):
            yield f"{where}: type: ignore needs a code and a reason"
        if re.search(r"\b(TODO|FIXME|XXX)\b", token.string):
            yield f"{where}: unfinished work belongs in an issue"


def modules_say_what_they_are(source: Source) -> Iterator[str]:
    if source.room not in {"tests", "migrations"} and not ast.get_docstring(source.tree):
        yield f"{source.path}: no module docstring"
    if Path(source.path).stem in BANNED_FILES:
        yield f"{source.path}: the name says nothing"


def _strings(source: Source) -> Iterator[ast.Constant]:
    """Every string that is not a docstring, the pieces of f-strings included."""
    docstrings = {
        id(node.value)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(source.tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
        ):
            yield node


RULES: tuple[Rule, ...] = (
    workflows_and_rules_ask_no_clock_and_no_chance,
    activities_use_the_business_clock,
    activity_calls_name_timeout_retries_and_summary,
    only_the_database_module_commits,
    root_files_stay_roots,
    only_composition_roots_read_settings,
    files_and_functions_fit_a_screen,
    words_for_people_live_in_texts,
    the_tests_use_real_parts,
    exceptions_to_the_tools_give_a_reason,
    modules_say_what_they_are,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_tree_keeps_the_house_rule(rule: Rule) -> None:
    problems = [problem for source in _sources() for problem in rule(source)]

    assert not problems, "\n" + "\n".join(problems)


def test_nine_functions_in_ten_have_at_most_35_lines() -> None:
    lengths = sorted(
        _length(function)
        for source in _sources()
        if source.room not in {"tests", "migrations"}
        for function in _functions(source)
    )

    assert lengths[math.ceil(len(lengths) * 0.9) - 1] <= P90_FUNCTION_LINES


def test_lock_files_name_no_address() -> None:
    locks = sorted(ROOT.glob("requirements*.lock"))

    assert [lock.name for lock in locks] == [
        "requirements-dev.lock",
        "requirements-embedded.lock",
        "requirements.lock",
    ]
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        assert text.count("--hash=sha256:") >= len(re.findall(r"^\w", text, re.MULTILINE))


DOC = '"""Doc."""\n'
PLANTED = [
    ("rules/a.py", "datetime.now(UTC)", "differs on replay"),
    ("workflows/a.py", "x = uuid.uuid4()", "differs on replay"),
    ("workflows/a.py", "x = random.choice([1])", "differs on replay"),
    ("activities/a.py", "x = datetime.now(UTC)", "business clock"),
    ("activities/a.py", "x = text('SELECT now()')", "business clock"),
    ("activities/a.py", "x = func.now()", "business clock"),
    ("workflows/a.py", "workflow.execute_activity_method(f, 1)", "without summary"),
    ("workflows/a.py", "workflow.start_activity(f, **policies.PAY)", "without summary"),
    ("workflows/a.py", "workflow.execute_activity(f, summary='s')", "without retry_policy"),
    ("activities/a.py", "async def f(s):\n    await s.commit()", "outside models/database"),
    ("worker.py", "import bot.app", "imports bot.app"),
    ("settings.py", "from rules import money", "imports rules"),
    ("api/routes/a.py", "from settings import Settings", "imports settings"),
    ("bot/a.py", "x = os.environ['A']", "reads the environment"),
    ("rules/a.py", "x = 1\n" * 300, "at most 300"),
    ("rules/a.py", "def f():\n" + "    x = 1\n" * 60, "has 61 lines"),
    ("rules/a.py", "def f(a, b, c, d, e, g, h): ...", "has 7 parameters"),
    ("bot/a.py", "x = f'Заказ {1}'", "belongs in texts/"),
    ("tests/a.py", "from unittest.mock import patch", "imports unittest.mock"),
    ("tests/a.py", "def test_a(monkeypatch):\n    monkeypatch.setattr(a, 'b', 1)", "patches"),
    ("tests/a.py", "@pytest.mark.skip\ndef test_a(): ...", "never skipped"),
    ("tests/a.py", "class TestA: ...", "tests are functions"),
    ("rules/a.py", "x = 1  # noqa: S101", "needs a code and a reason"),
    ("rules/a.py", "x = 1  # type: ignore[misc]", "needs a code and a reason"),
    ("rules/a.py", "x = 1  # TODO later", "belongs in an issue"),
    ("rules/helpers.py", "", "says nothing"),
]


@pytest.mark.parametrize(("path", "code", "problem"), PLANTED)
def test_a_planted_breach_is_named(path: str, code: str, problem: str) -> None:
    source = Source(path, DOC + code + "\n")

    problems = [found for rule in RULES for found in rule(source)]

    assert any(problem in found for found in problems), problems


def test_code_that_keeps_the_rules_is_left_alone() -> None:
    source = Source(
        "workflows/a.py",
        DOC + "x = workflow.uuid4()\n"
        "y = workflow.execute_activity(f, summary='s', **policies.PAY)\n"
        "z = 1  # noqa: S101 - states an invariant\n",
    )

    assert [found for rule in RULES for found in rule(source)] == []
