"""What the code of services never does, each rule shown to bite. That they never print is ruff's T201."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.repository import source_rules, tree

# Files that may, each with its reason.
SPEAKS_OF_EXCEPTIONS = {
    "services/chassis/migrate.py": "a command line that tells its user what its own MigrationError says"
}
OPENS_CHANNELS = {
    "services/chassis/channel.py": "the one place that makes channels, with TLS outside local mode"
}


def _found(rule: Callable[[ast.Module], list[int]], allowed: dict[str, str]) -> list[str]:
    return [
        f"{path}:{line}"
        for path, module in tree.modules("services")
        if path.as_posix() not in allowed
        for line in rule(module)
    ]


def test_sql_is_never_put_together() -> None:
    assert _found(source_rules.composed_sql, {}) == []


def test_the_text_of_an_exception_is_never_used() -> None:
    """DESIGN 7: the text of an exception is never sent or logged, since drivers put personal data in it."""
    assert _found(source_rules.exception_text, SPEAKS_OF_EXCEPTIONS) == []


def test_channels_are_made_in_one_place() -> None:
    assert _found(source_rules.insecure_channels, OPENS_CHANNELS) == []


@pytest.mark.parametrize("files", [SPEAKS_OF_EXCEPTIONS, OPENS_CHANNELS], ids=["exceptions", "channels"])
def test_files_that_may_have_a_reason(files: dict[str, str]) -> None:
    assert all(Path(name).suffix == ".py" and reason for name, reason in files.items())


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        (source_rules.composed_sql, 'q = f"SELECT * FROM {t}"', 'q = "SELECT * FROM t WHERE id = $1"'),
        (source_rules.composed_sql, 'q = "DELETE FROM t WHERE id = " + i', 'q = "No row " + i'),
        (source_rules.composed_sql, 'q = "UPDATE t SET a = %s" % a', 'm = "%s rows" % n'),
        (source_rules.composed_sql, 'c.fetch("{}".format(q))', 'c.fetch(q, "{}".format(a))'),
        (
            source_rules.exception_text,
            "try: f()\nexcept E as e: log(str(e))",
            "try: f()\nexcept E as e: log(type(e))",
        ),
        (
            source_rules.exception_text,
            "try: f()\nexcept E as e: log(f'{e}')",
            "try: f()\nexcept E as e: raise G from e",
        ),
        (source_rules.exception_text, "try: f()\nexcept E as e: log('%s' % e)", "log('%s' % e)"),
        (source_rules.exception_text, "try: f()\nexcept E as e: log(e.args)", "log(e.args)"),
        (source_rules.exception_text, "log.error('x', exc_info=True)", "log.error('x')"),
        (source_rules.exception_text, "log.exception('x')", "task.exception()"),
        (source_rules.exception_text, "traceback.format_exc()", "traceback.walk_tb(t)"),
        (source_rules.insecure_channels, "grpc.aio.insecure_channel(a)", "grpc.aio.secure_channel(a, c)"),
    ],
    ids=range(12),
)
def test_each_rule_finds_the_bad_and_passes_the_good(
    rule: Callable[[ast.Module], list[int]], bad: str, good: str
) -> None:
    assert rule(ast.parse(bad))
    assert not rule(ast.parse(good))
