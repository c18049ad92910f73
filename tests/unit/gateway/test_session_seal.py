"""A session at rest: neither database nor keyring opens it without the cookie."""

import os

import pytest

from services.chassis.keyring import Keyring
from services.gateway import session
from services.gateway.session import Draft, Person, SignedIn, SigningIn, Tokens
from services.gateway.session_seal import SessionSeal, id_hash


def keyring(active: str = "1") -> Keyring:
    keys = {"1": b"1" * 32, "2": b"2" * 32}
    return Keyring({"session": active}, {"session": keys})


def signed_in() -> SignedIn:
    return SignedIn(
        person=Person(display_name="Rosa Martin", organisation_id="o", practitioner_id="p", roles=("R",)),
        tokens=Tokens(access="a", refresh="r", expire_time=1.5),
    )


@pytest.mark.parametrize(
    "kept", [signed_in(), SigningIn(state="s", nonce="n", verifier="v")], ids=["signed in", "signing in"]
)
def test_a_session_comes_back_as_it_was(kept: session.Session) -> None:
    seal = SessionSeal(keyring())
    version, sealed = seal.seal("cookie", session.to_bytes(kept))
    plain = seal.open("cookie", version, sealed)
    assert plain is not None
    assert session.from_bytes(plain) == kept


def test_only_its_own_cookie_opens_it() -> None:
    seal = SessionSeal(keyring())
    version, sealed = seal.seal("cookie", b"secret")
    assert b"secret" not in sealed
    assert b"cookie" not in sealed + id_hash("cookie")
    assert seal.open("another", version, sealed) is None
    assert seal.open("cookie", version, sealed[:-1] + os.urandom(1)) in {None, b"secret"}
    assert seal.open("cookie", version, bytes(len(sealed))) is None


def test_keys_rotate_without_signing_anybody_out() -> None:
    version, sealed = SessionSeal(keyring("1")).seal("cookie", b"secret")
    assert SessionSeal(keyring("2")).open("cookie", version, sealed) == b"secret"
    assert SessionSeal(keyring("2")).open("cookie", "3", sealed) is None


def test_the_oldest_of_many_drafts_is_forgotten() -> None:
    kept = signed_in()
    for number in range(session.MOST_DRAFTS + 1):
        kept = kept.with_draft(Draft(child_id=str(number), request_id=str(number)))
    assert kept.draft_of("0") is None
    assert len(kept.drafts) == session.MOST_DRAFTS
    assert kept.without_draft("1").draft_of("1") is None
