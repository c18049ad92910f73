"""Every SQL statement of the identity service. Functions take the connection of the caller's transaction."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from services.chassis.database import Connection
from services.identity.client_assertion import Assertion
from services.identity.scopes import Role
from services.identity.standing import Agreement, Person


@dataclass(frozen=True, slots=True)
class AgencyClient:
    """A system of an organisation as stored, with the organisation's agreement."""

    id: UUID
    organisation_id: UUID
    public_jwk: str
    scopes: frozenset[str]
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class NewPerson:
    """What is stored of a person who is created."""

    id: UUID
    organisation_id: UUID
    username: str
    username_key: str
    display_name: str
    role: Role
    practitioner_id: UUID | None
    password_hash: str
    vetting_expire_time: datetime
    training_time: datetime


@dataclass(frozen=True, slots=True)
class Login:
    """A person logged in to a web client."""

    id: UUID
    person_id: UUID
    client_id: str
    scopes: frozenset[str]
    nonce: str
    create_time: datetime
    expire_time: datetime


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A code or refresh token that somebody presented, now marked as used; its login is still going on or is over."""

    login: Login
    is_first_use: bool
    is_over: bool
    expire_time: datetime
    redirect_uri: str = ""
    code_challenge: str = ""


async def admit_organisation(connection: Connection, organisation_id: UUID, agreement: Agreement) -> None:
    """Put down an organisation with the dates of its agreement, or change them."""
    await connection.execute(
        """
        INSERT INTO organisation (id, agreement_start_time, agreement_end_time) VALUES ($1, $2, $3)
            ON CONFLICT (id) DO UPDATE
           SET agreement_start_time = excluded.agreement_start_time,
               agreement_end_time = excluded.agreement_end_time,
               update_time = now()
        """,
        organisation_id,
        agreement.start,
        agreement.end,
    )


async def is_admitted(connection: Connection, organisation_id: UUID) -> bool:
    """Return whether the organisation was admitted, whatever its dates."""
    found = await connection.fetchval("SELECT true FROM organisation WHERE id = $1", organisation_id)
    return found is not None


async def insert_client(
    connection: Connection,
    client_id: UUID,
    organisation_id: UUID,
    display_name: str,
    public_jwk: str,
    scopes: frozenset[str],
) -> datetime:
    """Insert a client of an admitted organisation; return the time."""
    created: datetime = await connection.fetchval(
        """
        INSERT INTO client (id, organisation_id, display_name, public_jwk, scopes) VALUES ($1, $2, $3, $4, $5)
        RETURNING create_time
        """,
        client_id,
        organisation_id,
        display_name,
        public_jwk,
        sorted(scopes),
    )
    return created


async def find_client(connection: Connection, client_id: UUID) -> AgencyClient | None:
    """Return the client, None if there is none."""
    row = await connection.fetchrow(
        """
        SELECT client.id, organisation_id, public_jwk, scopes, agreement_start_time, agreement_end_time
          FROM client JOIN organisation ON organisation.id = client.organisation_id
         WHERE client.id = $1
        """,
        client_id,
    )
    if row is None:
        return None
    return AgencyClient(
        id=row["id"],
        organisation_id=row["organisation_id"],
        public_jwk=row["public_jwk"],
        scopes=frozenset(row["scopes"]),
        agreement=Agreement(row["agreement_start_time"], row["agreement_end_time"]),
    )


async def insert_person(connection: Connection, person: NewPerson) -> datetime | None:
    """Insert a person of an admitted organisation; return the time, None if the username is taken."""
    created: datetime | None = await connection.fetchval(
        """
        INSERT INTO person (id, organisation_id, username, username_key, display_name, role, practitioner_id,
                            password_hash, vetting_expire_time, training_time)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (username_key) DO NOTHING
        RETURNING create_time
        """,
        person.id,
        person.organisation_id,
        person.username,
        person.username_key,
        person.display_name,
        person.role.value,
        person.practitioner_id,
        person.password_hash,
        person.vetting_expire_time,
        person.training_time,
    )
    return created


async def find_password(connection: Connection, username_key: str) -> tuple[UUID, str] | None:
    """Return a person's id and password hash, None if there is nobody of that name."""
    row = await connection.fetchrow(
        "SELECT id, password_hash FROM person WHERE username_key = $1", username_key
    )
    return (row["id"], row["password_hash"]) if row else None


async def find_person(connection: Connection, person_id: UUID) -> Person | None:
    """Return the person, None if there is none."""
    row = await connection.fetchrow(
        """
        SELECT person.id, organisation_id, display_name, role, practitioner_id, vetting_expire_time, training_time,
               agreement_start_time, agreement_end_time
          FROM person JOIN organisation ON organisation.id = person.organisation_id
         WHERE person.id = $1
        """,
        person_id,
    )
    if row is None:
        return None
    return Person(
        id=str(row["id"]),
        organisation_id=str(row["organisation_id"]),
        display_name=row["display_name"],
        role=Role(row["role"]),
        practitioner_id=str(row["practitioner_id"] or ""),
        vetting_expire_time=row["vetting_expire_time"],
        training_time=row["training_time"],
        agreement=Agreement(row["agreement_start_time"], row["agreement_end_time"]),
    )


async def claim_assertion(connection: Connection, assertion: Assertion) -> bool:
    """Note an assertion as used; return False if it was used before."""
    claimed = await connection.fetchval(
        """
        INSERT INTO client_assertion (client_id, jti, expire_time) VALUES ($1, $2, $3)
            ON CONFLICT DO NOTHING
        RETURNING true
        """,
        assertion.client_id,
        assertion.jti,
        assertion.expire_time,
    )
    return claimed is not None


