"""Who sends a request to the token endpoint, proven by a signed assertion (S9)."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from authlib.oauth2.rfc6749.errors import InvalidClientError, UnauthorizedClientError

from services.chassis.database import Database
from services.identity import client_assertion, public_key, standing, store
from services.identity.client import Client, ClientKind
from services.identity.client_assertion import BadAssertion


class ClientAuthentication:
    """Finds and checks clients: those of the platform in a file, those of agencies in the database."""

    def __init__(
        self, database: Database, platform_clients: Mapping[str, Client], audiences: frozenset[str]
    ) -> None:
        """`audiences` are the names by which an assertion may say that it is for us."""
        self._database = database
        self._platform_clients = platform_clients
        self._audiences = audiences

    async def authenticate(self, form: Mapping[str, str], now: datetime) -> Client:
        """Return the client.

        Raises InvalidClientError alike for every defect, and UnauthorizedClientError for a known client whose
        organisation has no current agreement.
        """
        try:
            return await self._authenticated(form, now)
        except BadAssertion:
            raise InvalidClientError from None

    async def _authenticated(self, form: Mapping[str, str], now: datetime) -> Client:
        if form.get("client_assertion_type") != client_assertion.TYPE:
            raise BadAssertion
        presented = form.get("client_assertion", "")
        client_id = client_assertion.claimed_client_id(presented)
        if form.get("client_id", client_id) != client_id:
            raise BadAssertion
        async with self._database.connection() as connection:
            client, lapse = self._platform_clients.get(client_id), None
            if client is None:
                stored = await store.find_client(connection, _uuid(client_id))
                if stored is None:
                    raise BadAssertion
                client, lapse = _client(stored), standing.of_agreement(stored.agreement, now)
            assertion = client_assertion.verify(
                presented, client_id=client_id, key=client.key, audiences=self._audiences, now=now
            )
            if not await store.claim_assertion(connection, assertion):
                raise BadAssertion
        if lapse is not None:
            raise UnauthorizedClientError(lapse.value)
        return client


def _client(stored: store.AgencyClient) -> Client:
    return Client(
        client_id=str(stored.id),
        kind=ClientKind.SYSTEM,
        organisation_id=str(stored.organisation_id),
        scopes=stored.scopes,
        key=public_key.parse(stored.public_jwk),
    )


def _uuid(client_id: str) -> UUID:
    """Agencies' clients have UUIDs, written in the one form in which they were handed out."""
    try:
        parsed = UUID(client_id)
    except ValueError:
        raise BadAssertion from None
    if str(parsed) != client_id:
        raise BadAssertion
    return parsed
