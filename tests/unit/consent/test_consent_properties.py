"""What must hold of the rules whatever is recorded (issue 6; CON-9, CON-11; DESIGN 5 no. 9, 10)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.consent.rules.capacity import birthday
from services.consent.rules.decision import Action, Answer, Outcome, Question, Reason, decide
from services.consent.rules.family import (
    Acquired,
    ChildFacts,
    CompetenceAssessment,
    DecisionAsked,
    DoNotTell,
    Family,
    Matter,
    Order,
    OrderKind,
    Relation,
    RelationKind,
    Route,
    Wish,
)
from services.consent.rules.policy import Ground, Policy, Statement
from services.consent.rules.records import (
    ConsentFacts,
    Kind,
    Organisation,
    Records,
    Restriction,
    SharingDecision,
    State,
)
from services.consent.rules.responsibility import Rests, Standing, what_freezes, who_can_consent
from tests.unit.consent.families import ref

_QUICK = settings(deadline=None, max_examples=50)

_CHILDREN = [ref("mira"), ref("jonas"), ref("ines")]
_ORGANISATIONS = [ref("clinic"), ref("school"), ref("police")]
_PEOPLE = [ref("mum"), ref("dad"), ref("gran")]
_SCOPES = ["sensitive_involvement", "plan"]
_FIRST = date(2026, 1, 1)
_HARM = Ground("CON-8", date(2020, 1, 1), None, None, 60, frozenset({Statement.NECESSITY}))
_POLICY = Policy("1", {"harm": _HARM}, 366, frozenset(), {"old": date(2026, 3, 1)})

_days = st.integers(0, 120).map(lambda days: _FIRST + timedelta(days=days))
_moments = st.integers(0, 120).map(lambda days: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days))
_ids = st.uuids(version=4)


def _some(values: list[UUID]) -> st.SearchStrategy[frozenset[UUID]]:
    return st.frozensets(st.sampled_from(values), max_size=len(values))


_scopes = st.frozensets(st.sampled_from(_SCOPES), min_size=1)
_consents = st.builds(
    ConsentFacts,
    id=_ids,
    child_id=st.sampled_from(_CHILDREN),
    kind=st.sampled_from([Kind.SHARE, Kind.SHARE, Kind.SERVICE]),
    recorder_id=st.sampled_from(_ORGANISATIONS),
    scopes=_scopes,
    organisation_ids=_some(_ORGANISATIONS),
    state=st.sampled_from([State.GIVEN, State.GIVEN, *State]),
    said=_moments,
    start=_days,
    expire=_days,
    giver=st.sampled_from([None, *_PEOPLE]),
    by_child=st.booleans(),
    entitled=st.booleans(),
    ask_again_on=st.none() | _days,
    wording=st.sampled_from(["", "old"]),
    purposes=st.just(frozenset[str]()),
    means=st.just(frozenset[str]()),
    service_ids=st.just(frozenset[UUID]()),
)
_organisations = st.sampled_from(_ORGANISATIONS).map(lambda one: Organisation(one, "school", date.max))
_sharing = st.builds(
    SharingDecision,
    id=_ids,
    child_id=st.sampled_from(_CHILDREN),
    decider=_organisations,
    shared=st.booleans(),
    scopes=_scopes,
    organisation_ids=_some(_ORGANISATIONS),
    decided=_days,
    review=st.none() | _days,
    ground=st.sampled_from(["harm", "none"]),
    said=st.sampled_from([frozenset[Statement](), frozenset({Statement.NECESSITY})]),
    purposes=st.just(frozenset[str]()),
    means=st.just(frozenset[str]()),
    service_ids=st.just(frozenset[UUID]()),
    ended=st.none() | _days,
    order_ends=st.none(),
)
_restrictions = st.builds(
    Restriction,
    id=_ids,
    child_id=st.sampled_from(_CHILDREN),
    wish=st.booleans(),
    people=st.frozensets(st.sampled_from(_PEOPLE), min_size=1),
    start=_days,
    end=st.none() | _days,
    scopes=st.frozensets(st.sampled_from(_SCOPES)),
)
_records = st.builds(
    Records,
    child_ids=st.lists(st.sampled_from(_CHILDREN), min_size=1, unique=True),
    consents=st.lists(_consents, max_size=4),
    sharing=st.lists(_sharing, max_size=3),
    restrictions=st.lists(_restrictions, max_size=2),
    may_be_told=_some(_PEOPLE),
    parents=_some(_PEOPLE),
)
_questions = st.builds(
    Question,
    action=st.sampled_from([Action.SEE, *Action]),
    scope=st.sampled_from(_SCOPES),
    actor=_organisations,
    recipient=st.none() | _organisations,
    person=st.sampled_from([None, *_PEOPLE]),
    purpose=st.none(),
    means=st.none(),
    service_id=st.none(),
    kind=st.sampled_from([Kind.SHARE, Kind.SHARE, Kind.SERVICE]),
    consent_id=st.none(),
    sharing_id=st.none(),
)


def _permits(answer: Answer) -> bool:
    return answer.outcome == Outcome.PERMIT


class TestDecide:
    @_QUICK
    @given(_questions, _records, _days)
    def test_a_permission_names_a_record_that_covers_it(
        self, question: Question, records: Records, today: date
    ) -> None:
        answer = decide(question, records, _POLICY, today)
        assert _permits(answer) == (answer.valid_until is not None)
        if not _permits(answer) or answer.reason == Reason.MAY_BE_TOLD:
            return
        stored: list[ConsentFacts | SharingDecision] = [*records.consents, *records.sharing]
        record = next(one for one in stored if one.id == answer.record_id)
        assert record.child_id in records.child_ids
        assert question.scope in record.scopes
        if isinstance(record, ConsentFacts):
            assert record.state == State.GIVEN
            assert record.entitled
            assert record.start <= today <= record.expire

    @_QUICK
    @given(_questions, _records, _days)
    def test_withdrawn_consents_never_permit(self, question: Question, records: Records, today: date) -> None:
        """CON-11: with each consent withdrawn, whatever else is on record, none permits."""
        withdrawn = [replace(one, state=State.WITHDRAWN) for one in records.consents]
        answer = decide(question, replace(records, consents=withdrawn), _POLICY, today)
        assert answer.reason != Reason.CONSENT

    @_QUICK
    @given(_questions, _records, _days, st.data())
    def test_withdrawing_one_never_permits_more(
        self, question: Question, records: Records, today: date, data: st.DataObject
    ) -> None:
        assume(records.consents)
        chosen = data.draw(st.sampled_from(list(records.consents)))
        after = [replace(one, state=State.WITHDRAWN) if one is chosen else one for one in records.consents]
        # What was withdrawn or refused already objects already.
        before = decide(question, records, _POLICY, today)
        assume(chosen.state != State.REFUSED)
        if _permits(decide(question, replace(records, consents=after), _POLICY, today)):
            assert _permits(before)

    @_QUICK
    @given(_questions, _records, _days, _restrictions)
    def test_another_restriction_never_widens(
        self, question: Question, records: Records, today: date, restriction: Restriction
    ) -> None:
        """It permits nothing more, for no longer, and lifts no duty (CON-9, DESIGN 5 no. 10)."""
        more = replace(records, restrictions=[*records.restrictions, restriction])
        before = decide(question, records, _POLICY, today)
        after = decide(question, more, _POLICY, today)
        if _permits(after):
            assert _permits(before)
            assert before.valid_until is not None
            assert after.valid_until is not None
            assert after.valid_until <= before.valid_until
            duties = {one.duty: one.people for one in after.obligations}
            assert all(one.people <= duties[one.duty] for one in before.obligations)

    @_QUICK
    @given(_questions, _records, _days, _sharing)
    def test_a_decision_not_to_share_never_permits_more(
        self, question: Question, records: Records, today: date, refusal: SharingDecision
    ) -> None:
        more = replace(records, sharing=[*records.sharing, replace(refusal, shared=False)])
        if _permits(decide(question, more, _POLICY, today)):
            assert _permits(decide(question, records, _POLICY, today))

    @_QUICK
    @given(_questions, _records, _records, _days)
    def test_merge_and_unmerge_leave_the_answers_right(
        self, question: Question, ours: Records, theirs: Records, today: date
    ) -> None:
        """DESIGN 5 no. 9: what is on another child's record says nothing until merged, and nothing once taken apart."""
        mira, jonas = ref("mira"), ref("jonas")
        both = replace(
            ours,
            consents=[replace(one, child_id=mira) for one in ours.consents]
            + [replace(one, child_id=jonas) for one in theirs.consents],
            sharing=[replace(one, child_id=mira) for one in ours.sharing]
            + [replace(one, child_id=jonas) for one in theirs.sharing],
            restrictions=[replace(one, child_id=mira) for one in ours.restrictions]
            + [replace(one, child_id=jonas) for one in theirs.restrictions],
        )

        def only(child_id: UUID) -> Records:
            return replace(
                both,
                child_ids=[child_id],
                consents=[one for one in both.consents if one.child_id == child_id],
                sharing=[one for one in both.sharing if one.child_id == child_id],
                restrictions=[one for one in both.restrictions if one.child_id == child_id],
            )

        def asked(records: Records) -> Answer:
            return decide(question, records, _POLICY, today)

        for child_id in (mira, jonas):
            assert asked(replace(both, child_ids=[child_id])) == asked(only(child_id))
        merged = asked(replace(both, child_ids=[mira, jonas]))
        assert merged == asked(replace(both, child_ids=[jonas, mira]))
        if _permits(merged):
            assert any(_permits(asked(only(child_id))) for child_id in (mira, jonas))

    @_QUICK
    @given(_questions, _records, _days, st.integers(1, 40))
    def test_a_permission_holds_to_its_bound(
        self, question: Question, records: Records, today: date, days: int
    ) -> None:
        answer = decide(question, records, _POLICY, today)
        later = today + timedelta(days=days)
        if answer.valid_until is not None and later <= answer.valid_until:
            assert _permits(decide(question, records, _POLICY, later))

    @_QUICK
    @given(_questions, _records, _days, st.integers(-60, 60))
    def test_only_the_distance_between_the_days_counts(
        self, question: Question, records: Records, today: date, days: int
    ) -> None:
        by = timedelta(days=days)

        def moved(day: date | None) -> date | None:
            return None if day is None else day + by

        shifted = replace(
            records,
            consents=[
                replace(
                    one,
                    start=one.start + by,
                    expire=one.expire + by,
                    ask_again_on=moved(one.ask_again_on),
                    said=one.said + by,
                )
                for one in records.consents
            ],
            sharing=[
                replace(one, decided=one.decided + by, review=moved(one.review), ended=moved(one.ended))
                for one in records.sharing
            ],
            restrictions=[
                replace(one, start=one.start + by, end=moved(one.end)) for one in records.restrictions
            ],
        )
        policy = replace(_POLICY, retired={"old": date(2026, 3, 1) + by})
        before = decide(question, records, _POLICY, today)
        after = decide(question, shifted, policy, today + by)
        assert after == replace(before, valid_until=moved(before.valid_until))


