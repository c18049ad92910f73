"""Handles name a child within one session and nowhere else (DESIGN 5 no. 1, S19)."""

import base64
import os
import uuid

import pytest

from services.chassis.errors import PermissionDenied
from services.gateway.handles import CHILD, SERVICE, Handles

CHILD_ID = "0190f5a0-0000-7000-8000-00000000c001"


def new_handles() -> Handles:
    return Handles(base64.b64encode(os.urandom(64)).decode())


def test_a_handle_leads_back_to_its_child_and_is_the_same_all_session_long() -> None:
    handles = new_handles()
    handle = handles.of(CHILD, CHILD_ID)
    assert handles.open(CHILD, handle) == CHILD_ID
    assert handles.of(CHILD, CHILD_ID) == handle
    assert uuid.UUID(CHILD_ID).hex not in handle


def test_a_handle_means_nothing_elsewhere() -> None:
    handles = new_handles()
    handle = handles.of(CHILD, CHILD_ID)
    tampered = ("A" if handle[5] != "A" else "B").join([handle[:5], handle[6:]])
    for wrong in (handle[:-1], handle + "A", tampered, "", "é" * 43, "?" * 43, CHILD_ID):
        with pytest.raises(PermissionDenied):
            handles.open(CHILD, wrong)
    with pytest.raises(PermissionDenied):
        handles.open(SERVICE, handle)
    with pytest.raises(PermissionDenied):
        new_handles().open(CHILD, handle)
