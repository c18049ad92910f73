"""Who asks for tokens: a system of an agency, or a platform client (a service, the gateway, the operator)."""

from dataclasses import dataclass
from enum import StrEnum

from joserfc.jwk import ECKey

from services.chassis.caller import Kind


class ClientKind(StrEnum):
    """What a client is; as in KITH_PLATFORM_CLIENTS_FILE. Every agency's client is a `system`."""

    SERVICE = "service"
    WEB = "web"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Client:
    """A client and what it may ask for. `organisation_id` is empty for platform clients."""

    client_id: str
    kind: ClientKind
    organisation_id: str
    scopes: frozenset[str]
    key: ECKey
    redirect_uris: frozenset[str] = frozenset()

    @property
    def token_kind(self) -> Kind:
        """What the client's own tokens say it is: the gateway is a service too."""
        return Kind.SYSTEM if self.kind is ClientKind.SYSTEM else Kind.SERVICE

    @property
    def logs_people_in(self) -> bool:
        """Whether people may log in to it."""
        return self.kind is ClientKind.WEB
