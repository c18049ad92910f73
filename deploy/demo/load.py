"""Loads the synthetic town over the public API: the operator enrols the agencies, each agency's system sends its rows.

    python -m deploy.demo.load --size demo

beside a fleet that runs (`make run` does it by itself). Everything has a request id that follows from the town, so a
load that was cut off is simply run again.
"""

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import grpc
import uvloop
from joserfc.jwk import ECKey
from pydantic_settings import BaseSettings, SettingsConfigDict
from tqdm import tqdm

from deploy.demo import credentials, welcome
from deploy.demo.agency_client import AgencyClient
from deploy.demo.calls import Calls, Refused
from deploy.demo.child_requests import ChildRequests, DirectoryIds
from deploy.demo.credentials import AnotherTown
from deploy.demo.enrolment import Enrolment
from deploy.demo.feed import Feed, LocalKey
from deploy.demo.listing import Directory
from deploy.demo.request_ids import RequestIds
from deploy.demo.staffing import Staffing
from deploy.demo.town import DEMO, TINY, TOWN, Town, generate

SIZES: Final = {"tiny": TINY, "demo": DEMO, "town": TOWN}
OPERATOR: Final = "operator"
_ROUND_ROBIN: Final = (("grpc.service_config", '{"loadBalancingConfig": [{"round_robin": {}}]}'),)


class Settings(BaseSettings):
    """Where the fleet is. The defaults are those of `make run`; each has its row in deploy/local/README.md."""

    model_config = SettingsConfigDict(env_prefix="KITH_", frozen=True, extra="ignore")

    home: Path = Path(".kith")
    operator_key_file: Path | None = None
    issuer: str = "http://127.0.0.1:8081"
    identity_address: str = "127.0.0.1:50056"
    directory_address: str = "127.0.0.1:50052"
    consent_address: str = "127.0.0.1:50053"
    child_index_address: str = "127.0.0.1:50051"

    @property
    def operator_key(self) -> Path:
        """The operator's private key: the one named, or that of the fleet on `home`."""
        return self.operator_key_file or self.home / "secrets" / "operator.jwk.json"


@dataclass(frozen=True, slots=True)
class Login:
    """With what a person of the demo logs in."""

    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load gave, by the keys of the town."""

    directory: DirectoryIds
    """The ids of organisations, services and practitioners."""
    clients: Mapping[str, AgencyClient]
    """The system of each organisation; makes tokens."""
    people: Mapping[str, Login]
    child_ids: Mapping[LocalKey, str]
    """The id that the index gave to an agency, by (organisation, local id)."""
    refused: Counter[str]
    """What was not taken, by reason. Empty when all went well."""
    tried_again: int
    """How many calls had to be repeated."""


Progress = Callable[[int, int], None]
"""Told how many rows of how many are done."""


async def load(settings: Settings, town: Town, progress: Progress) -> Loaded:
    """Loads a town; what is there already stays. Raises AnotherTown, and Refused if it can't be enrolled."""
    kept = credentials.kept(
        settings.home / "secrets", town.size, town.seed, (system.key for system in town.directory.systems)
    )
    operator_key = ECKey.import_key(json.loads(settings.operator_key.read_text(encoding="utf-8")))
    ids, calls = RequestIds(town.size, town.seed), Calls()
    async with (
        _channel(settings.identity_address) as to_identity,
        _channel(settings.directory_address) as to_directory,
        _channel(settings.consent_address) as to_consent,
        _channel(settings.child_index_address) as to_child_index,
    ):
        operator = AgencyClient(OPERATOR, operator_key, settings.issuer)
        enrolment = Enrolment(operator, to_directory, to_identity, calls, kept, ids)
        enrolled = await enrolment.enrol(town.directory)
        clients = {}
        for system in town.directory.systems:
            identity = (enrolled.client_ids[system.organisation], kept.keys[system.key], settings.issuer)
            clients[system.organisation] = AgencyClient(*identity)
            credentials.hand_over(settings.home / "secrets", system.organisation, *identity)
        directory = Directory(operator, clients, to_directory, calls, ids)
        await Staffing(town.directory, enrolled.ids, ids, kept.made_on, clients, to_directory, calls).send()
        requests = ChildRequests(enrolled.ids, ids, kept.made_on)
        feed = Feed(clients, town.directory.practitioner, to_child_index, to_consent, calls, requests)
        rows = list(town.rows())
        await asyncio.gather(
            directory.fill(enrolled.ids), feed.send(rows, lambda done: progress(done, len(rows)))
        )
    people = {person.key: Login(person.username, kept.passphrase) for person in town.directory.people}
    return Loaded(enrolled.ids, clients, people, feed.child_ids, feed.refused, calls.tried_again)


def main(arguments: Sequence[str] | None = None) -> None:
    """Loads the town named on the command line, unless that is done; exits 1 if anything was refused."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.demo.load", description="Load the synthetic town into a fleet that runs."
    )
    parser.add_argument(
        "--size", type=_children, default="demo", help="tiny, demo, town, or a number (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    town, settings = generate(given.size, given.seed), Settings()
    try:
        with _shown(f"Loading a made-up town of {town.size:,} children") as progress:
            loaded = uvloop.run(load(settings, town, progress))
    except (AnotherTown, Refused) as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}. Does Kith run, with this KITH_HOME?")
    if loaded.refused:
        sys.exit("\n".join(f"{count} times {what}" for what, count in loaded.refused.most_common()))
    welcome.write(
        settings.home, town, {key: (one.username, one.password) for key, one in loaded.people.items()}
    )
    marker = {
        "size": town.size,
        "seed": town.seed,
        "loaded_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    (settings.home / "town.json").write_text(json.dumps(marker) + "\n", encoding="utf-8")


def _children(size: str) -> int:
    """The number of children that a size stands for."""
    if size in SIZES:
        return SIZES[size]
    if size.isdecimal() and int(size):
        return int(size)
    raise argparse.ArgumentTypeError(f"one of {', '.join(SIZES)}, or a number")


@contextmanager
def _shown(title: str) -> Iterator[Progress]:
    """A bar at a terminal, else a line for every tenth part."""
    if sys.stdout.isatty():
        with tqdm(desc=title, unit=" rows", file=sys.stdout, dynamic_ncols=True) as bar:

            def move(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            yield move
        return
    print(title, flush=True)
    tenths = 0

    def tell(done: int, total: int) -> None:
        nonlocal tenths
        if done * 10 // total > tenths:
            tenths = done * 10 // total
            print(f"{tenths * 10:4} % of {total:,} rows", flush=True)

    yield tell


def _channel(address: str) -> grpc.aio.Channel:
    return grpc.aio.insecure_channel(address, options=_ROUND_ROBIN)


if __name__ == "__main__":
    main()
