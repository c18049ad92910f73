"""The family as it is recorded and stored, and as the rules want it. Pure."""

from collections.abc import Collection, Iterable
from uuid import UUID

from kith.consent.v1 import family_pb2 as pb
from services.chassis.errors import InvalidArgument
from services.consent.dates import absent_or_day, day
from services.consent.ids import absent_or_id, ids
from services.consent.rules import family as domain
from services.consent.rules.records import Restriction


def facts(message: pb.Family, child_id: UUID) -> domain.Family:
    """Return the family for the rules; the child's own reference there is its internal id.

    Raises InvalidArgument naming what is no date or no person recorded.
    """
    known = {person.id for person in message.persons}
    return domain.Family(
        child=domain.ChildFacts(
            person=child_id,
            born=absent_or_day(message.child, "birth_date", "child"),
            one_parent=message.child.one_parent,
        ),
        relations=tuple(_relation(person, known) for person in message.persons),
        orders=tuple(_order(order, known) for order in message.orders),
        competence=tuple(map(_assessment, message.assessments)),
        conflicts=tuple(_conflict(one, known) for one in message.disagreements),
        wishes=tuple(_wish(one, known) for one in message.wishes),
        do_not_tell=tuple(
            domain.DoNotTell(
                _person("do_not_tell.person_id", one.person_id, known),
                day("do_not_tell.start_date", one.start_date),
                absent_or_day(one, "end_date", "do_not_tell"),
            )
            for one in message.do_not_tell
        ),
    )


def restrictions(message: pb.Family, child_id: UUID) -> list[Restriction]:
    """Return what stands before every copy and notice: wishes that are respected, and the do-not-tell list.

    A wish about some matters alone keeps everything: what is told of one matter tells of the others.
    """
    wishes = [
        Restriction(
            id=UUID(wish.id),
            child_id=child_id,
            wish=True,
            people=ids(wish.person_ids),
            start=day("wish.start_date", wish.start_date),
            end=absent_or_day(wish, "end_date", "wish"),
        )
        for wish in message.wishes
        if wish.respected
    ]
    entries = [
        Restriction(
            id=UUID(entry.id),
            child_id=child_id,
            wish=False,
            people=frozenset({UUID(entry.person_id)}),
            start=day("do_not_tell.start_date", entry.start_date),
            end=absent_or_day(entry, "end_date", "do_not_tell"),
        )
        for entry in message.do_not_tell
    ]
    return wishes + entries


def _relation(person: pb.FamilyPerson, known: Collection[str]) -> domain.Relation:
    name = pb.FamilyPerson.Relation.Name(person.relation).removeprefix("RELATION_")
    return domain.Relation(
        person=UUID(person.id),
        kind=domain.RelationKind[name],
        start=absent_or_day(person, "start_date", "person"),
        end=absent_or_day(person, "end_date", "person"),
        acquired=tuple(
            domain.Acquired(
                domain.Route[pb.FamilyPerson.Route.Name(one.route).removeprefix("ROUTE_")],
                day("person.acquired.date", one.date),
            )
            for one in person.acquired
        ),
        died=absent_or_day(person, "death_date", "person"),
        incapable=tuple(
            domain.Period(
                absent_or_day(one, "start_date", "person.incapacities"),
                absent_or_day(one, "end_date", "person.incapacities"),
            )
            for one in person.incapacities
        ),
        appointed_by=_absent_or_person("person.appointed_by_person_id", person.appointed_by_person_id, known),
        accepted=not person.disclaimed,
    )


def _order(order: pb.CourtOrder, known: Collection[str]) -> domain.Order:
    return domain.Order(
        id=UUID(order.id),
        kind=domain.OrderKind[pb.CourtOrder.Kind.Name(order.kind).removeprefix("KIND_")],
        made=day("order.make_date", order.make_date),
        ends=absent_or_day(order, "end_date", "order"),
        to=_people("order.to_person_ids", order.to_person_ids, known),
        authority=_absent_or_person("order.authority_person_id", order.authority_person_id, known),
        against=_people("order.against_person_ids", order.against_person_ids, known),
        spares=_people("order.spared_person_ids", order.spared_person_ids, known),
        matters=matters(order.matters),
        gives_responsibility=order.gives_responsibility,
        limits=tuple(
            domain.Limit(
                person=_person("order.limits.person_id", limit.person_id, known),
                matters=matters(limit.matters),
                start=absent_or_day(limit, "start_date", "order.limits"),
                end=absent_or_day(limit, "end_date", "order.limits"),
            )
            for limit in order.limits
        ),
    )


def _assessment(one: pb.CompetenceAssessment) -> domain.CompetenceAssessment:
    return domain.CompetenceAssessment(
        id=UUID(one.id),
        matter=matter(one.matter),
        able=one.able,
        assessed=day("assessment.assess_date", one.assess_date),
        review=absent_or_day(one, "review_date", "assessment"),
        subject=absent_or_id(one.subject_id),
    )


def _conflict(one: pb.Disagreement, known: Collection[str]) -> domain.Conflict:
    return domain.Conflict(
        people=_people("disagreement.person_ids", one.person_ids, known),
        start=day("disagreement.start_date", one.start_date),
        end=absent_or_day(one, "end_date", "disagreement"),
        matters=matters(one.matters),
    )


def _wish(one: pb.ConfidentialityWish, known: Collection[str]) -> domain.Wish:
    return domain.Wish(
        id=UUID(one.id),
        respected=one.respected,
        start=day("wish.start_date", one.start_date),
        end=absent_or_day(one, "end_date", "wish"),
        hidden_from=_people("wish.person_ids", one.person_ids, known),
        matters=matters(one.matters),
    )


def matter(said: pb.Matter) -> domain.Matter:
    """Return the matter for the rules."""
    return domain.Matter[pb.Matter.Name(said).removeprefix("MATTER_")]


def matters(said: Iterable[pb.Matter]) -> frozenset[domain.Matter]:
    """Return the matters for the rules."""
    return frozenset(map(matter, said))


def _people(field: str, ids: Iterable[str], known: Collection[str]) -> frozenset[UUID]:
    return frozenset(_person(field, one, known) for one in ids)


def _absent_or_person(field: str, person_id: str, known: Collection[str]) -> UUID | None:
    return _person(field, person_id, known) if person_id else None


def _person(field: str, person_id: str, known: Collection[str]) -> UUID:
    if person_id not in known:
        raise InvalidArgument([(field, "must be a person recorded for this child")])
    return UUID(person_id)
