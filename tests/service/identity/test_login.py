"""People log in (CI-10, CI-11, S10): the page, the password, the standing."""

from datetime import timedelta

import pytest
from joserfc import jws, jwt
from joserfc.jwk import KeySet

from kith.identity.v1.identity_pb2 import Person
from services.chassis.caller import Kind, TokenVerifier
from services.identity.password_login import TRIES_PER_SOURCE, TRIES_PER_USERNAME
from tests.service.identity.browser import Browser, returned
from tests.service.identity.running import PASSWORD, REDIRECT_URI, Identity, from_now

WRONG = "The username or the password is not right"


async def test_a_practitioner_logs_in(identity: Identity, browser: Browser) -> None:
    organisation = await identity.organisation()
    person = await identity.person(organisation)
    back = returned(await browser.log_in(person.username))
    assert (back["state"], back["iss"], set(back)) == ("state-1", identity.issuer, {"code", "state", "iss"})
    tokens = (await browser.exchange(back["code"])).json()

    async with TokenVerifier(identity.issuer) as verifier:
        caller = await verifier.verify(tokens["access_token"])
    assert (caller.kind, caller.subject, caller.client_id) == (Kind.PERSON, person.id, "service-gateway")
    assert (caller.organisation_id, caller.roles) == (organisation, frozenset({"PRACTITIONER"}))
    assert caller.scopes == {
        "children.search", "children.read", "involvements.write", "consents.read", "consents.write", "family.write",
        "sharing.write", "directory.read", "directory.edit",
    }  # fmt: skip

    published = KeySet.import_key_set((await identity.http.get("/jwks.json")).json())
    claims = jwt.decode(tokens["id_token"], published, algorithms=["ES256"]).claims
    assert (claims["aud"], claims["nonce"], claims["sub"]) == ("service-gateway", "nonce-1", person.id)
    assert (claims["name"], claims["org"]) == (person.display_name, organisation)
    assert (claims["practitioner_id"], claims["roles"]) == (person.practitioner_id, ["PRACTITIONER"])


async def test_an_id_token_is_no_access_token(identity: Identity, browser: Browser) -> None:
    person = await identity.person(await identity.organisation())
    tokens = (await browser.exchange(await browser.code(person.username))).json()
    assert jws.extract_compact(tokens["id_token"].encode()).headers()["typ"] == "JWT"
    assert jws.extract_compact(tokens["access_token"].encode()).headers()["typ"] == "at+jwt"


async def test_a_privacy_officer_gets_the_trail_and_no_children(identity: Identity, browser: Browser) -> None:
    person = await identity.person(await identity.organisation(), role=Person.ROLE_PRIVACY_OFFICER)
    code = await browser.code(person.username, scope="openid children.search audit.read")
    assert (await browser.exchange(code)).json()["scope"] == "audit.read"


async def test_the_username_is_found_in_any_case(identity: Identity, browser: Browser) -> None:
    person = await identity.person(await identity.organisation())
    assert await browser.code(f" {person.username.upper()} ")


async def test_a_wrong_password_and_an_unknown_name_are_alike(identity: Identity) -> None:
    person = await identity.person(await identity.organisation())
    pages = []
    for username in (person.username, "nobody.at.all", "nul\0name"):
        browser = Browser(identity)
        page = await browser.log_in(username, "not the password")
        assert page.status_code == 400
        form_token = browser.cookies["kith-login"]
        assert form_token not in page.text
        pages.append(page)
    wrong, unknown, odd = (_without_what_was_sent(page.text) for page in pages)
    assert WRONG in wrong
    assert wrong == unknown == odd


async def test_the_username_is_kept_and_the_password_is_not(browser: Browser) -> None:
    page = await browser.log_in('<b>"worker"', "wrong-secret-word")
    assert 'value="&lt;b&gt;&#34;worker&#34;"' in page.text
    assert "wrong-secret-word" not in page.text


async def test_errors_are_told_in_words_at_the_fields(browser: Browser) -> None:
    page = await browser.submit(await browser.open(), "", "")
    assert page.status_code == 400
    assert "<title>Error: Sign in" in page.text
    assert 'role="alert"' in page.text
    for field, text in {"username": "Enter your username", "password": "Enter your password"}.items():
        assert f'<a href="#{field}">{text}</a>' in page.text
        assert f'aria-describedby="{field}-error"' in page.text


async def test_after_ten_wrong_tries_the_right_password_is_refused_alike(identity: Identity) -> None:
    person = await identity.person(await identity.organisation())
    wrong = await Browser(identity).log_in(person.username, "not the password")
    for _ in range(TRIES_PER_USERNAME - 1):
        assert WRONG in (await Browser(identity).log_in(person.username, "not the password")).text
    locked = await Browser(identity).log_in(person.username)
    assert locked.status_code == 400
    assert _without_what_was_sent(locked.text) == _without_what_was_sent(wrong.text)
    # Fifteen minutes later
    await identity.execute("UPDATE login_attempt SET create_time = create_time - interval '15 minutes'")
    assert await Browser(identity).code(person.username)


