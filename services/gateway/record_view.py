"""What a page says of a child: basic information, who is involved, whether a CAF exists, who leads. Pure."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from google.type import date_pb2

from kith.childindex.v1 import child_pb2
from services.gateway import wording
from services.gateway.contacts import Contacts
from services.gateway.reach_view import Reach, reach_of

_NO_ENTRY = "Not in the service directory"


@dataclass(frozen=True, slots=True)
class InvolvementCard:
    """A service that is, or was, involved."""

    service: str
    organisation: str
    role: str
    regarding: str
    when: str
    reach: Reach
    is_sensitive: bool
    is_review_due: bool


@dataclass(frozen=True, slots=True)
class CafCard:
    """That an assessment exists: never what it says."""

    is_open: bool
    assessed: str
    version: int
    organisation: str
    reach: Reach
    review: str
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class LeadCard:
    """Who leads."""

    organisation: str
    since: str
    reach: Reach


@dataclass(frozen=True, slots=True)
class ShieldedRecord:
    """All that is shown of a shielded child (DESIGN 5 no. 7)."""

    name: str
    born: str
    gender: str


@dataclass(frozen=True, slots=True)
class Record:
    """The whole page."""

    name: str
    born: str
    facts: list[tuple[str, list[str]]]
    current: list[InvolvementCard]
    past: list[InvolvementCard]
    sensitive_count: int
    sensitive_checked: bool
    caf: CafCard | None
    lead: LeadCard | None


def directory_ids(child: child_pb2.Child) -> tuple[set[str], set[str], set[str]]:
    """Return the organisations, services and practitioners that the page must name."""
    involved = child.involvements
    organisations = {one.organisation_id for one in involved}
    practitioners = {one.practitioner_id for one in involved}
    if child.HasField("caf"):
        organisations.add(child.caf.holder_organisation_id)
        practitioners.add(child.caf.holder_practitioner_id)
    if child.HasField("lead_professional"):
        organisations.add(child.lead_professional.organisation_id)
        practitioners.add(child.lead_professional.practitioner_id)
    return organisations, {one.service_id for one in involved}, practitioners


def record(child: child_pb2.Child, contacts: Contacts, now: dt.datetime) -> Record:
    """Return the page for a child; the involvements stay in the order they came in, current ones first."""
    today = now.date()
    facts = child.facts
    active = child_pb2.Involvement.STATE_ACTIVE
    return Record(
        name=wording.full_name(facts.names[0]) if facts.names else "Name not known",
        born=_born(facts.birth_date, today),
        facts=_facts(facts),
        current=[_involvement(one, contacts, now) for one in child.involvements if one.state == active],
        past=[_involvement(one, contacts, now) for one in child.involvements if one.state != active],
        sensitive_count=child.sensitive_involvement_count,
        sensitive_checked=child.sensitive_checked,
        caf=_caf(child.caf, contacts, now) if child.HasField("caf") else None,
        lead=_lead(child.lead_professional, contacts, now) if child.HasField("lead_professional") else None,
    )


def shielded_record(child: child_pb2.Child, today: dt.date) -> ShieldedRecord:
    """Return the page for a shielded child, whatever else came with it."""
    facts = child.facts
    return ShieldedRecord(
        name=wording.full_name(facts.names[0]) if facts.names else "Name not known",
        born=_born(facts.birth_date, today),
        gender=wording.GENDERS.get(facts.gender, wording.NOT_KNOWN),
    )


def _facts(facts: child_pb2.Facts) -> list[tuple[str, list[str]]]:
    """Labels with their lines; what nobody knows is said, so that it is not taken for left out."""
    return [
        *_other_names(facts.names[1:]),
        ("Gender", [wording.GENDERS.get(facts.gender, wording.NOT_KNOWN)]),
        *_addresses(facts.addresses),
        *_carers(facts.carers),
        ("School or setting", [facts.school_name or wording.NOT_KNOWN]),
        ("GP", [facts.gp_name or wording.NOT_KNOWN]),
    ]


def _other_names(names: Sequence[child_pb2.Name]) -> Iterable[tuple[str, list[str]]]:
    if names:
        yield "Other names", [_other_name(name) for name in names]


def _other_name(name: child_pb2.Name) -> str:
    use = wording.NAME_USES.get(name.use, "")
    return f"{wording.full_name(name)} ({use})" if use else wording.full_name(name)


def _carers(carers: Sequence[child_pb2.Carer]) -> Iterable[tuple[str, list[str]]]:
    """Only where an agency has sent them: few do."""
    named = [" ".join(part for part in (one.given_name, one.family_name) if part) for one in carers]
    if any(named):
        yield "Parents or carers", [name for name in named if name]


def _born(birth: child_pb2.BirthDate, today: dt.date) -> str:
    born = wording.day(birth.date)
    if not born:
        return "on a day that is not known"
    age = wording.age(birth.date, today)
    said = f"{born}, {age}" if age else born
    return f"{said}, estimated" if "E" in birth.accuracy else said


def _addresses(addresses: Sequence[child_pb2.Address]) -> Iterable[tuple[str, list[str]]]:
    if not addresses:
        yield "Home address", [wording.NOT_KNOWN]
    for address in addresses:
        lines = [line for line in (*address.lines, address.postcode) if line]
        yield wording.ADDRESS_USES.get(address.use, "Address"), lines or [wording.NOT_KNOWN]


def _involvement(one: child_pb2.Involvement, contacts: Contacts, now: dt.datetime) -> InvolvementCard:
    service = contacts.services.get(one.service_id)
    organisation = contacts.organisations.get(one.organisation_id)
    reach = reach_of(one.practitioner_id, service, organisation, contacts, now)
    if one.state != child_pb2.Involvement.STATE_ACTIVE:
        # Who is on duty does not know the child any more.
        reach = replace(reach, duty=None)
    return InvolvementCard(
        service=service.display_name if service else _NO_ENTRY,
        organisation=organisation.display_name if organisation else _NO_ENTRY,
        role=one.role,
        regarding=wording.REGARDING.get(one.regarding, ""),
        when=_when(one),
        reach=reach,
        is_sensitive=one.sensitive,
        is_review_due=one.review_due,
    )


def _when(one: child_pb2.Involvement) -> str:
    start, end = wording.day(one.start_date), wording.day(one.end_date)
    if end:
        return f"{start} to {end}" if start else f"Until {end}"
    return f"Since {start}" if start else "Start not known"


def _caf(caf: child_pb2.CafIndicator, contacts: Contacts, now: dt.datetime) -> CafCard:
    organisation = contacts.organisations.get(caf.holder_organisation_id)
    is_open = caf.state == child_pb2.CafIndicator.STATE_OPEN
    return CafCard(
        is_open=is_open,
        assessed=wording.day(caf.assessment_date) or wording.NOT_KNOWN,
        version=caf.version_number,
        organisation=organisation.display_name if organisation else _NO_ENTRY,
        reach=reach_of(caf.holder_practitioner_id, None, organisation, contacts, now),
        review=wording.day(caf.review_date),
        is_overdue=is_open and _is_past(caf.review_date, now.date()),
    )


def _lead(lead: child_pb2.LeadProfessional, contacts: Contacts, now: dt.datetime) -> LeadCard:
    organisation = contacts.organisations.get(lead.organisation_id)
    return LeadCard(
        organisation=organisation.display_name if organisation else _NO_ENTRY,
        since=wording.day(lead.start_date),
        reach=reach_of(lead.practitioner_id, None, organisation, contacts, now),
    )


def _is_past(date: date_pb2.Date, today: dt.date) -> bool:
    try:
        return dt.date(date.year, date.month, date.day) < today
    except ValueError:
        return False
