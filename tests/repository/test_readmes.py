"""Every service's README has what DESIGN section 2 asks of it, and names what is there."""

import re

import pytest

from tests.repository import descriptors, tree

SECTIONS = ("RPCs", "Settings", "When it breaks")
TABLE = re.compile(r"^CREATE TABLE (\w+)", re.MULTILINE)


def _readme(service: str) -> str:
    return (tree.ROOT / "services" / service / "README.md").read_text(encoding="utf-8")


def _named(readme: str) -> set[str]:
    """What stands in code font."""
    return set(re.findall(r"`([^`\n]+)`", readme))


@pytest.mark.parametrize("service", tree.services())
def test_readme_has_its_sections(service: str) -> None:
    missing = [section for section in SECTIONS if not re.search(rf"\b{section}\b", _readme(service))]
    assert not missing


@pytest.mark.parametrize("service", tree.services())
def test_readme_names_every_rpc(service: str) -> None:
    noun = service.replace("_", "")
    rpcs = {
        method.name.rpartition(".")[2]
        for method in descriptors.methods()
        if method.name.startswith(f"kith.{noun}.")
    }
    assert not rpcs - _named(_readme(service))


@pytest.mark.parametrize(
    "service",
    [name for name in tree.services() if (tree.ROOT / "services" / name / "schema.sql").exists()],
)
def test_readme_names_every_table(service: str) -> None:
    schema = (tree.ROOT / "services" / service / "schema.sql").read_text(encoding="utf-8")
    tables = set(TABLE.findall(schema))
    assert tables
    assert not tables - _named(_readme(service))
