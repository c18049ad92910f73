"""Machine clients (CI-12, S9): who gets a token for itself, and who does not."""

import base64
import time
from datetime import timedelta
from typing import Any

import pytest

from services.chassis.caller import Kind, TokenVerifier
from tests.service.identity.assertions import TYPE, authenticating, new_key, signed
from tests.service.identity.running import Identity


async def test_an_agency_gets_a_token_that_services_accept(identity: Identity) -> None:
    organisation = await identity.organisation()
    client, key = await identity.agency(organisation, "children.register", "children.search")
    answer = await identity.ask(client.id, key)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["expires_in"] == 300
    async with TokenVerifier(identity.issuer) as verifier:
        caller = await verifier.verify(answer.json()["access_token"])
    assert caller.kind is Kind.SYSTEM
    assert (caller.client_id, caller.subject, caller.organisation_id) == (client.id, client.id, organisation)
    assert caller.scopes == {"children.register", "children.search"}


async def test_a_service_gets_a_token_of_its_own_kind(identity: Identity) -> None:
    async with TokenVerifier(identity.issuer) as verifier:
        for client in ("service-search", "service-gateway", "service-audit"):
            caller = await verifier.verify((await identity.ask(client)).json()["access_token"])
            assert (caller.kind, caller.client_id, caller.organisation_id) == (Kind.SERVICE, client, "")


async def test_a_client_may_ask_for_less_and_not_for_more(identity: Identity) -> None:
    client, key = await identity.agency(await identity.organisation(), "children.register", "children.read")
    less = await identity.ask(client.id, key, scope="children.read")
    more = await identity.ask(client.id, key, scope="children.read identity.admin")
    assert less.json()["scope"] == "children.read"
    assert (more.status_code, more.json()["error"]) == (400, "invalid_scope")


async def test_s9_an_assertion_is_good_once(identity: Identity) -> None:
    form = {
        "grant_type": "client_credentials",
        **authenticating(signed("operator", identity.keys["operator"], identity.issuer)),
    }
    assert (await identity.http.post("/token", data=form)).status_code == 200
    again = await identity.http.post("/token", data=form)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_client"})


async def test_both_names_of_the_issuer_are_good_audiences(identity: Identity) -> None:
    for audience in (identity.issuer, f"{identity.issuer}/token", [identity.issuer]):
        form = authenticating(signed("operator", identity.keys["operator"], audience))
        answer = await identity.http.post("/token", data={"grant_type": "client_credentials", **form})
        assert answer.status_code == 200


NOW = int(time.time())
BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "for somebody else": {"aud": "http://elsewhere.example/token"},
    "for two": {"aud": ["http://elsewhere.example", "ISSUER"]},
    "no audience": {"aud": None},
    "expired": {"exp": NOW - 3600},
    "no expiry": {"exp": None},
    "lives over five minutes": {"exp": NOW + 3600},
    "lives for ever": {"exp": 1e300},
    "expiry is text": {"exp": "tomorrow"},
    "not yet good": {"nbf": NOW + 3600},
    "issued in the future": {"iat": NOW + 3600},
    "no id": {"jti": None},
    "id of a NUL": {"jti": "a\0b"},
    "id is a number": {"jti": 7},
    "other issuer": {"iss": "service-search"},
    "other subject": {"sub": "service-search"},
    "no subject": {"sub": None},
    "subject is a list": {"sub": ["operator"]},
}


@pytest.mark.parametrize("claims", BAD_CLAIMS.values(), ids=BAD_CLAIMS.keys())
async def test_s9_a_bad_assertion_is_invalid_client(identity: Identity, claims: dict[str, Any]) -> None:
    changed = dict(claims)
    if isinstance(changed.get("aud"), list):
        changed["aud"] = [name.replace("ISSUER", identity.issuer) for name in changed["aud"]]
    assertion = signed("operator", identity.keys["operator"], identity.issuer, **changed)
    await _refused(identity, authenticating(assertion))


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "another"},
        {"alg": "HS256"},
        {"jwk": new_key("theirs").as_dict(private=False)},
        {"x5u": "http://127.0.0.1/"},
    ],
    ids=["other key id", "other algorithm", "key of its own", "address of a key"],
)
async def test_s9_a_bad_header_is_invalid_client(identity: Identity, header: dict[str, Any]) -> None:
    good = signed("operator", identity.keys["operator"], identity.issuer, header={"typ": "JWT"})
    if header.get("alg"):
        # Only the word is changed: joserfc will not sign with it.
        forged = base64.urlsafe_b64encode(b'{"alg":"HS256"}').rstrip(b"=").decode()
        assertion = ".".join([forged, *good.split(".")[1:]])
    else:
        assertion = signed("operator", identity.keys["operator"], identity.issuer, header=header)
    await _refused(identity, authenticating(assertion))


