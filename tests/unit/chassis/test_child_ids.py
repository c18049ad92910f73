"""Each organisation's own child ids (DESIGN 5 no. 1)."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.child_ids import ChildIds
from services.chassis.keyring import Keyring

IDS = ChildIds(Keyring({"child_id": "1"}, {"child_id": {"1": bytes(range(32))}}))

PINNED = "42288f0d-19c0-0f4c-245a-6b7e79fcdaaf"


@given(st.uuids(), st.text(min_size=1))
def test_an_organisations_id_leads_back_to_the_child(internal: UUID, organisation: str) -> None:
    assert IDS.inward(IDS.outward(internal, organisation), organisation) == internal


@given(st.uuids())
def test_organisations_cannot_join_their_data_on_it(internal: UUID) -> None:
    ids = {IDS.outward(internal, organisation) for organisation in ("one", "two", "ONE", "one ")}
    assert len(ids | {internal}) == 5
    assert IDS.inward(IDS.outward(internal, "one"), "two") != internal


def test_ids_stay_the_same_and_depend_on_the_key() -> None:
    internal = uuid4()
    again = ChildIds(Keyring({"child_id": "1"}, {"child_id": {"1": bytes(range(32))}}))
    other = ChildIds(Keyring({"child_id": "1"}, {"child_id": {"1": bytes(32)}}))
    assert again.outward(internal, "one") == IDS.outward(internal, "one")
    assert other.outward(internal, "one") != IDS.outward(internal, "one")


def test_the_form_is_pinned_because_agencies_keep_these_ids() -> None:
    internal = UUID("00112233-4455-6677-8899-aabbccddeeff")
    assert str(IDS.outward(internal, "organisation-1")) == PINNED


def test_there_is_no_id_for_nobody() -> None:
    with pytest.raises(ValueError, match="organisation"):
        IDS.outward(uuid4(), "")