async def test_after_a_hundred_wrong_tries_a_source_is_refused(identity: Identity) -> None:
    person = await identity.person(await identity.organisation())
    await Browser(identity).log_in("nobody.at.all", "not the password")
    await identity.execute(
        "INSERT INTO login_attempt (username_hash, source_hash)"
        " SELECT '\\x00', source_hash FROM (SELECT source_hash FROM login_attempt LIMIT 1) AS ours,"
        " generate_series(1, $1)",
        TRIES_PER_SOURCE,
    )
    assert WRONG in (await Browser(identity).log_in(person.username)).text
    await identity.execute("DELETE FROM login_attempt")
    assert await Browser(identity).code(person.username)


async def test_a_right_password_ends_the_counting(identity: Identity) -> None:
    person = await identity.person(await identity.organisation())
    for _ in range(2):
        for _ in range(TRIES_PER_USERNAME - 1):
            await Browser(identity).log_in(person.username, "not the password")
        assert await Browser(identity).code(person.username)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"vetting_expire_time": from_now(timedelta(minutes=-1))}, "Your vetting has expired."),
        ({"training_time": from_now(timedelta(days=1))}, "Your training is not complete."),
    ],
    ids=["vetting expired", "not trained yet"],
)
async def test_ci11_no_access_before_all_is_valid(
    identity: Identity, browser: Browser, changed: dict[str, object], words: str
) -> None:
    person = await identity.person(await identity.organisation(), **changed)
    page = await browser.log_in(person.username)
    assert page.status_code == 403
    assert words in page.text
    # Told to those alone who have proved who they are.
    assert words not in (await browser.log_in(person.username, "not the password")).text


async def test_ci10_no_login_without_a_current_agreement(identity: Identity, browser: Browser) -> None:
    organisation = await identity.organisation()
    person = await identity.person(organisation)
    await identity.readmit(organisation, timedelta(days=-2), timedelta(days=-1))
    page = await browser.log_in(person.username)
    assert page.status_code == 403
    assert "no current sharing agreement" in page.text


async def test_s10_a_form_from_elsewhere_is_refused(identity: Identity, browser: Browser) -> None:
    person = await identity.person(await identity.organisation())
    page = await browser.open()
    assert "code" in returned(await browser.submit(page, person.username))
    forged = await browser.submit(page, person.username, form_token="0" * 32)
    # A page of one browser sent by another: as a forger would, who can open the page himself.
    elsewhere = await Browser(identity).submit(page, person.username)
    for answer in (forged, elsewhere):
        assert answer.status_code == 400
        assert "open too long" in answer.text


async def test_s10_the_cookie_and_the_page_are_closed_to_others(browser: Browser) -> None:
    page = await browser.open()
    cookie = page.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:8080;" in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"nonce": "n" * 600}, "invalid_request"),
        ({"scope": "children.search"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"prompt": "none"}, "login_required"),
        ({"request": "x"}, "request_not_supported"),
    ],
)
async def test_a_wrong_request_goes_back_to_the_gateway(
    browser: Browser, changed: dict[str, str | None], error: str
) -> None:
    back = returned(await browser.open(**changed))
    assert back["error"] == error
    assert back.get("state") == (None if "state" in changed else "state-1")


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": f"{REDIRECT_URI}/"},
        {"redirect_uri": "http://elsewhere.example/"},
        {"redirect_uri": None},
        {"client_id": "operator"},
        {"client_id": "nobody"},
        {"client_id": None},
    ],
)
async def test_nobody_is_sent_to_an_address_that_is_not_registered(
    browser: Browser, changed: dict[str, str | None]
) -> None:
    page = await browser.open(**changed)
    assert page.status_code == 400
    assert "location" not in page.headers


async def test_a_parameter_sent_twice_is_refused(identity: Identity, browser: Browser) -> None:
    twice = {**browser.parameters(), "redirect_uri": [REDIRECT_URI, REDIRECT_URI]}
    page = await identity.http.get("/authorize", params=twice)
    assert page.status_code == 400


async def test_g7_no_name_and_no_password_in_urls_and_logs(identity: Identity, browser: Browser) -> None:
    canary = "Zebedee.Marchbanks"
    person = await identity.person(
        await identity.organisation(), username=canary, display_name="Zebedee Marchbanks"
    )
    await browser.log_in(canary, "mistyped-Hornblower")
    code = await browser.code(canary)
    tokens = (await browser.exchange(code)).json()
    await identity.http.get(f"/nowhere/{canary}")
    await browser.open(state=canary, scope=None)
    said = identity.process.log
    assert '"method": "/authorize"' in said
    for secret in (canary, "Marchbanks", "mistyped", PASSWORD, code, tokens["refresh_token"], person.id):
        assert secret.lower() not in said.lower()
    for url in browser.urls[:-2]:
        assert "Zebedee" not in url
        assert "mistyped" not in url


def _without_what_was_sent(page: str) -> str:
    """A login page without what belongs to the browser: the username and the proof that the form is ours."""
    kept = [
        line for line in page.splitlines() if 'name="form_token"' not in line and 'id="username"' not in line
    ]
    return "\n".join(line for line in kept if 'name="code_challenge"' not in line)
