"""Receipts of consents for those who gave them: the fields of ISO/IEC TS 27560:2023, signed (ES256). Pure.

Field names as in ISO/IEC TS 27560 section 6.3 and 6.4, after the guide of the Data Privacy Vocabularies group
(dev.dpvcg.org/guides/consent-27560). There is no name in it: neither is one known here, nor could the receipt be given
to somebody else by mistake with harm. The page that prints it adds what the reader is to see.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jws
from joserfc.jwk import ECKey

from services.chassis.keyring import Keyring
from services.consent.consent import Consent
from services.consent.decision_facts import KINDS, MEANS, PURPOSES, SCOPES, STATES
from services.consent.wording import Wording

_USE: Final = "receipt"
_SCHEMA: Final = "ISO/IEC TS 27560:2023"
# FIPS 186-5 A.2.1: the order of P-256; 32 random bytes reduced to it are uniform to within 2^-32.
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_EVENTS: Final = {
    "given": "consent given", "withdrawn": "consent withdrawn", "frozen": "consent to be confirmed",
    "expired": "consent expired", "superseded": "consent replaced", "invalidated": "consent invalidated",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Receipt:
    """The receipt as JSON, the same signed as a compact JWS, and the public key to verify it with."""

    json: str
    jws: str
    public_jwk: str


class Receipts:
    """Makes receipts. The signing key is derived from the keyring's `receipt` key, whose version is the key id."""

    def __init__(self, keyring: Keyring) -> None:
        version, secret = keyring.active(_USE)
        scalar = int.from_bytes(secret) % (_ORDER - 1) + 1
        private = ec.derive_private_key(scalar, ec.SECP256R1())
        self._key_id = f"receipt-{version}"
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._key = ECKey.import_key(pem, {"kid": self._key_id})

    def make(self, consent: Consent, wording: Wording | None, now: datetime) -> Receipt:
        """Return the receipt of a consent as it now stands."""
        text = json.dumps(_fields(consent, wording, now), ensure_ascii=False, sort_keys=True)
        header = {"alg": "ES256", "typ": "JOSE", "kid": self._key_id}
        signed = jws.serialize_compact(header, text.encode(), self._key, algorithms=["ES256"])
        public = json.dumps(self._key.as_dict(private=False), sort_keys=True)
        return Receipt(text, signed, public)


def _fields(consent: Consent, wording: Wording | None, now: datetime) -> dict[str, Any]:
    return {
        "schema_version": _SCHEMA,
        "receipt_id": str(uuid4()),
        "record_id": str(consent.id),
        # Means nothing outside this receipt: the child's id leaves no service (DESIGN 5 no. 1).
        "pii_principal_id": str(consent.giver_person_id or consent.id),
        "issue_time": now.isoformat(),
        "pii_processing": [_processing(consent, wording)],
        "party_identification": [_party(consent.recording_organisation_id, "pii_controller")]
        + [_party(id_, "recipient_third_party") for id_ in sorted(consent.recipient_organisation_ids)],
        "event": [_event(consent)],
    }


def _processing(consent: Consent, wording: Wording | None) -> dict[str, Any]:
    return {
        "privacy_notice": {
            "version": consent.wording_version,
            "sha256": consent.wording_sha256.hex() or None,
            "language": None if wording is None else wording.language,
        },
        "purposes": [
            {
                "purpose": PURPOSES[purpose],
                "purpose_type": KINDS[consent.kind].value,
                "lawful_basis": "see privacy notice: a consent to share is no lawful basis",
                "pii_information": [{"pii_type": SCOPES[consent.scope], "pii_optional": True}],
                "pii_controllers": [str(consent.recording_organisation_id)],
                "collection_method": "recorded by a worker",
                "processing_method": [MEANS[means] for means in sorted(consent.means)],
                "services": sorted(map(str, consent.recipient_service_ids)),
                "jurisdiction": "England",
                "recipient_third_parties": sorted(map(str, consent.recipient_organisation_ids)),
                "withdrawal_method": "tell the organisation that recorded it, at any time and without a reason",
                "privacy_rights": [
                    "to be informed",
                    "access",
                    "rectification",
                    "erasure",
                    "to object",
                    "to complain",
                ],
            }
            for purpose in sorted(consent.purposes)
        ],
    }


def _party(organisation_id: object, role: str) -> dict[str, str]:
    return {"party_id": str(organisation_id), "party_role": role, "party_type": "organisation"}


def _event(consent: Consent) -> dict[str, Any]:
    state = STATES[consent.state].value
    return {
        "event_time": consent.update_time.isoformat(),
        "event_type": _EVENTS[state],
        "event_state": state,
        "entity_id": str(consent.recording_organisation_id),
        "validity_duration": {
            "start_date": consent.start_date.isoformat(), "end_date": consent.expire_date.isoformat(),
        },
        "given_date": consent.say_date.isoformat(),
        "limits_of_confidentiality_explained": consent.limits_explained,
    }  # fmt: skip
