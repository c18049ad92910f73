"""A consent as a FHIR R5 `Consent` resource; the mapping stands in README.md, the library judges the form. Pure."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from fhir.resources.consent import Consent as FhirConsent

from kith.consent.v1 import consent_pb2 as pb
from services.consent.consent import Consent
from services.consent.decision_facts import KINDS, MEANS, PURPOSES, SCOPES

_URI: Final = "urn:ietf:rfc:3986"
STATUSES: Final = {
    pb.Consent.STATE_REQUESTED: "draft",
    pb.Consent.STATE_GIVEN: "active",
    # Nothing may be done on it, and it may be given again.
    pb.Consent.STATE_FROZEN: "unknown",
    pb.Consent.STATE_REFUSED: "not-done",
    pb.Consent.STATE_WITHDRAWN: "inactive",
    pb.Consent.STATE_EXPIRED: "inactive",
    pb.Consent.STATE_SUPERSEDED: "inactive",
    pb.Consent.STATE_INVALIDATED: "entered-in-error",
}
"""Of the value set consent-state-codes of R5; the library checks the form of a code, a test checks that it is one."""
_FOR_NO_FAMILY: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    "code": "NOPAT",
    "display": "no disclosure to patient, family or caregivers without attending provider's authorization",
}
_OBJECTED: Final = frozenset({pb.Consent.STATE_REFUSED, pb.Consent.STATE_WITHDRAWN})
_METHODS: Final = {
    pb.Consent.METHOD_IN_PERSON: "in-person",
    pb.Consent.METHOD_PAPER: "paper",
    pb.Consent.METHOD_PHONE: "phone",
    pb.Consent.METHOD_ONLINE: "online",
}


def exported(consent: Consent, child_id: UUID, *, restricted: bool) -> str:
    """Return the resource as JSON. `child_id` is the reader's own id of the child.

    `restricted`: somebody around the child must not be told, so that whoever receives it is to show it to no family.

    Raises pydantic's ValidationError for what is no FHIR: a defect of ours, since everything is checked before.
    """
    found = _resource(consent, child_id)
    if restricted:
        found["meta"]["security"] = [_FOR_NO_FAMILY]
    resource = FhirConsent.model_validate(found)
    return resource.model_dump_json(exclude_none=True)


def _resource(consent: Consent, child_id: UUID) -> dict[str, Any]:
    given = consent.giver != pb.Consent.GIVER_UNSPECIFIED
    resource: dict[str, Any] = {
        "resourceType": "Consent",
        "id": str(consent.id),
        "meta": {"versionId": str(consent.version), "lastUpdated": consent.update_time.isoformat()},
        "identifier": [_identifier(consent.id)],
        "status": STATUSES[consent.state],
        "category": [_concept("consent-kind", KINDS[consent.kind].value)],
        "subject": _reference("Patient", child_id),
        "controller": [_reference("Organization", consent.recording_organisation_id)],
        "grantee": [
            *(_reference("Organization", id_) for id_ in sorted(consent.recipient_organisation_ids)),
            *(_reference("HealthcareService", id_) for id_ in sorted(consent.recipient_service_ids)),
        ],
        "decision": "deny" if consent.state in _OBJECTED else "permit",
        "provision": [
            {
                "period": _period(consent),
                "action": [_concept("means", MEANS[means]) for means in sorted(consent.means)],
                "purpose": [_coding("purpose", PURPOSES[purpose]) for purpose in sorted(consent.purposes)],
                "code": [_concept("scope", SCOPES[consent.scope])],
            }
        ],
    }
    if given:
        resource |= _how_given(consent, child_id)
    return _without_empty(resource)


def _how_given(consent: Consent, child_id: UUID) -> dict[str, Any]:
    by_child = consent.giver == pb.Consent.GIVER_CHILD
    grantor = _reference("Patient", child_id)
    if not by_child:
        grantor = (
            {"display": pb.Consent.Giver.Name(consent.giver).removeprefix("GIVER_").lower()}
            if consent.giver_person_id is None
            else _reference("RelatedPerson", consent.giver_person_id)
        )
    return {
        "date": consent.say_date.isoformat(),
        "period": _period(consent),
        "grantor": [grantor],
        "policyText": [{"identifier": _wording(consent), "display": consent.wording_version}],
        "verification": [
            {
                "verified": consent.entitled,
                "verificationType": _concept("method", _METHODS[consent.method]),
                "verificationDate": [consent.create_time.isoformat()],
            }
        ],
    }


def _period(consent: Consent) -> dict[str, str]:
    return {"start": consent.start_date.isoformat(), "end": consent.expire_date.isoformat()}


def _wording(consent: Consent) -> dict[str, str]:
    if consent.wording_id is not None:
        return _identifier(consent.wording_id)
    if consent.wording_sha256:
        return {"system": "urn:kith:wording-sha256", "value": consent.wording_sha256.hex()}
    return {"system": "urn:kith:wording-version", "value": consent.wording_version}


def _identifier(id_: UUID) -> dict[str, str]:
    return {"system": _URI, "value": f"urn:uuid:{id_}"}


def _reference(kind: str, id_: UUID) -> dict[str, Any]:
    return {"type": kind, "identifier": _identifier(id_)}


def _coding(system: str, code: str) -> dict[str, str]:
    return {"system": f"urn:kith:{system}", "code": code.replace("_", "-")}


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [_coding(system, code)]}


def _without_empty(resource: dict[str, Any]) -> dict[str, Any]:
    """Return it without empty lists, which are no FHIR."""
    return {name: value for name, value in resource.items() if not _empty(value)}


def _empty(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str) and not value
