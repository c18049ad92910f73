"""Decisions on what is recorded at this moment, under the policy; the last ones are kept for dry runs."""

from collections import Counter, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID, uuid4

from kith.consent.v1 import consent_service_pb2 as pb
from services.chassis.database import Connection
from services.consent import decision_facts, decision_store
from services.consent.clock import Clock
from services.consent.rules.decision import Answer, Asked, Question, changes, decide
from services.consent.rules.policy import Policy
from services.consent.rules.records import Records

# Of each replica; a few kilobytes each.
_KEPT: Final = 2000
_NOBODY: Final = frozenset[UUID]()


@dataclass(frozen=True, slots=True)
class Told:
    """Who around the child may be told something, and who has parental responsibility, by `who_can_consent`.

    As one organisation recorded it, which knows `known` under ids of its own.
    """

    may_be_told: frozenset[UUID] = _NOBODY
    parents: frozenset[UUID] = _NOBODY
    known: frozenset[UUID] = _NOBODY


@dataclass(frozen=True, slots=True)
class DryRun:
    """What another policy would have answered otherwise: pairs of answers, the most frequent first."""

    examined: int
    oldest: datetime | None
    changes: list[tuple[Answer, Answer, int]]


class Decisions:
    """Asks the rules. Nothing is cached: a withdrawal counts from its commit on (G12)."""

    def __init__(self, policy: Policy, clock: Clock) -> None:
        self.policy = policy
        self._clock = clock
        self._recent: deque[tuple[datetime, Question, Records, date]] = deque(maxlen=_KEPT)

    async def decide(
        self,
        connection: Connection,
        child_ids: Collection[UUID],
        questions: Sequence[pb.Question],
        told: Mapping[UUID, Told] = MappingProxyType({}),
    ) -> list[Answer]:
        """Return the answers, in order, all on one reading of what is recorded.

        `told`: for questions about a person, by who asks; without it nobody may be told anything.
        """
        now = self._clock()
        today = now.date()
        organisations = {
            UUID(id_)
            for one in questions
            for id_ in (one.organisation_id, one.recipient_organisation_id)
            if id_
        }
        found = await decision_store.find(connection, child_ids, organisations)
        records = decision_facts.records(child_ids, found, today)
        policy = self._with_void(found, today)
        answers = []
        for one in questions:
            question = decision_facts.question(one, found.agreements, today)
            people = told.get(question.actor.id)
            known = records if people is None else _with(records, people)
            answers.append(decide(question, known, policy, today))
            self._recent.append((now, question, known, today))
        return answers

    def dry_run(self, policy: Policy) -> DryRun:
        """Ask the last decisions again under another policy; what has been recorded since is not looked at."""
        recent = list(self._recent)
        asked = (Asked(uuid4(), question, records, today) for _, question, records, today in recent)
        counted = Counter(
            (_essence(one.before), _essence(one.after)) for one in changes(self.policy, policy, asked)
        )
        oldest = recent[0][0] if recent else None
        return DryRun(
            len(recent), oldest, [(before, after, count) for (before, after), count in counted.most_common()]
        )

    def _with_void(self, found: decision_store.Found, today: date) -> Policy:
        """Return the policy with the wordings that this child's consents rest on no more."""
        void = {
            str(row["wording_id"]): row["other_date"]
            for row in found.consents
            if row["other_date"] is not None and row["other_date"] <= today
        }
        return replace(self.policy, retired={**self.policy.retired, **void}) if void else self.policy


def _with(records: Records, people: Told) -> Records:
    return replace(records, may_be_told=people.may_be_told, parents=people.parents, known=people.known)


def _essence(answer: Answer) -> Answer:
    """Return the answer without what it is about: what many decisions have in common."""
    return replace(answer, record_id=None, valid_until=None, obligations=())


def askers_about_a_person(questions: Collection[pb.Question]) -> set[UUID]:
    """Return the organisations whose record of the family has to be looked at as well."""
    return {
        UUID(one.organisation_id)
        for one in questions
        if one.action == pb.Question.ACTION_TELL or one.person_id
    }
