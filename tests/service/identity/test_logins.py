"""A login from the code to the last refresh token (RFC 6749, RFC 7636, RFC 9700)."""

import asyncio
from datetime import timedelta

import asyncpg
import httpx2
import pytest

from tests.service.identity.browser import Browser
from tests.service.identity.running import Identity


async def _username(identity: Identity) -> str:
    return (await identity.person(await identity.organisation())).username


def _is_refused(answer: httpx2.Response) -> bool:
    return answer.status_code == 400 and answer.json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": "v" * 43},
        {"code_verifier": "short"},
        {"redirect_uri": "http://elsewhere.example/"},
        {"code": "unknown"},
    ],
    ids=["wrong verifier", "no verifier at all", "other redirect", "unknown code"],
)
async def test_a_wrong_exchange_is_refused(
    identity: Identity, browser: Browser, changed: dict[str, str]
) -> None:
    code = await browser.code(await _username(identity))
    assert _is_refused(await browser.exchange(code, **changed))


async def test_a_code_has_one_try(identity: Identity, browser: Browser) -> None:
    code = await browser.code(await _username(identity))
    assert _is_refused(await browser.exchange(code, code_verifier="v" * 43))
    assert _is_refused(await browser.exchange(code))


async def test_a_code_used_twice_ends_the_login(identity: Identity, browser: Browser) -> None:
    code = await browser.code(await _username(identity))
    tokens = (await browser.exchange(code)).json()
    assert _is_refused(await browser.exchange(code))
    assert _is_refused(await browser.refresh(tokens["refresh_token"]))


async def test_a_code_is_for_the_client_it_was_given_to(identity: Identity, browser: Browser) -> None:
    code = await browser.code(await _username(identity))
    browser.client_id = "service-other"
    assert _is_refused(await browser.exchange(code))


async def test_a_code_is_old_after_a_minute(identity: Identity, browser: Browser) -> None:
    code = await browser.code(await _username(identity))
    await identity.execute("UPDATE authorization_code SET expire_time = expire_time - interval '61 seconds'")
    assert _is_refused(await browser.exchange(code))


async def test_refresh_tokens_rotate(identity: Identity, browser: Browser) -> None:
    tokens = (await browser.exchange(await browser.code(await _username(identity)))).json()
    seen = {tokens["refresh_token"]}
    for _ in range(3):
        tokens = (await browser.refresh(tokens["refresh_token"])).json()
        assert "id_token" not in tokens
        assert tokens["refresh_token"] not in seen
        seen.add(tokens["refresh_token"])


async def test_a_refresh_token_used_twice_ends_the_login(identity: Identity, browser: Browser) -> None:
    first = (await browser.exchange(await browser.code(await _username(identity)))).json()
    second = (await browser.refresh(first["refresh_token"])).json()
    assert _is_refused(await browser.refresh(first["refresh_token"]))
    assert _is_refused(await browser.refresh(second["refresh_token"]))


async def test_of_two_refreshes_at_once_at_most_one_succeeds(identity: Identity, browser: Browser) -> None:
    tokens = (await browser.exchange(await browser.code(await _username(identity)))).json()
    answers = await asyncio.gather(*(browser.refresh(tokens["refresh_token"]) for _ in range(4)))
    good = [answer for answer in answers if answer.status_code == 200]
    assert len(good) <= 1
    for answer in good:
        assert _is_refused(await browser.refresh(answer.json()["refresh_token"]))


async def test_a_refresh_token_is_for_the_client_it_was_given_to(
    identity: Identity, browser: Browser
) -> None:
    tokens = (await browser.exchange(await browser.code(await _username(identity)))).json()
    browser.client_id = "service-other"
    assert _is_refused(await browser.refresh(tokens["refresh_token"]))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE refresh_token SET expire_time = now()",
        "UPDATE login SET expire_time = now()",
    ],
    ids=["unused for an hour", "twelve hours old"],
)
async def test_a_login_ends_by_itself(identity: Identity, browser: Browser, statement: str) -> None:
    tokens = (await browser.exchange(await browser.code(await _username(identity)))).json()
    await identity.execute(statement)
    assert _is_refused(await browser.refresh(tokens["refresh_token"]))


async def test_ci11_expired_vetting_ends_the_login_at_the_next_refresh(
    identity: Identity, browser: Browser
) -> None:
    person = await identity.person(await identity.organisation())
    tokens = (await browser.exchange(await browser.code(person.username))).json()
    tokens = (await browser.refresh(tokens["refresh_token"])).json()
    await identity.execute(
        "UPDATE person SET vetting_expire_time = now() WHERE id = $1::text::uuid", person.id
    )
    answer = await browser.refresh(tokens["refresh_token"])
    assert answer.json() == {"error": "invalid_grant", "error_description": "Your vetting has expired."}
    assert _is_refused(await browser.refresh(tokens["refresh_token"]))


async def test_ci10_an_ended_agreement_ends_the_login_at_the_next_refresh(
    identity: Identity, browser: Browser
) -> None:
    organisation = await identity.organisation()
    person = await identity.person(organisation)
    tokens = (await browser.exchange(await browser.code(person.username))).json()
    await identity.readmit(organisation, timedelta(days=-2), timedelta(days=-1))
    assert (await browser.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_ci11_vetting_that_expires_between_login_and_exchange_gives_no_token(
    identity: Identity, browser: Browser
) -> None:
    person = await identity.person(await identity.organisation())
    code = await browser.code(person.username)
    await identity.execute(
        "UPDATE person SET vetting_expire_time = now() WHERE id = $1::text::uuid", person.id
    )
    assert (await browser.exchange(code)).json()["error"] == "invalid_grant"


async def test_s10_codes_and_refresh_tokens_are_not_in_the_database(
    identity: Identity, browser: Browser
) -> None:
    code = await browser.code(await _username(identity))
    tokens = (await browser.exchange(code)).json()
    connection = await asyncpg.connect(identity.process.database.owner_dsn)
    try:
        rows = await connection.fetch(
            "SELECT code_hash AS hash, encode(code_hash, 'escape') AS text FROM authorization_code"
            " UNION ALL SELECT token_hash, encode(token_hash, 'escape') FROM refresh_token"
        )
    finally:
        await connection.close()
    assert rows
    for row in rows:
        assert len(row["hash"]) == 32
        assert row["text"] not in {code, tokens["refresh_token"]}