async def count_attempt(connection: Connection, username_hash: bytes, source_hash: bytes) -> tuple[int, int]:
    """Note a try to log in; return how many of the last 15 minutes had the username and the source, this one included.

    Outside a transaction: the try must be visible to others before it is counted, or tries made at once would each
    see none but themselves.
    """
    await connection.execute(
        "INSERT INTO login_attempt (username_hash, source_hash) VALUES ($1, $2)", username_hash, source_hash
    )
    row = await connection.fetchrow(
        """
        SELECT (SELECT count(*) FROM login_attempt
                 WHERE username_hash = $1 AND create_time > now() - interval '15 minutes') AS by_username,
               (SELECT count(*) FROM login_attempt
                 WHERE source_hash = $2 AND create_time > now() - interval '15 minutes') AS by_source
        """,
        username_hash,
        source_hash,
    )
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    return row["by_username"], row["by_source"]


async def forget_attempts(connection: Connection, username_hash: bytes) -> None:
    """Forget the tries with a username: its owner has logged in."""
    await connection.execute("DELETE FROM login_attempt WHERE username_hash = $1", username_hash)


async def insert_login(connection: Connection, login: Login) -> None:
    """Insert a login that begins."""
    await connection.execute(
        """
        INSERT INTO login (id, person_id, client_id, scopes, nonce, create_time, expire_time)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        login.id,
        login.person_id,
        login.client_id,
        sorted(login.scopes),
        login.nonce,
        login.create_time,
        login.expire_time,
    )


async def insert_code(
    connection: Connection,
    code_hash: bytes,
    login_id: UUID,
    redirect_uri: str,
    code_challenge: str,
    expire_time: datetime,
) -> None:
    """Insert an authorization code of a login."""
    await connection.execute(
        """
        INSERT INTO authorization_code (code_hash, login_id, redirect_uri, code_challenge, expire_time)
        VALUES ($1, $2, $3, $4, $5)
        """,
        code_hash,
        login_id,
        redirect_uri,
        code_challenge,
        expire_time,
    )


async def insert_refresh_token(
    connection: Connection, token_hash: bytes, login_id: UUID, expire_time: datetime
) -> None:
    """Insert a refresh token of a login."""
    await connection.execute(
        "INSERT INTO refresh_token (token_hash, login_id, expire_time) VALUES ($1, $2, $3)",
        token_hash,
        login_id,
        expire_time,
    )


async def redeem_code(connection: Connection, code_hash: bytes) -> Redeemed | None:
    """Use up a code, whatever comes of it; None if there is none. Of two at once the second waits, and is second."""
    first = await connection.fetchval(
        "UPDATE authorization_code SET use_time = now() WHERE code_hash = $1 AND use_time IS NULL RETURNING true",
        code_hash,
    )
    row = await connection.fetchrow(
        """
        SELECT authorization_code.expire_time AS secret_expire_time, redirect_uri, code_challenge, login.*
          FROM authorization_code JOIN login ON login.id = login_id
         WHERE code_hash = $1
        """,
        code_hash,
    )
    if row is None:
        return None
    return Redeemed(
        login=_login(row),
        is_first_use=first is not None,
        is_over=row["revoke_time"] is not None,
        expire_time=row["secret_expire_time"],
        redirect_uri=row["redirect_uri"],
        code_challenge=row["code_challenge"],
    )


async def redeem_refresh_token(connection: Connection, token_hash: bytes) -> Redeemed | None:
    """Use up a refresh token, whatever comes of it; None if there is none. As `redeem_code` for two at once."""
    first = await connection.fetchval(
        "UPDATE refresh_token SET use_time = now() WHERE token_hash = $1 AND use_time IS NULL RETURNING true",
        token_hash,
    )
    # Locked, so that a login which another transaction is ending gives nothing more.
    row = await connection.fetchrow(
        """
        SELECT refresh_token.expire_time AS secret_expire_time, login.*
          FROM refresh_token JOIN login ON login.id = login_id
         WHERE token_hash = $1
           FOR UPDATE OF login
        """,
        token_hash,
    )
    if row is None:
        return None
    return Redeemed(
        login=_login(row),
        is_first_use=first is not None,
        is_over=row["revoke_time"] is not None,
        expire_time=row["secret_expire_time"],
    )


async def end_login(connection: Connection, login_id: UUID) -> None:
    """End a login: its codes and refresh tokens are worth nothing from now on."""
    await connection.execute(
        "UPDATE login SET revoke_time = now() WHERE id = $1 AND revoke_time IS NULL", login_id
    )


async def sweep(connection: Connection) -> None:
    """Delete what is over. Logins stay a day longer, so that a late second use is still known for one."""
    await connection.execute("DELETE FROM client_assertion WHERE expire_time < now() - interval '1 minute'")
    await connection.execute("DELETE FROM login_attempt WHERE create_time < now() - interval '15 minutes'")
    await connection.execute("DELETE FROM login WHERE expire_time < now() - interval '1 day'")


def _login(row: asyncpg.Record) -> Login:
    return Login(
        id=row["id"],
        person_id=row["person_id"],
        client_id=row["client_id"],
        scopes=frozenset(row["scopes"]),
        nonce=row["nonce"],
        create_time=row["create_time"],
        expire_time=row["expire_time"],
    )