async def test_s9_another_clients_key_is_invalid_client(identity: Identity) -> None:
    organisation = await identity.organisation()
    first, first_key = await identity.agency(organisation)
    second, _ = await identity.agency(organisation)
    assert (await identity.ask(first.id, first_key)).status_code == 200
    other = await identity.ask(second.id, first_key)
    assert other.json() == {"error": "invalid_client"}
    platform = await identity.ask("operator", identity.keys["service-search"])
    assert platform.json() == {"error": "invalid_client"}


@pytest.mark.parametrize(
    "client_id", ["nobody", "00000000-0000-4000-8000-000000000000", "", "x" * 500, "a\0"]
)
async def test_an_unknown_client_gets_the_same_answer(identity: Identity, client_id: str) -> None:
    await _refused(identity, authenticating(signed(client_id, new_key("any"), identity.issuer)))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"client_assertion_type": TYPE},
        {"client_assertion_type": TYPE, "client_assertion": "a.b.c"},
        {"client_assertion_type": TYPE, "client_assertion": "W10.W10.W10"},
        {"client_assertion_type": TYPE, "client_assertion": "."},
        {"client_assertion_type": TYPE, "client_assertion": "é" * 10},
        {"client_assertion_type": TYPE, "client_assertion": "[" * 5000},
        {"client_id": "operator", "client_secret": "secret"},
    ],
)
async def test_what_is_no_assertion_is_invalid_client(identity: Identity, fields: dict[str, str]) -> None:
    await _refused(identity, fields)


async def test_a_client_id_beside_the_assertion_must_be_the_same(identity: Identity) -> None:
    answer = await identity.ask("operator", client_id="service-search")
    assert answer.json() == {"error": "invalid_client"}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"grant_type=client_credentials&grant_type=client_credentials", "application/x-www-form-urlencoded"),
        (b"a=" + b"b" * 20_000, "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"", "text/plain"),
    ],
    ids=["a name twice", "too large", "not ascii", "json", "nothing"],
)
async def test_what_is_no_form_is_an_invalid_request(identity: Identity, body: bytes, kind: str) -> None:
    answer = await identity.http.post("/token", content=body, headers={"content-type": kind})
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


async def test_an_unknown_grant_is_told(identity: Identity) -> None:
    answer = await identity.ask("operator", grant_type="password", username="a", password="b")
    assert answer.json() == {"error": "unsupported_grant_type"}


async def test_only_web_clients_log_people_in(identity: Identity) -> None:
    answer = await identity.ask("operator", grant_type="refresh_token", refresh_token="x")
    assert answer.json() == {"error": "unauthorized_client"}


@pytest.mark.parametrize(
    ("start", "end"),
    [(timedelta(days=-2), timedelta(days=-1)), (timedelta(days=1), timedelta(days=2))],
    ids=["agreement ended", "agreement not begun"],
)
async def test_ci10_no_token_without_a_current_agreement(
    identity: Identity, start: timedelta, end: timedelta
) -> None:
    organisation = await identity.organisation()
    client, key = await identity.agency(organisation)
    assert (await identity.ask(client.id, key)).status_code == 200
    await identity.readmit(organisation, start, end)
    answer = await identity.ask(client.id, key)
    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")
    await identity.readmit(organisation, timedelta(days=-1), timedelta(days=1))
    assert (await identity.ask(client.id, key)).status_code == 200


async def _refused(identity: Identity, fields: dict[str, str]) -> None:
    answer = await identity.http.post("/token", data={"grant_type": "client_credentials", **fields})
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_client"})
