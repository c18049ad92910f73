"""What import-linter can't say: the domain of a service knows nothing of wire and database (STYLE principle 6)."""

import ast
from pathlib import Path

from tests.repository import tree

TECHNICAL = {"grpc", "asyncpg", "aiokafka", "opensearchpy", "grpc_status"}

# Translate, store, listen, call other services, put together. All else in a service is its domain.
BORDER = ("__main__", "service", "store", "consumers", "consumer", "neighbours")

# Here wire and database are the subject.
LIBRARIES = {"chassis"}

# Modules whose subject is a technical one, each with its reason.
EXCEPTIONS: dict[str, str] = {}


def imported(module: ast.Module) -> set[str]:
    """Top-level names of what a module imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def _is_domain(path: Path) -> bool:
    at_border = any(path.stem == name or path.stem.endswith(f"_{name}") for name in BORDER)
    return len(path.parts) > 2 and path.parts[1] not in LIBRARIES and not at_border


def test_domain_modules_import_neither_grpc_nor_database() -> None:
    impure = {
        path.as_posix(): sorted(found)
        for path, module in tree.modules("services")
        if _is_domain(path) and path.as_posix() not in EXCEPTIONS and (found := imported(module) & TECHNICAL)
    }
    assert not impure


def test_imports_inside_functions_are_seen() -> None:
    module = ast.parse("def f():\n    from grpc.aio import Channel\n    import asyncpg.pool")
    assert imported(module) == {"grpc", "asyncpg"}


def test_exceptions_still_exist() -> None:
    assert set(EXCEPTIONS) <= {path.as_posix() for path in tree.files()}
