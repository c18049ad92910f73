"""A consent's states are changed by verbs alone, and each only from where it may be (AIP-216)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kith.consent.v1 import consent_service_pb2
from kith.consent.v1.consent_pb2 import Consent as Message
from services.consent import events
from services.consent.consent import TRANSITIONS, Consent
from services.consent.given import requested
from services.consent.refusals import ConsentState, ConsentWithdrawn

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=400)
_OTHER = UUID(int=7)

VERBS: dict[Message.State, Callable[[Consent], Consent]] = {
    Message.STATE_WITHDRAWN: lambda one: one.withdrawn(LATER),
    Message.STATE_REFUSED: lambda one: one.refused(LATER),
    Message.STATE_SUPERSEDED: lambda one: one.superseded(_OTHER, LATER),
    Message.STATE_INVALIDATED: lambda one: one.invalidated(Message.INVALIDITY_MISTAKE, LATER),
    Message.STATE_EXPIRED: lambda one: one.expired(LATER),
    Message.STATE_FROZEN: lambda one: one.frozen(Message.FREEZE_ORDER, LATER),
}


def _consent(state: Message.State) -> Consent:
    asked = consent_service_pb2.RequestConsentRequest(scope=Message.SCOPE_ASSESSMENT)
    asked.answer_date.year, asked.answer_date.month, asked.answer_date.day = 2026, 12, 1
    made = requested(asked, child_id=UUID(int=1), organisation_id=UUID(int=2), now=NOW)
    return replace(made, state=state)


STATES = [state for state in Message.State.values() if state]


@pytest.mark.parametrize("state", STATES, ids=Message.State.Name)
@pytest.mark.parametrize("verb", VERBS, ids=Message.State.Name)
def test_a_verb_leads_to_its_state_or_is_refused(state: Message.State, verb: Message.State) -> None:
    before = _consent(state)
    if verb in TRANSITIONS[state]:
        after = VERBS[verb](before)
        assert (after.state, after.version, after.update_time) == (verb, before.version + 1, LATER)
        assert events.consent_event(before, after).version == after.version
    else:
        with pytest.raises((ConsentState, ConsentWithdrawn)):
            VERBS[verb](before)


@given(st.lists(st.sampled_from(sorted(VERBS)), max_size=8))
def test_nothing_comes_back_to_life(verbs: list[Message.State]) -> None:
    """Whatever is done in whatever order: what has ended never holds again."""
    consent, ended = _consent(Message.STATE_GIVEN), False
    for verb in verbs:
        try:
            consent = VERBS[verb](consent)
        except (ConsentState, ConsentWithdrawn):
            continue
        ended = ended or consent.state not in {Message.STATE_GIVEN, Message.STATE_FROZEN}
        assert not (ended and consent.state in {Message.STATE_GIVEN, Message.STATE_FROZEN})


def test_it_does_not_expire_on_its_last_day() -> None:
    consent = _consent(Message.STATE_GIVEN)
    last = datetime.combine(consent.expire_date, NOW.timetz())
    with pytest.raises(ConsentState):
        consent.expired(last)
    assert consent.expired(last + timedelta(days=1)).state == Message.STATE_EXPIRED


def test_a_request_that_should_have_been_answered_by_then_is_over() -> None:
    consent = _consent(Message.STATE_REQUESTED)
    assert consent.expire_date == date(2026, 12, 1)
    assert consent.expired(LATER).state == Message.STATE_EXPIRED