_adults = st.sampled_from([ref("mum"), ref("dad"), ref("gran"), ref("uncle")])
_past = st.dates(date(2008, 1, 1), date(2032, 12, 31))
_relations = st.builds(
    Relation,
    person=_adults,
    kind=st.sampled_from(RelationKind),
    acquired=st.lists(st.builds(Acquired, st.sampled_from(Route), _past), max_size=2).map(tuple),
    start=st.none(),
    end=st.none() | _past,
    died=st.none() | _past,
    appointed_by=st.none() | _adults,
    incapable=st.just(()),
)
_orders = st.builds(
    Order,
    id=_ids,
    kind=st.sampled_from(OrderKind),
    made=_past,
    ends=st.none() | _past,
    to=st.frozensets(_adults, max_size=2),
    authority=st.none() | st.just(ref("la")),
    against=st.frozensets(_adults, max_size=1),
    spares=st.frozensets(_adults, max_size=1),
    gives_responsibility=st.booleans(),
)
_families = st.builds(
    Family,
    child=st.builds(ChildFacts, st.just(ref("kid")), st.dates(date(2008, 1, 1), date(2014, 12, 31))),
    relations=st.lists(_relations, max_size=4).map(tuple),
    orders=st.lists(_orders, max_size=4).map(tuple),
    competence=st.lists(
        st.builds(
            CompetenceAssessment, _ids, st.sampled_from(Matter), st.booleans(), _past, st.none() | _past
        ),
        max_size=2,
    ).map(tuple),
    wishes=st.lists(st.builds(Wish, _ids, st.booleans(), _past, st.none() | _past), max_size=1).map(tuple),
    do_not_tell=st.lists(st.builds(DoNotTell, _adults, _past, st.none() | _past), max_size=2).map(tuple),
)
_asked = st.builds(DecisionAsked, st.sampled_from(Matter), st.none(), st.booleans())


