"""Signing in and out: code with PKCE on this side alone, no token in the browser, a session that ends (S10)."""

import asyncio

import asyncpg
import httpx2

from tests.service.gateway.conftest import Visitor
from tests.service.gateway.fixtures import Surroundings


async def rows(gateway: Surroundings) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(gateway.process.database.superuser_dsn)
    try:
        return await connection.fetch("SELECT * FROM web_session")
    finally:
        await connection.close()


async def age_sessions(gateway: Surroundings, column: str, interval: str) -> None:
    statement = {
        "use_time": "UPDATE web_session SET use_time = use_time - $1::text::interval",
        "create_time": "UPDATE web_session SET create_time = create_time - $1::text::interval",
    }[column]
    connection = await asyncpg.connect(gateway.process.database.superuser_dsn)
    try:
        await connection.execute(statement, interval)
    finally:
        await connection.close()


async def test_a_stranger_sees_what_this_is_and_whom_to_ring(stranger: Visitor) -> None:
    page = await stranger.get("/")
    assert page.status == 200
    assert "Sign in" in page.reader.links
    assert "If a child may be in danger" in page.text
    assert "01632 960 101" in page.text


async def test_a_stranger_gets_no_further(stranger: Visitor, gateway: Surroundings) -> None:
    for path in ("/find", "/results", "/child/x", "/child/x/involvement", "/child/x/involvement/check"):
        page = await stranger.get(path)
        assert (page.status, page.path) == (200, "/")
    for path in ("/find", "/sign-out", "/child/x/involvement", "/child/x/involvement/check"):
        assert (await stranger.client.post(path, data={"csrf": ""})).status_code == 401
    assert gateway.neighbours.calls == []


async def test_signing_in(stranger: Visitor) -> None:
    page = await stranger.sign_in()
    assert page.path == "/"
    assert page.response.url.query == b""
    assert "Hello, Rosa Martin" in page.text


async def test_the_cookie_is_a_random_number_that_scripts_cannot_read(gateway: Surroundings) -> None:
    async with httpx2.AsyncClient(base_url=gateway.address, trust_env=False) as client:
        response = await client.get("/login")
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("kith=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert "Max-Age" not in cookie


async def test_the_session_gets_a_new_cookie_at_sign_in(stranger: Visitor) -> None:
    """Nobody can plant a cookie and wait for its victim to sign in."""
    before = await stranger.client.get("/login", follow_redirects=False)
    planted = stranger.client.cookies["kith"]
    back = await stranger.client.get(before.headers["location"], follow_redirects=False)
    await stranger.get(back.headers["location"])
    assert stranger.client.cookies["kith"] != planted
    stranger.client.cookies.set("kith", planted, domain="127.0.0.1")
    fresh = Visitor(str(stranger.client.base_url))
    fresh.client.cookies.set("kith", planted, domain="127.0.0.1")
    assert "Sign in" in (await fresh.get("/")).reader.links
    await fresh.client.aclose()


async def test_tokens_stay_here(visitor: Visitor, gateway: Surroundings) -> None:
    page = await visitor.get("/find")
    cookies = "".join(visitor.client.cookies.values())
    for token in gateway.issuer.refresh_tokens:
        assert token not in page.source + cookies
    for row in await rows(gateway):
        stored = b"".join(value for value in row.values() if isinstance(value, bytes))
        assert b"person." not in stored
        assert b"Rosa" not in stored


async def test_an_answer_that_was_not_asked_for_signs_nobody_in(
    stranger: Visitor, gateway: Surroundings
) -> None:
    begun = await stranger.client.get("/login", follow_redirects=False)
    back = await stranger.client.get(begun.headers["location"], follow_redirects=False)
    location = back.headers["location"]
    wrong = [
        location.replace("state=", "state=x"),
        location.replace("iss=", "iss=x"),
        location.replace("code=", "code=x"),
        "/login/callback?error=access_denied",
    ]
    for answer in wrong:
        somebody = Visitor(gateway.address)
        begun_too = await somebody.client.get("/login", follow_redirects=False)
        assert begun_too.status_code == 303
        page = await somebody.get(answer)
        assert page.status == 403
        assert "You could not be signed in" in page.text
        await somebody.client.aclose()
    nobody = Visitor(gateway.address)
    assert (await nobody.get(location)).status == 403
    await nobody.client.aclose()


async def test_an_id_token_for_somebody_else_signs_nobody_in(
    stranger: Visitor, gateway: Surroundings
) -> None:
    for claims in (
        {"aud": "service-other"},
        {"nonce": "another"},
        {"iss": "http://127.0.0.1:1"},
        {"exp": 1},
        {"name": None},
    ):
        gateway.issuer.id_claims = claims
        assert (await stranger.sign_in()).status == 403, claims
    gateway.issuer.id_claims = {}
    assert (await stranger.sign_in()).status == 200


async def test_signing_out_ends_the_session_itself(visitor: Visitor, gateway: Surroundings) -> None:
    cookie = visitor.client.cookies["kith"]
    page = await visitor.post("/sign-out", {})
    assert page.path == "/"
    assert "kith" not in visitor.client.cookies
    thief = Visitor(gateway.address)
    thief.client.cookies.set("kith", cookie, domain="127.0.0.1")
    assert "Sign in" in (await thief.get("/find")).reader.links
    await thief.client.aclose()


async def test_a_session_ends_after_half_an_hour_without_use(visitor: Visitor, gateway: Surroundings) -> None:
    await age_sessions(gateway, "use_time", "29 minutes")
    assert "Rosa Martin" in (await visitor.get("/")).text
    await age_sessions(gateway, "use_time", "31 minutes")
    page = await visitor.get("/find")
    assert "You have been signed out" in page.text


async def test_a_session_ends_after_ten_hours_however_busy(visitor: Visitor, gateway: Surroundings) -> None:
    await age_sessions(gateway, "create_time", "9 hours 59 minutes")
    assert "Rosa Martin" in (await visitor.get("/")).text
    await age_sessions(gateway, "create_time", "2 minutes")
    assert "Rosa Martin" not in (await visitor.get("/")).text


async def test_a_token_is_renewed_once_however_many_pages_are_asked_for(
    stranger: Visitor, gateway: Surroundings
) -> None:
    """A refresh token that comes twice would end the login."""
    gateway.issuer.access_seconds = 30
    await stranger.sign_in()
    await stranger.search()
    gateway.issuer.access_seconds = 300
    gateway.issuer.grants.clear()
    pages = await asyncio.gather(*(stranger.get("/results") for _ in range(8)))
    assert [page.status for page in pages] == [200] * 8
    assert gateway.issuer.grants.count("refresh_token") == 1


async def test_a_login_that_the_issuer_ended_ends_here(stranger: Visitor, gateway: Surroundings) -> None:
    gateway.issuer.access_seconds = 30
    await stranger.sign_in()
    gateway.issuer.refresh_tokens.clear()
    page = await stranger.search()
    assert page.status == 401
    assert "You have been signed out" in page.text
    assert "Sign in" in (await stranger.get("/")).reader.links


async def test_an_issuer_that_is_away_is_said_so(stranger: Visitor, gateway: Surroundings) -> None:
    begun = await stranger.client.get("/login", follow_redirects=False)
    gateway.issuer.answers = False
    page = await stranger.get(begun.headers["location"])
    assert page.status == 503
    assert "Kith is not working at the moment" in page.text
