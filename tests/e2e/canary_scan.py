"""Looking for personal data where none may be: bytes of any kind, and the places of a fleet where bytes come to lie.

What is looked for is looked for in every form that a careless line of code gives it: as UTF-8 or UTF-16, in any case,
in hexadecimal, in base64 at any offset.
"""

import base64
import re
import subprocess
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

import httpx2

from deploy.local import postgres
from deploy.local.fleet import DATABASES, SERVICES
from deploy.local.postgres_server import BINARIES, SUPERUSER
from tests.fixtures.fleet import RunningFleet
from tests.fixtures.topic_contents import records

_BASE64_OFFSETS = 3


class Canaries:
    """Texts that must not be found. Case does not count, neither theirs nor that of what is searched."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._needles = {text: _forms(text) for text in texts}

    def within(self, data: bytes) -> set[str]:
        """The texts that are in the data, in whatever form."""
        # Most of a database's files is empty space.
        searched = data.strip(b"\0").lower()
        return {text for text, forms in self._needles.items() if any(form in searched for form in forms)}


def _forms(text: str) -> set[bytes]:
    forms = {text.lower().encode(), text.lower().encode("utf-16-le").rstrip(b"\0")}
    for cased in {text, text.lower(), text.upper()}:
        raw = cased.encode()
        forms |= {raw.hex().encode(), *(_base64(raw, offset) for offset in range(_BASE64_OFFSETS))}
    return {form.lower() for form in forms}


def _base64(raw: bytes, offset: int) -> bytes:
    """The letters that stand for it wherever it begins at that offset: those its neighbours have no part in."""
    encoded = base64.b64encode(b"\0" * offset + raw)
    # Of n bytes after the offset, the letters wholly theirs.
    first = -(-offset * 8 // 6)
    return encoded[first : (offset + len(raw)) * 8 // 6]


async def places(fleet: RunningFleet, metrics: Iterable[str]) -> AsyncIterator[tuple[str, str, bytes]]:
    """Everything a fleet has written anywhere: place, what exactly, bytes. `metrics` are further addresses of such."""
    home = fleet.layout.home
    for place in ("log", "postgres", "kafka", "opensearch"):
        for file, data in _files(home / place):
            yield place, file, data
    for service in DATABASES:
        yield "dump", service, _dump(home / "postgres", service)
    async for record in records(fleet.layout.kafka):
        headers = b" ".join(name.encode() + b" " + value for name, value in record.headers)
        yield "messages", record.topic, b" ".join((record.key or b"", record.value or b"", headers))
    async with httpx2.AsyncClient(trust_env=False) as http:
        for address in (*_metrics(fleet), *metrics):
            answer = await http.get(f"http://127.0.0.1:{address}/metrics")
            assert re.search(rb"^# TYPE ", answer.content, re.MULTILINE)
            yield "metrics", address, answer.content


def _metrics(fleet: RunningFleet) -> list[str]:
    names = [name for service in SERVICES for name in fleet.layout.instances(service)]
    return [str(fleet.layout.ports[f"{name} metrics"]) for name in names]


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        try:
            if path.is_file():
                yield str(path.relative_to(folder)), path.read_bytes()
        except FileNotFoundError:
            # A running database removes files.
            continue


def _dump(folder: Path, service: str) -> bytes:
    """The database as a backup has it: plain SQL, bytes in hexadecimal."""
    dsn = postgres.dsn(folder, f"kith_{service}", SUPERUSER)
    command = [str(BINARIES / "pg_dump"), "--dbname", dsn]
    return subprocess.run(command, stdout=subprocess.PIPE, cwd="/", check=True).stdout
