"""Keys and addresses of databases for the local mode, made at first start and kept, for this machine alone.

They lie in one folder that nobody else can enter. `master.json` holds every key; what a service gets is a file
derived from it at each start, with the uses it needs and no other (ports and uses may change between starts).
"""

import base64
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

from deploy.local import postgres
from deploy.local.ports import Ports

_SHARED_USES = ("match", "identifier", "child_id")
"""The same key for all that have the use; of any other use every service has a key of its own."""

_USES = {
    "identity": ("request", "session"),
    "directory": ("page_token", "request"),
    "consent": ("child_id", "facts", "page_token", "receipt", "request"),
    "audit": ("page_token", "request"),
    "child_index": ("facts", "match", "identifier", "child_id", "page_token", "request"),
    "search": ("match", "page_token"),
    "gateway": ("page_token", "session"),
}
_OPERATOR_SCOPES = (
    "directory.admin",
    "identity.admin",
    "audit.read",
    "directory.read",
    "directory.edit",
    "directory.approve",
    "directory.import",
    "consents.policy",
    "consents.report",
)
_SERVICE_SCOPES = {
    "consent": ("audit.append",),
    "child_index": ("events.read", "consents.decide", "audit.append", "directory.read"),
    "search": ("events.read", "children.project"),
    "gateway": ("directory.read",),
}


class Secrets:
    """The folder of secrets of a local fleet; the methods say where each file lies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prepare(self, database: Path, databases: Sequence[str], ports: Ports) -> None:
        """Make what is missing and derive the files; `database` is the folder of the server."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        master = self._completed_master()
        for service, uses in _USES.items():
            keys = {use: master["keys"][_key_name(service, use)] for use in uses}
            self._write(self.keyring(service), json.dumps(keys))
            self._write(self.service_key(service), json.dumps(master["clients"][_client_id(service)]))
        self._write(self.operator_key, json.dumps(master["clients"]["operator"]))
        self._write(self.signing_keys, json.dumps({"keys": [master["issuer"]]}))
        self._write(self.platform_clients, json.dumps(_platform_clients(master["clients"], ports)))
        for service in databases:
            name = f"kith_{service}"
            self._write(self.database_url(service), postgres.dsn(database, name, f"{name}_app"))
            self._write(self.owner_database_url(service), postgres.dsn(database, name, f"{name}_owner"))

    def keyring(self, service: str) -> Path:
        """The keys of a service by use (`services.chassis.keyring`)."""
        return self._folder / f"{service}.keyring.json"

    def service_key(self, service: str) -> Path:
        """The private key with which a service proves to the issuer who it is."""
        return self._folder / f"{service}.jwk.json"

    def database_url(self, service: str) -> Path:
        """The address of a service's database, for the service."""
        return self._folder / f"{service}.database-url"

    def owner_database_url(self, service: str) -> Path:
        """The same for its migrations."""
        return self._folder / f"{service}.owner-database-url"

    @property
    def operator_key(self) -> Path:
        """The private key of the client `operator`, who may admit organisations and fill the directory."""
        return self._folder / "operator.jwk.json"

    @property
    def signing_keys(self) -> Path:
        """The issuer's private JWK set."""
        return self._folder / "issuer.jwks.json"

    @property
    def platform_clients(self) -> Path:
        """The public keys and scopes of the services and the operator, for the issuer."""
        return self._folder / "platform-clients.json"

    def _completed_master(self) -> dict[str, Any]:
        path = self._folder / "master.json"
        master = json.loads(path.read_text()) if path.exists() else {"keys": {}, "clients": {}}
        for service, uses in _USES.items():
            for use in uses:
                master["keys"].setdefault(_key_name(service, use), _new_key())
        for client in ("operator", *map(_client_id, _USES)):
            master["clients"].setdefault(client, _new_signing_key(client))
        master.setdefault("issuer", _new_signing_key("issuer"))
        self._write(path, json.dumps(master))
        return master

    def _write(self, path: Path, text: str) -> None:
        """Replace the file at once, readable for its owner alone."""
        new = path.with_name(f"{path.name}.new")
        new.unlink(missing_ok=True)
        with os.fdopen(
            os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(text)
        new.replace(path)


def _client_id(service: str) -> str:
    return f"service-{service.replace('_', '-')}"


def _key_name(service: str, use: str) -> str:
    return use if use in _SHARED_USES else f"{service} {use}"


def _new_key() -> dict[str, Any]:
    key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return {"active": "1", "keys": {"1": key}}


def _new_signing_key(name: str) -> dict[str, Any]:
    return dict(ECKey.generate_key("P-256", {"kid": f"{name}-1"}, private=True).as_dict(private=True))


def _platform_clients(keys: Mapping[str, dict[str, Any]], ports: Ports) -> list[dict[str, Any]]:
    """The list that the issuer reads (services/identity/README.md)."""
    doors = [f"http://127.0.0.1:{ports[name]}" for name in ("gateway", "gateway-2") if name in ports]
    entries: list[tuple[str, str, Sequence[str]]] = [("operator", "system", _OPERATOR_SCOPES)]
    for service in _USES:
        kind = "web" if service == "gateway" else "service"
        entries.append((_client_id(service), kind, _SERVICE_SCOPES.get(service, ())))
    return [
        {
            "client_id": client,
            "kind": kind,
            "scopes": list(scopes),
            "public_jwk": ECKey.import_key(keys[client]).as_dict(private=False),
            "redirect_uris": [f"{door}/login/callback" for door in doors] if kind == "web" else [],
        }
        for client, kind, scopes in entries
    ]