class TestWhoCanConsent:
    @_QUICK
    @given(_families, _asked, _past)
    def test_nobody_who_must_not_be_told_is_asked_or_told(
        self, family: Family, asked: DecisionAsked, on: date
    ) -> None:
        answer = who_can_consent(family, asked, on)
        hidden = {who.person for who in answer.must_not_be_told}
        assert not hidden & set(answer.must_be_told)
        assert not hidden & {who.person for who in answer.who_may}

    @_QUICK
    @given(_families, _asked, _past, st.builds(DoNotTell, _adults, st.just(date(2008, 1, 1))))
    def test_another_on_the_list_never_widens(
        self, family: Family, asked: DecisionAsked, on: date, entry: DoNotTell
    ) -> None:
        before = who_can_consent(family, asked, on)
        after = who_can_consent(replace(family, do_not_tell=(*family.do_not_tell, entry)), asked, on)
        assert set(after.who_may) <= set(before.who_may)
        assert set(after.must_be_told) <= set(before.must_be_told)
        assert after.standing == before.standing or after.standing != Standing.CLEAR

    @_QUICK
    @given(_families, _asked, _past)
    def test_the_dead_hold_nothing(self, family: Family, asked: DecisionAsked, on: date) -> None:
        answer = who_can_consent(family, asked, on)
        dead = {one.person for one in family.relations if one.died is not None and one.died <= on}
        assert not dead & {who.person for who in answer.holders}

    @_QUICK
    @given(_families, _asked, st.integers(0, 3000))
    def test_from_18_on_only_the_young_adult(self, family: Family, asked: DecisionAsked, days: int) -> None:
        assert family.child.born is not None
        on = birthday(family.child.born, 18) + timedelta(days=days)
        answer = who_can_consent(family, asked, on)
        assert answer.holders == ()
        assert {who.person for who in answer.who_may} <= {ref("kid")}
        assert set(answer.must_be_told) <= {ref("kid")}

    @_QUICK
    @given(_families, _asked, _past)
    def test_clear_means_that_there_is_somebody_to_ask(
        self, family: Family, asked: DecisionAsked, on: date
    ) -> None:
        answer = who_can_consent(family, asked, on)
        if answer.standing == Standing.CLEAR:
            assert answer.who_may
        if answer.standing == Standing.NOBODY:
            assert not answer.who_may

    @_QUICK
    @given(_families, _asked, _past, st.integers(1, 400))
    def test_the_answer_stays_until_it_freezes(
        self, family: Family, asked: DecisionAsked, on: date, days: int
    ) -> None:
        answer = who_can_consent(family, asked, on)
        later = on + timedelta(days=days)
        again = who_can_consent(family, asked, later)
        if answer.freezes_on is None or later < answer.freezes_on:
            assert again == answer
        if later == answer.freezes_on:
            assert replace(again, freezes_on=None) != replace(answer, freezes_on=None)

    @_QUICK
    @given(_families, _asked, _past)
    def test_the_order_of_the_records_does_not_matter(
        self, family: Family, asked: DecisionAsked, on: date
    ) -> None:
        turned = replace(
            family,
            relations=family.relations[::-1],
            do_not_tell=family.do_not_tell[::-1],
            wishes=family.wishes[::-1],
        )
        before, after = (who_can_consent(one, asked, on) for one in (family, turned))
        assert {who.person for who in before.who_may} == {who.person for who in after.who_may}
        assert before.must_be_told == after.must_be_told
        assert before.standing == after.standing

    @_QUICK
    @given(_families, _asked, _past, st.integers(0, 400), _adults)
    def test_what_does_not_freeze_may_still_be_given(
        self, family: Family, asked: DecisionAsked, judged: date, days: int, giver: UUID
    ) -> None:
        """Whoever's consent goes on unasked could give it anew on that day."""
        on = judged + timedelta(days=days)
        rests = Rests(ref("consent"), giver, asked, judged)
        if not what_freezes(family, family, [rests], on):
            assert who_can_consent(family, asked, on).may(giver)
