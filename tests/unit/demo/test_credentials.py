"""What a load keeps for the next one, and for whom."""

from pathlib import Path

import pytest

from deploy.demo import credentials
from deploy.demo.credentials import AnotherTown

SYSTEMS = ("system-police", "system-school-01")


def test_the_next_load_finds_the_same(tmp_path: Path) -> None:
    first = credentials.kept(tmp_path, 300, 1, SYSTEMS)
    again = credentials.kept(tmp_path, 300, 1, SYSTEMS)
    assert (again.made_on, again.passphrase) == (first.made_on, first.passphrase)
    assert {name: key.as_dict() for name, key in again.keys.items()} == {
        name: key.as_dict() for name, key in first.keys.items()
    }


def test_every_system_has_a_private_key_of_its_own(tmp_path: Path) -> None:
    keys = credentials.kept(tmp_path, 300, 1, SYSTEMS).keys
    assert set(keys) == set(SYSTEMS)
    assert all(key.is_private for key in keys.values())
    assert len({key.thumbprint() for key in keys.values()}) == len(SYSTEMS)


def test_the_owner_alone_can_read_them(tmp_path: Path) -> None:
    credentials.kept(tmp_path / "secrets", 300, 1, SYSTEMS)
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    assert (tmp_path / "secrets" / "demo.json").stat().st_mode & 0o077 == 0


def test_each_state_folder_has_a_passphrase_of_its_own(tmp_path: Path) -> None:
    here, there = (credentials.kept(tmp_path / name, 300, 1, ()).passphrase for name in ("here", "there"))
    assert here != there
    assert len(here) >= 12


@pytest.mark.parametrize(("size", "seed"), [(5_000, 1), (300, 2)])
def test_another_town_is_not_loaded_over_the_first(tmp_path: Path, size: int, seed: int) -> None:
    credentials.kept(tmp_path, 300, 1, SYSTEMS)
    with pytest.raises(AnotherTown, match="300 children"):
        credentials.kept(tmp_path, size, seed, SYSTEMS)
