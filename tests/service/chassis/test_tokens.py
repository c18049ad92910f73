"""Bad tokens of every kind get one and the same answer (S6; RFC 8725, RFC 9068)."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from services.chassis.caller import Kind, TokenVerifier
from services.chassis.errors import Unauthenticated, Unavailable
from tests.service.chassis.answers import Refusal, bearer, refusal
from tests.service.chassis.conftest import Fleet
from tests.service.chassis.issuer import Issuer
from tests.service.chassis.things import Thing, method

NOW = int(time.time())


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _unsigned(issuer: Issuer) -> str:
    header = {"alg": "none", "typ": "at+jwt", "kid": issuer.key.kid}
    return f"{_encoded(json.dumps(header))}.{_encoded(json.dumps(issuer.claims()))}."


def _hs256_with_the_public_key(issuer: Issuer) -> str:
    secret = OctKey.import_key(json.dumps(issuer.key.as_dict(private=False)))
    header = {"alg": "HS256", "typ": "at+jwt", "kid": issuer.key.kid}
    return jwt.encode(header, issuer.claims(), secret, algorithms=["HS256"])


def _rs256(issuer: Issuer) -> str:
    header = {"alg": "RS256", "typ": "at+jwt", "kid": issuer.key.kid}
    return jwt.encode(header, issuer.claims(), RSAKey.generate_key(2048), algorithms=["RS256"])


def _somebody_elses(issuer: Issuer) -> str:
    other = ECKey.generate_key("P-256")
    return jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": issuer.key.kid}, issuer.claims(), other)


def _own_key_embedded(issuer: Issuer) -> str:
    own = ECKey.generate_key("P-256", {"kid": "mine"})
    header = {"alg": "ES256", "typ": "at+jwt", "kid": "mine", "jwk": own.as_dict(private=False)}
    return jws.serialize_compact(header, json.dumps(issuer.claims()), own, algorithms=["ES256"])


def _payload_twice_an_audience(issuer: Issuer) -> str:
    claims = json.dumps(issuer.claims(aud="other"))[:-1] + ', "aud": "kith"}'
    header = {"alg": "ES256", "typ": "at+jwt", "kid": issuer.key.kid}
    return jws.serialize_compact(header, claims, issuer.key, algorithms=["ES256"])


def _deeply_nested(issuer: Issuer) -> str:
    return f"{_encoded('[' * 2000)}.{_encoded('{}')}.x"


def _altered(issuer: Issuer) -> str:
    header, _, signature = issuer.token().split(".")
    return f"{header}.{_encoded(json.dumps(issuer.claims(scope='things.read admin')))}.{signature}"


def _with_header(**fields: Any) -> Callable[[Issuer], str]:
    return lambda issuer: issuer.token(fields)


def _with_claims(**changed: Any) -> Callable[[Issuer], str]:
    return lambda issuer: issuer.token(**changed)


BAD: dict[str, Callable[[Issuer], str]] = {
    "alg none": _unsigned,
    "HS256 with the public key": _hs256_with_the_public_key,
    "RS256": _rs256,
    "signed by another key": _somebody_elses,
    "own key in the header": _own_key_embedded,
    "audience twice": _payload_twice_an_audience,
    "deeply nested": _deeply_nested,
    "altered": _altered,
    "unknown kid": _with_header(kid="second"),
    "no kid": _with_header(kid=None),
    "typ JWT": _with_header(typ="JWT"),
    "no typ": _with_header(typ=None),
    "jku": _with_header(jku="https://evil.example/jwks.json"),
    "x5u": _with_header(x5u="https://evil.example/x5u"),
    "expired": _with_claims(exp=NOW - 60),
    "no exp": _with_claims(exp=None),
    "exp is text": _with_claims(exp="tomorrow"),
    "not yet valid": _with_claims(nbf=NOW + 3600),
    "issued in the future": _with_claims(iat=NOW + 3600),
    "no iat": _with_claims(iat=None),
    "wrong audience": _with_claims(aud="other"),
    "no audience": _with_claims(aud=None),
    "audience among others": _with_claims(aud=["kith", "other"]),
    "wrong issuer": _with_claims(iss="https://evil.example"),
    "no issuer": _with_claims(iss=None),
    "no jti": _with_claims(jti=None),
    "no subject": _with_claims(sub=None),
    "empty subject": _with_claims(sub=""),
    "no client": _with_claims(client_id=None),
    "no kind": _with_claims(kind=None),
    "unknown kind": _with_claims(kind="god"),
    "service kind without a service's client": _with_claims(kind="service"),
    "a service's client without its kind": _with_claims(client_id="service-search", kind="system"),
    "scope is a list": _with_claims(scope=["things.read"]),
    "roles are text": _with_claims(roles="practitioner"),
    "organisation is a number": _with_claims(org=1),
    "too long": _with_claims(filler="x" * 5000),
    "not a token": lambda _: "rubbish",
    "empty": lambda _: "",
    "two parts": lambda issuer: issuer.token().rpartition(".")[0],
    "not base64": lambda _: "!!!.!!!.!!!",
}


@pytest.mark.parametrize("name", BAD)
async def test_s6_a_bad_token_is_refused_like_any_other(fleet: Fleet, name: str) -> None:
    call = method(fleet.channel, "GetThing")
    assert await call(Thing(), metadata=bearer(fleet.issuer.token())) == Thing()
    refused = await refusal(call(Thing(), metadata=bearer(BAD[name](fleet.issuer))))
    none = await refusal(call(Thing()))
    assert _seen(refused) == _seen(none)
    assert refused.code == "UNAUTHENTICATED"


@pytest.mark.parametrize("scheme", ["Basic", "DPoP", ""])
async def test_s6_only_bearer_tokens_are_taken(fleet: Fleet, scheme: str) -> None:
    metadata = (("authorization", f"{scheme} {fleet.issuer.token()}".strip()),)
    refused = await refusal(method(fleet.channel, "GetThing")(Thing(), metadata=metadata))
    assert refused.code == "UNAUTHENTICATED"


async def test_the_caller_is_what_the_token_says(issuer: Issuer) -> None:
    async with TokenVerifier(issuer.url) as verifier:
        person = await verifier.verify(issuer.token())
        service = await verifier.verify(issuer.service_token("search"))
    assert (person.kind, person.subject, person.organisation_id) == (
        Kind.PERSON,
        "person-1",
        "organisation-1",
    )
    assert person.scopes == {"things.read", "things.write"}
    assert person.roles == {"practitioner"}
    assert person.service is None
    assert person.relayed_by is None
    assert (service.service, service.organisation_id) == ("search", "")


async def test_keys_are_fetched_once_and_again_for_a_new_one_but_not_for_every_made_up_id(
    issuer: Issuer,
) -> None:
    async with TokenVerifier(issuer.url) as verifier:
        await verifier.verify(issuer.token())
        await verifier.verify(issuer.token())
        assert issuer.keys_fetched == 1
        for number in range(20):
            with pytest.raises(Unauthenticated):
                await verifier.verify(issuer.token({"kid": f"made-up-{number}"}))
        assert issuer.keys_fetched == 1
        issuer.key = ECKey.generate_key("P-256", {"kid": "second"})
        issuer.published.append(issuer.key)
        verifier._keys._next_fetch = 0.0
        assert (await verifier.verify(issuer.token())).subject == "person-1"
        assert issuer.keys_fetched == 2


async def test_g8_without_the_issuers_keys_the_answer_is_unavailable_and_then_recovers(
    issuer: Issuer,
) -> None:
    async with TokenVerifier(issuer.url) as verifier:
        issuer.answers = False
        with pytest.raises(Unavailable):
            await verifier.verify(issuer.token())
        issuer.answers = True
        verifier._keys._next_fetch = 0.0
        assert (await verifier.verify(issuer.token())).subject == "person-1"
        issuer.answers = False
        assert (await verifier.verify(issuer.token())).subject == "person-1"


async def test_a_remembered_token_is_forgotten_when_it_expires(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with TokenVerifier(issuer.url) as verifier:
        token = issuer.token()
        await verifier.verify(token)
        later = time.time() + 1000
        monkeypatch.setattr(time, "time", lambda: later)
        with pytest.raises(Unauthenticated):
            await verifier.verify(token)


def _seen(refused: Refusal) -> tuple[Any, ...]:
    return refused.code, refused.message, refused.reason, refused.domain, refused.metadata, refused.fields
