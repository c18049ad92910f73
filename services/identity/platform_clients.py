"""The platform clients, from KITH_PLATFORM_CLIENTS_FILE: facts of a deployment, not rows (see README.md)."""

import json
from pathlib import Path
from typing import Annotated, Any

from joserfc.jwk import ECKey
from pydantic import (
    BaseModel,
    ConfigDict,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from services.identity import public_key, unusable_file
from services.identity.client import Client, ClientKind
from services.identity.unusable_file import UnusableFile

SETTING = "KITH_PLATFORM_CLIENTS_FILE"
_SERVICE_PREFIX = "service-"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, arbitrary_types_allowed=True)

    client_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    kind: ClientKind
    scopes: list[Annotated[str, StringConstraints(pattern=r"^[a-z]+\.[a-z]+$")]]
    public_jwk: ECKey
    redirect_uris: list[Annotated[str, StringConstraints(pattern=r"^https?://[^\s#?]+$")]]

    @field_validator("public_jwk", mode="before")
    @classmethod
    def _key(cls, value: Any) -> ECKey:
        return public_key.parse(json.dumps(value))

    @model_validator(mode="after")
    def _agrees(self) -> "_Entry":
        if self.client_id.startswith(_SERVICE_PREFIX) == (self.kind is ClientKind.SYSTEM):
            raise ValueError("ids of services, and only theirs, begin with service-")
        if bool(self.redirect_uris) != (self.kind is ClientKind.WEB):
            raise ValueError("web clients, and only they, have redirect_uris")
        return self

    def client(self) -> Client:
        return Client(
            client_id=self.client_id,
            kind=self.kind,
            organisation_id="",
            scopes=frozenset(self.scopes),
            key=self.public_jwk,
            redirect_uris=frozenset(self.redirect_uris),
        )


def load(path: Path) -> dict[str, Client]:
    """Return the clients by id. Raises UnusableFile."""
    try:
        entries = TypeAdapter(list[_Entry]).validate_json(unusable_file.read(SETTING, path))
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        where = "; ".join(".".join(str(part) for part in p["loc"]) + ": " + p["msg"] for p in problems)
        raise UnusableFile(SETTING, where) from None
    clients = {entry.client_id: entry.client() for entry in entries}
    if len(clients) != len(entries):
        raise UnusableFile(SETTING, "a client_id occurs twice")
    return clients
