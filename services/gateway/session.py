"""What is kept of somebody who uses the pages, from the sign-in on. Never sent to the browser."""

import base64
import secrets
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

MOST_DRAFTS = 5
"""Involvements begun and not yet sent; the oldest is forgotten."""


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class SigningIn(_Kept):
    """On the way to the issuer and back; ten minutes at most."""

    kind: Literal["signing_in"] = "signing_in"
    state: str
    nonce: str
    verifier: str


class Person(_Kept):
    """Who has signed in, from the ID token."""

    display_name: str
    organisation_id: str
    practitioner_id: str
    roles: tuple[str, ...]


class Tokens(_Kept):
    """What the issuer gave; `expire_time` is that of the access token, in seconds since 1970."""

    access: str
    refresh: str
    expire_time: float


class Draft(_Kept):
    """An involvement being logged; `answers` is what was typed.

    `request_id` is made when its form is first shown, so sending it twice records it once.
    """

    child_id: str
    request_id: str
    answers: dict[str, str] = {}
    service_id: str = ""
    basis_required: bool = False


class SignedIn(_Kept):
    """A session. `csrf` goes into every form; `handle_key` seals the handles by which its pages name things."""

    kind: Literal["signed_in"] = "signed_in"
    person: Person
    tokens: Tokens
    csrf: str = Field(default_factory=lambda: secrets.token_urlsafe(32))
    handle_key: str = Field(default_factory=lambda: base64.b64encode(secrets.token_bytes(64)).decode())
    purpose: str = ""
    typed: dict[str, str] = {}
    """The last search as it was typed; empty before the first."""
    drafts: tuple[Draft, ...] = ()
    notice: str = ""
    """Said on the next page and then forgotten: the name of a sentence."""

    def draft_of(self, child_id: str) -> Draft | None:
        """The involvement being logged for a child."""
        return next((draft for draft in self.drafts if draft.child_id == child_id), None)

    def with_draft(self, draft: Draft) -> "SignedIn":
        """The session with this draft in the place of the child's earlier one."""
        others = self.without_draft(draft.child_id).drafts
        return self.model_copy(update={"drafts": (*others, draft)[-MOST_DRAFTS:]})

    def without_draft(self, child_id: str) -> "SignedIn":
        """The session without a draft for this child."""
        kept = tuple(draft for draft in self.drafts if draft.child_id != child_id)
        return self.model_copy(update={"drafts": kept})


Session: TypeAlias = SigningIn | SignedIn

_STORED: TypeAdapter[Session] = TypeAdapter(Annotated[Session, Field(discriminator="kind")])


def to_bytes(session: Session) -> bytes:
    """Return the session as it is sealed."""
    return _STORED.dump_json(session)


def from_bytes(stored: bytes) -> Session:
    """Return the session. Raises pydantic.ValidationError if a release made it that wrote it otherwise."""
    return _STORED.validate_json(stored)
