"""What a token may carry (CI-12)."""

from services.identity import scopes
from services.identity.scopes import AGENCY, PERSON, Role

# To administer, to read the trail, and what only Kith's own services may do.
OF_THE_PLATFORM = {
    "identity.admin", "directory.admin", "events.read", "children.project", "consents.decide", "audit.append",
    "consents.policy",
}  # fmt: skip


def test_no_agency_and_no_person_holds_a_scope_of_the_platform() -> None:
    assert not AGENCY & OF_THE_PLATFORM
    for role in Role:
        assert not PERSON[role] & OF_THE_PLATFORM


def test_whoever_reads_the_trail_sees_no_child() -> None:
    for role in Role:
        held = PERSON[role]
        assert not ("audit.read" in held and any(scope.startswith("children.") for scope in held))


def test_nobody_but_a_shield_officer_decides_about_shields() -> None:
    """DESIGN 5 no. 7."""
    assert "shields.decide" not in AGENCY
    assert [role for role in Role if "shields.decide" in PERSON[role]] == [Role.SHIELD_OFFICER]


def test_nobody_but_a_directory_editor_decides_about_the_directory_and_sees_no_child() -> None:
    """SD-1: what others submit is approved by those who keep the directory, who need no child's record for it."""
    for scope in ("directory.approve", "directory.import"):
        assert scope not in AGENCY
        assert [role for role in Role if scope in PERSON[role]] == [Role.DIRECTORY_EDITOR]
    assert all(scope.startswith("directory.") for scope in PERSON[Role.DIRECTORY_EDITOR])


def test_every_role_holds_something() -> None:
    assert all(PERSON[role] for role in Role)


def test_a_client_gets_what_it_asked_for_if_it_holds_all_of_it() -> None:
    held = frozenset({"children.read", "caf.write"})
    assert scopes.of_client(frozenset(), held) == held
    assert scopes.of_client(frozenset({"caf.write"}), held) == frozenset({"caf.write"})
    assert scopes.of_client(frozenset({"caf.write", "audit.read"}), held) is None


def test_a_person_gets_what_was_asked_for_as_far_as_the_role_holds_it() -> None:
    asked = frozenset({"openid", "children.read", "audit.read"})
    assert scopes.of_person(asked, Role.PRACTITIONER) == {"children.read"}
    assert scopes.of_person(asked, Role.PRIVACY_OFFICER) == {"audit.read"}
    assert scopes.of_person(frozenset({"openid", "profile"}), Role.INDEX_DESK) == PERSON[Role.INDEX_DESK]
    # Asked for nothing that the role holds: nothing, and not everything.
    assert scopes.of_person(frozenset({"openid", "audit.read"}), Role.PRACTITIONER) == frozenset()
