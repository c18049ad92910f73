"""What one load has to remember for the next: keys of the agencies' systems, the passphrase, and what was loaded.

It lies with the other secrets of the state folder, readable for its owner alone.
"""

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from joserfc.jwk import ECKey

_WORDS: Final = (
    "amber", "anchor", "apple", "arrow", "autumn", "bamboo", "barley", "beacon", "birch", "bramble", "bridge",
    "candle", "canyon", "cedar", "cherry", "clover", "copper", "coral", "cotton", "cricket", "daisy", "delta",
    "ember", "falcon", "feather", "fennel", "fiddle", "forest", "garden", "ginger", "granite", "harbour", "hazel",
    "heather", "island", "ivory", "jasmine", "juniper", "kettle", "lantern", "laurel", "lemon", "linen", "maple",
    "marble", "meadow", "mustard", "nutmeg", "oatmeal", "orchard", "otter", "pebble", "pepper", "pigeon", "poplar",
    "quartz", "raven", "river", "saddle", "saffron", "silver", "spruce", "thistle", "willow",
)  # fmt: skip
_PASSPHRASE_WORDS: Final = 4


class AnotherTown(Exception):
    """The state folder holds another town; the text says which."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Made at the first load of a town and the same ever after."""

    made_on: date
    """Dates in requests are counted from it, so that a repeated request is the same."""
    passphrase: str
    """With which all people of the demo log in."""
    keys: dict[str, ECKey]
    """The private key of each agency's system, by the key of the system."""


def kept(folder: Path, size: int, seed: int, systems: Iterable[str]) -> Credentials:
    """Returns the credentials of a town, made if there are none. Raises AnotherTown if there are another's."""
    path = folder / "demo.json"
    found: dict[str, Any] = (
        json.loads(path.read_text(encoding="utf-8")) if path.exists() else _new(size, seed)
    )
    if (found["size"], found["seed"]) != (size, seed):
        raise AnotherTown(
            f"This state folder holds a town of {found['size']} children (seed {found['seed']}). "
            "Load another one into a new state folder (KITH_HOME)."
        )
    for system in systems:
        if system not in found["keys"]:
            key = ECKey.generate_key("P-256", {"kid": f"{system}-1"}, private=True)
            found["keys"][system] = key.as_dict(private=True)
    _write(path, json.dumps(found))
    keys = {system: ECKey.import_key(key) for system, key in found["keys"].items()}
    return Credentials(date.fromisoformat(found["made_on"]), found["passphrase"], keys)


def hand_over(folder: Path, organisation: str, client_id: str, key: ECKey, issuer: str) -> None:
    """Writes `agencies/<organisation>.json` for whoever programs that agency's system (`AgencyClient.from_file`)."""
    stored = {"client_id": client_id, "issuer": issuer, "key": key.as_dict(private=True)}
    _write(folder / "agencies" / f"{organisation}.json", json.dumps(stored))


def _new(size: int, seed: int) -> dict[str, Any]:
    return {
        "size": size,
        "seed": seed,
        "made_on": datetime.now(UTC).date().isoformat(),
        "passphrase": "-".join(secrets.choice(_WORDS) for _ in range(_PASSPHRASE_WORDS)),
        "keys": {},
    }


def _write(path: Path, text: str) -> None:
    """Replaces the file at once: a load that is cut off leaves the old one or the new one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)
