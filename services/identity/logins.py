"""A login from the code to the last refresh token (OAuth 2.0, RFC 9700): each is used once, by the client it is for.

Whatever is wrong with a code or refresh token that exists ends its login: somebody has what is not theirs. The person
logs in again; a thief has nothing. Access tokens already given live on for their five minutes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from authlib.oauth2.rfc6749.errors import InvalidGrantError
from authlib.oauth2.rfc7636.challenge import CODE_VERIFIER_PATTERN, compare_s256_code_challenge

from services.chassis.caller import Kind
from services.chassis.database import Connection, Database
from services.identity import one_time_secret, scopes, standing, store
from services.identity.authorization_request import AuthorizationRequest
from services.identity.client import Client
from services.identity.standing import Lapse, Person
from services.identity.tokens import TokenMaker

CODE_LIVES: Final = timedelta(seconds=60)
LOGIN_LIVES: Final = timedelta(hours=12)
"""A working day; vetting and agreement are looked at more often than that."""
IDLE: Final = timedelta(hours=1)
"""A refresh token unused for this long is over. The gateway's own limit on an unattended page is shorter."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What a code or refresh token is exchanged for."""

    access_token: str
    scopes: frozenset[str]
    refresh_token: str
    id_token: str | None


class Logins:
    """Begins logins and goes on with them."""

    def __init__(self, database: Database, tokens: TokenMaker) -> None:
        self._database = database
        self._tokens = tokens

    async def begin(self, person: Person, request: AuthorizationRequest, now: datetime) -> str:
        """Begin the login of a person whose password was right and who may have access; return the code."""
        code = one_time_secret.new()
        login = store.Login(
            id=uuid4(),
            person_id=UUID(person.id),
            client_id=request.client_id,
            scopes=request.scopes,
            nonce=request.nonce,
            create_time=now,
            expire_time=now + LOGIN_LIVES,
        )
        async with self._database.transaction() as connection:
            await store.insert_login(connection, login)
            await store.insert_code(
                connection,
                one_time_secret.digest(code),
                login.id,
                request.redirect_uri,
                request.code_challenge,
                now + CODE_LIVES,
            )
        return code

    async def redeem_code(
        self, client: Client, code: str, redirect_uri: str, verifier: str, now: datetime
    ) -> Granted:
        """Exchange a code. Raises InvalidGrantError alike for every defect."""
        async with self._database.transaction() as connection:
            redeemed = await store.redeem_code(connection, one_time_secret.digest(code))
            right = (
                redeemed is not None
                and _is_good(redeemed, client, now)
                and redeemed.redirect_uri == redirect_uri
                and _is_verifier(verifier, redeemed.code_challenge)
            )
            granted = await self._go_on_or_end(connection, redeemed, right=right, with_id_token=True, now=now)
        return _or_refuse(granted)

    async def redeem_refresh_token(self, client: Client, refresh_token: str, now: datetime) -> Granted:
        """Exchange a refresh token for new tokens. Raises InvalidGrantError alike for every defect."""
        async with self._database.transaction() as connection:
            redeemed = await store.redeem_refresh_token(connection, one_time_secret.digest(refresh_token))
            right = redeemed is not None and _is_good(redeemed, client, now)
            granted = await self._go_on_or_end(
                connection, redeemed, right=right, with_id_token=False, now=now
            )
        return _or_refuse(granted)

    async def _go_on_or_end(
        self,
        connection: Connection,
        redeemed: store.Redeemed | None,
        *,
        right: bool,
        with_id_token: bool,
        now: datetime,
    ) -> Granted | Lapse | None:
        """Return instead of raising, so that the use of the secret and the end of the login are committed."""
        if redeemed is None:
            return None
        login = redeemed.login
        person = await store.find_person(connection, login.person_id) if right else None
        lapse = standing.of_person(person, now) if person else None
        if person is None or lapse is not None:
            await store.end_login(connection, login.id)
            return lapse
        refresh_token = one_time_secret.new()
        await store.insert_refresh_token(
            connection, one_time_secret.digest(refresh_token), login.id, min(now + IDLE, login.expire_time)
        )
        return self._granted(person, login, refresh_token, with_id_token=with_id_token, now=now)

    def _granted(
        self, person: Person, login: store.Login, refresh_token: str, *, with_id_token: bool, now: datetime
    ) -> Granted:
        carried = scopes.of_person(login.scopes, person.role)
        access_token = self._tokens.access_token(
            kind=Kind.PERSON,
            subject=person.id,
            client_id=login.client_id,
            organisation_id=person.organisation_id,
            scopes=carried,
            roles=[person.role.value],
            now=now,
        )
        id_token = self._tokens.id_token(
            person=person,
            client_id=login.client_id,
            nonce=login.nonce,
            login_time=login.create_time,
            access_token=access_token,
            now=now,
        )
        return Granted(access_token, carried, refresh_token, id_token if with_id_token else None)


def _is_good(redeemed: store.Redeemed, client: Client, now: datetime) -> bool:
    return (
        redeemed.is_first_use
        and not redeemed.is_over
        and redeemed.login.client_id == client.client_id
        and now < redeemed.expire_time
        and now < redeemed.login.expire_time
    )


def _is_verifier(verifier: str, challenge: str) -> bool:
    if not CODE_VERIFIER_PATTERN.match(verifier):
        return False
    # Authlib's stubs leave this one untyped.
    return bool(compare_s256_code_challenge(verifier, challenge))  # type: ignore[no-untyped-call]


def _or_refuse(outcome: Granted | Lapse | None) -> Granted:
    if isinstance(outcome, Granted):
        return outcome
    if isinstance(outcome, Lapse):
        raise InvalidGrantError(outcome.value)
    raise InvalidGrantError
