"""Every setting is documented where its reader looks (DESIGN 4; STYLE principle 12)."""

import importlib
import re
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from tests.repository import tree

SETTING = re.compile(r"\bKITH_[A-Z0-9_]*[A-Z0-9]\b")
TABLE_ROW = re.compile(r"^\|.*$", re.MULTILINE)

CONFIGURED = [path.parts[1] for path in tree.files() if path.match("services/*/config.py")]


def _variables(settings: type[BaseSettings]) -> set[str]:
    """The environment variables that a settings class itself declares, those of its parents left out."""
    prefix = settings.model_config.get("env_prefix", "")
    inherited: set[str] = set()
    for parent in settings.__mro__[1:]:
        if issubclass(parent, BaseSettings):
            inherited |= set(parent.model_fields)
    return {f"{prefix}{name}".upper() for name in settings.model_fields if name not in inherited}


def _documented(*readmes: str) -> set[str]:
    """The settings that have a row in a table of one of the pages."""
    pages = [tree.ROOT / readme for readme in readmes]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages if page.exists())
    return {name for row in TABLE_ROW.findall(text) for name in SETTING.findall(row)}


@pytest.mark.parametrize("service", CONFIGURED)
def test_each_setting_of_a_service_has_a_row_in_its_readme(service: str) -> None:
    module = importlib.import_module(f"services.{service}.config")
    declared: set[str] = set()
    for value in vars(module).values():
        own = (
            isinstance(value, type)
            and issubclass(value, BaseSettings)
            and value.__module__ == module.__name__
        )
        if own:
            declared |= _variables(value)
    missing = declared - _documented(f"services/{service}/README.md")
    assert not missing, f"no row in services/{service}/README.md: {sorted(missing)}"


def test_each_setting_named_in_code_has_a_row_in_a_readme() -> None:
    readmes = [path.as_posix() for path in tree.files() if path.name == "README.md"]
    documented = _documented(*readmes)
    used: dict[str, Path] = {}
    for path in tree.files():
        if path.parts[0] in {"services", "deploy", "Makefile", ".ci"} and path.suffix != ".md":
            for name in SETTING.findall((tree.ROOT / path).read_text(encoding="utf-8", errors="ignore")):
                used.setdefault(name, path)
    missing = {name: path.as_posix() for name, path in used.items() if name not in documented}
    assert not missing, f"in no README's table: {missing}"
