"""What a token may carry: scopes of agencies' systems, and scopes of people by role (CI-12, DESIGN 5 no. 6)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a person does with the index; `kith.identity.v1.Person.Role` without its prefix."""

    PRACTITIONER = "PRACTITIONER"
    INDEX_DESK = "INDEX_DESK"
    PRIVACY_OFFICER = "PRIVACY_OFFICER"
    SHIELD_OFFICER = "SHIELD_OFFICER"
    DIRECTORY_EDITOR = "DIRECTORY_EDITOR"


AGENCY: Final = frozenset({
    "children.register", "children.read", "children.search", "involvements.write", "caf.write", "consents.read",
    "consents.write", "family.write", "sharing.write", "directory.read", "directory.edit",
})  # fmt: skip
"""What a system of an organisation may hold at most."""

_WORKS_WITH_CHILDREN: Final = frozenset({
    "children.search", "children.read", "involvements.write", "consents.read", "consents.write", "family.write",
    "sharing.write", "directory.read", "directory.edit",
})  # fmt: skip

PERSON: Final[Mapping[Role, frozenset[str]]] = {
    Role.PRACTITIONER: _WORKS_WITH_CHILDREN,
    Role.INDEX_DESK: _WORKS_WITH_CHILDREN,
    # Sees who looked, and counts of consents, not the children.
    Role.PRIVACY_OFFICER: frozenset({"audit.read", "consents.report"}),
    # Of a shielded child an officer sees no more than anybody else (DESIGN 5 no. 7).
    Role.SHIELD_OFFICER: frozenset(
        {
            "shields.decide",
            "children.search",
            "children.read",
            "involvements.write",
            "directory.read",
        }
    ),
    # Decides on what others submit, whatever their organisation (SD-1); no child's record comes with it.
    Role.DIRECTORY_EDITOR: frozenset(
        {"directory.read", "directory.edit", "directory.approve", "directory.import"}
    ),
}
"""What a person of each role holds."""

OPENID: Final = frozenset({"openid", "profile"})
"""Scopes of OpenID Connect: they ask for an ID token and are not carried by access tokens."""


def of_client(requested: frozenset[str], held: frozenset[str]) -> frozenset[str] | None:
    """Return what a client's own token carries: all it holds, or what it asked for; None if it asked for more."""
    if not requested:
        return held
    return requested if requested <= held else None


def of_person(requested: frozenset[str], role: Role) -> frozenset[str]:
    """Return what a person's token carries: all of the role, or the part of it that was asked for.

    The gateway asks before it knows who will log in, so what the role does not hold is left out in silence.
    """
    wanted = requested - OPENID
    return PERSON[role] & wanted if wanted else PERSON[role]
