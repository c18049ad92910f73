"""`IdentityService`: organisations, their systems, their people (CI-10, CI-11, CI-12)."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from joserfc.jwk import ECKey, RSAKey

from kith.identity.v1 import identity_service_pb2 as pb
from tests.service.chassis.answers import bearer, refusal
from tests.service.identity.assertions import new_key
from tests.service.identity.running import Identity, from_now, person_request


def _client_request(organisation_id: str, **changed: object) -> pb.CreateClientRequest:
    fields: dict[str, object] = {
        "organisation_id": organisation_id,
        "display_name": "Case system",
        "public_jwk": json.dumps(new_key("one").as_dict(private=False)),
        "scopes": ["children.read"],
        "request_id": str(uuid4()),
    }
    return pb.CreateClientRequest(**(fields | changed))  # type: ignore[arg-type] # some are wrong on purpose


async def test_only_the_operator_may(identity: Identity) -> None:
    client, key = await identity.agency(await identity.organisation(), "children.read")
    token = (await identity.ask(client.id, key)).json()["access_token"]
    request = person_request(str(uuid4()))
    assert (
        await refusal(identity.stub.CreatePerson(request, metadata=bearer(token)))
    ).code == "PERMISSION_DENIED"
    assert (await refusal(identity.stub.CreatePerson(request))).code == "UNAUTHENTICATED"


async def test_an_agreement_cannot_end_before_it_starts(identity: Identity) -> None:
    request = pb.AdmitOrganisationRequest(
        organisation_id=str(uuid4()),
        agreement_start_time=from_now(timedelta(days=1)),
        agreement_end_time=from_now(timedelta(days=0)),
    )
    refused = await refusal(identity.stub.AdmitOrganisation(request, metadata=await identity.administrator()))
    assert refused.code == "INVALID_ARGUMENT"
    assert set(refused.fields) == {"agreement_end_time"}


async def test_an_organisation_must_be_admitted_first(identity: Identity) -> None:
    nowhere = str(uuid4())
    administrator = await identity.administrator()
    for call in (
        identity.stub.CreateClient(_client_request(nowhere), metadata=administrator),
        identity.stub.CreatePerson(person_request(nowhere), metadata=administrator),
    ):
        refused = await refusal(call)
        assert (refused.code, refused.reason) == ("NOT_FOUND", "ORGANISATION_NOT_ADMITTED")
        assert refused.domain == "identity.kith"


BAD_KEYS = {
    "private": new_key("one").as_dict(private=True),
    "no id": ECKey.generate_key("P-256").as_dict(private=False),
    "other curve": ECKey.generate_key("P-384", {"kid": "one"}).as_dict(private=False),
    "rsa": RSAKey.generate_key(2048, {"kid": "one"}).as_dict(private=False),
    "for encryption": new_key("one").as_dict(private=False) | {"use": "enc"},
    "off the curve": new_key("one").as_dict(private=False)
    | {"x": new_key("two").as_dict(private=False)["x"]},
    "a list": [1],
}


@pytest.mark.parametrize("key", BAD_KEYS.values(), ids=BAD_KEYS.keys())
async def test_a_key_must_be_a_public_es256_key(identity: Identity, key: object) -> None:
    organisation = await identity.organisation()
    request = _client_request(organisation, public_jwk=json.dumps(key))
    refused = await refusal(identity.stub.CreateClient(request, metadata=await identity.administrator()))
    assert (refused.code, set(refused.fields)) == ("INVALID_ARGUMENT", {"public_jwk"})


async def test_ci12_an_agency_never_holds_a_scope_of_the_platform(identity: Identity) -> None:
    organisation = await identity.organisation()
    for scope in ("identity.admin", "audit.read", "events.read", "children.project", "made.up"):
        request = _client_request(organisation, scopes=["children.read", scope])
        refused = await refusal(identity.stub.CreateClient(request, metadata=await identity.administrator()))
        assert (refused.code, set(refused.fields)) == ("INVALID_ARGUMENT", {"scopes"})


async def test_a_username_belongs_to_one_person(identity: Identity) -> None:
    organisation = await identity.organisation()
    person = await identity.person(organisation)
    request = person_request(organisation, username=person.username.upper())
    refused = await refusal(identity.stub.CreatePerson(request, metadata=await identity.administrator()))
    assert (refused.code, refused.reason) == ("ALREADY_EXISTS", "USERNAME_TAKEN")
    assert person.username.lower() not in refused.everything.lower()


async def test_a_retry_gets_the_same_answer(identity: Identity) -> None:
    administrator = await identity.administrator()
    organisation = await identity.organisation()
    for_client, for_person = _client_request(organisation), person_request(organisation)
    clients = [await identity.stub.CreateClient(for_client, metadata=administrator) for _ in range(2)]
    people = [await identity.stub.CreatePerson(for_person, metadata=administrator) for _ in range(2)]
    assert clients[0] == clients[1]
    assert people[0] == people[1]
    other = person_request(organisation, request_id=for_person.request_id)
    refused = await refusal(identity.stub.CreatePerson(other, metadata=administrator))
    assert refused.reason == "REQUEST_ID_REUSED"


@pytest.mark.parametrize("field", ["username", "display_name"])
@pytest.mark.parametrize("text", ["a\0b", "line\nbreak", "   "])
async def test_names_are_printable(identity: Identity, field: str, text: str) -> None:
    request = person_request(await identity.organisation(), **{field: text})
    refused = await refusal(identity.stub.CreatePerson(request, metadata=await identity.administrator()))
    assert (refused.code, set(refused.fields)) == ("INVALID_ARGUMENT", {field})


async def test_a_time_that_does_not_exist_is_refused(identity: Identity) -> None:
    request = person_request(await identity.organisation())
    request.vetting_expire_time.seconds = 10**15
    refused = await refusal(identity.stub.CreatePerson(request, metadata=await identity.administrator()))
    assert (refused.code, set(refused.fields)) == ("INVALID_ARGUMENT", {"vetting_expire_time"})
