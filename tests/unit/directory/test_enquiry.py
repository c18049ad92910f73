"""Where an enquiry may go: asked, seen, and closed once, whatever is tried and however time passes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from kith.directory.v1.enquiry_pb2 import Enquiry as Message
from services.directory.enquiries.enquiry import EXPIRES_AFTER, OPEN, Enquiry
from services.directory.enquiries.refusals import EnquiryClosed

_BEGAN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_TURNS: dict[str, Callable[[Enquiry, datetime], Enquiry]] = {
    "seen": Enquiry.seen,
    "answered": Enquiry.answered,
    "declined": lambda one, now: one.declined(Message.DECLINE_REASON_CLOSED, now),
}
_AFTER = {
    "seen": Message.STATE_SEEN,
    "answered": Message.STATE_ANSWERED,
    "declined": Message.STATE_DECLINED,
}


@given(st.lists(st.tuples(st.sampled_from(sorted(_TURNS)), st.integers(0, 5 * 24 * 60)), max_size=8))
def test_an_enquiry_is_closed_once(turns: list[tuple[str, int]]) -> None:
    nobody = UUID(int=1)
    enquiry = Enquiry(
        nobody,
        nobody,
        nobody,
        nobody,
        Message.TOPIC_ADVICE,
        Message.TIME_ANY,
        Message.CHANNEL_PHONE,
        Message.STATE_ASKED,
        Message.DECLINE_REASON_UNSPECIFIED,
        _BEGAN,
        _BEGAN,
    )
    now = _BEGAN
    for turn, minutes in turns:
        now += timedelta(minutes=minutes)
        before = enquiry.state_at(now)
        try:
            enquiry = _TURNS[turn](enquiry, now)
        except EnquiryClosed:
            assert before not in OPEN
            continue
        assert before in OPEN
        assert enquiry.state_at(now) == _AFTER[turn]
        assert (enquiry.decline_reason != 0) == (turn == "declined")
    expired = enquiry.state_at(_BEGAN + EXPIRES_AFTER)
    assert expired == (Message.STATE_EXPIRED if enquiry.state in OPEN else enquiry.state)
