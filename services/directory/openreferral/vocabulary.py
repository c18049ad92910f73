"""Kith's own taxonomies: its facts of a service as terms, by which the open API tells them, and needs. Pure.

A partnership adds taxonomies of its own as entries; these are the same in every Kith.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid5

from kith.directory.v1 import entry_pb2
from kith.directory.v1.directory_pb2 import Service
from services.directory.openreferral import confidentiality

_NAMESPACE: Final = UUID("6b697468-6469-5265-8374-6f7279000001")
FACTS: Final = str(uuid5(_NAMESPACE, "taxonomy"))
NEEDS: Final = str(uuid5(_NAMESPACE, "needs"))

_KINDS: Final[Mapping[Service.Kind, str]] = {
    Service.KIND_EDUCATION: "Education",
    Service.KIND_SEND_SUPPORT: "Support for special educational needs and disabilities",
    Service.KIND_HEALTH_VISITING: "Health visiting",
    Service.KIND_SCHOOL_NURSING: "School nursing",
    Service.KIND_GENERAL_PRACTICE: "General practice",
    Service.KIND_PAEDIATRICS: "Paediatrics and therapies",
    Service.KIND_SOCIAL_WORK: "Children’s social care",
    Service.KIND_FAMILY_SUPPORT: "Family support",
    Service.KIND_POLICING: "Policing",
    Service.KIND_YOUTH_JUSTICE: "Youth justice",
    Service.KIND_COMMUNITY: "Youth, play and community work",
    Service.KIND_MENTAL_HEALTH: "Mental health",
    Service.KIND_SEXUAL_HEALTH: "Sexual health",
    Service.KIND_SUBSTANCE_MISUSE: "Substance misuse",
    Service.KIND_DOMESTIC_ABUSE: "Domestic abuse support",
    Service.KIND_PROBATION: "Probation",
}
_CAPACITIES: Final[Mapping[entry_pb2.Capacity.State, str]] = {
    entry_pb2.Capacity.STATE_OPEN: "Open to new people",
    entry_pb2.Capacity.STATE_WAITING: "Has a waiting list",
    entry_pb2.Capacity.STATE_CLOSED: "Closed to new people",
}
_LEVELS: Final = range(1, 10)


@dataclass(frozen=True, slots=True)
class Term:
    """A term. `link_type` is what it says of a service."""

    code: str
    link_type: str
    name: str
    description: str
    taxonomy_id: str = FACTS

    @property
    def id(self) -> str:
        """The id, the same in every Kith."""
        return str(uuid5(_NAMESPACE, self.code))


ACCEPTS_ASSESSMENT: Final = Term(
    "accepts-assessment",
    "referral",
    "Accepts an Early Help Assessment (CAF)",
    "An Early Help Assessment (CAF) is accepted as a referral.",
)
REFERRAL_FORM: Final = Term(
    "referral-form", "referral", "Needs a referral form", "The value says which form, or where it can be had."
)
REFERRAL_ROUTE: Final = Term(
    "referral-route", "referral", "Referral route", "The value says how one is referred."
)
EXCLUSIONS: Final = Term("exclusions", "scope", "Does not do", "The value says what the service does not do.")
CONFIDENTIAL: Final = Term(
    "confidential-address",
    "location",
    "Confidential address",
    "Where the service is told to nobody. Ask its organisation.",
)
KINDS: Final[Mapping[str, Term]] = {
    Service.Kind.Name(kind): Term(
        "kind-" + Service.Kind.Name(kind).removeprefix("KIND_").lower().replace("_", "-"),
        "service_kind",
        name,
        f"What sort of service it is: {name[0].lower()}{name[1:]}.",
    )
    for kind, name in _KINDS.items()
}
LEVELS: Final[Mapping[int, Term]] = {
    level: Term(
        f"threshold-level-{level}",
        "threshold_level",
        f"Level {level}",
        f"For needs of level {level} of the partnership’s thresholds.",
    )
    for level in _LEVELS
}
CAPACITIES: Final[Mapping[int, Term]] = {
    state: Term(
        "capacity-" + entry_pb2.Capacity.State.Name(state).removeprefix("STATE_").lower(),
        "capacity",
        name,
        "Whether the service takes people now; the value says since when that is known, and how long one waits.",
    )
    for state, name in _CAPACITIES.items()
}
_NEEDS: Final = {
    "Pregnancy and a new baby": "From expecting a child to its first months.",
    "Childcare and early learning": "Nurseries, childminders, funded places for two, three and four year olds.",
    "Parenting": "Courses, groups and advice on bringing up children.",
    "Relationships at home": "Conflict between parents, separation, family mediation.",
    "Play and activities": "Groups, clubs, sport, holidays.",
    "Speech, language and communication": "Talking, understanding, stammering.",
    "Learning and school": "Attendance, moving school, exclusion, help with learning.",
    "Special educational needs and disabilities": "Advice, groups and short breaks.",
    "Autism and ADHD": "Before, during and after a diagnosis.",
    "Behaviour and sleep": "Sleep, feeding, toilet training, behaviour that is hard to live with.",
    "Health": "Bodily health, weight, teeth, long illness.",
    "Mental health and wellbeing": "Worry, low mood, self-harm, eating.",
    "Bereavement and loss": "After somebody has died or gone.",
    "Sexual health": "Contraception, testing, advice.",
    "Drugs and alcohol": "One’s own use or that of somebody at home.",
    "Domestic abuse": "Safety, advice, refuge, recovery.",
    "Exploitation and safety": "Going missing, online harm, exploitation.",
    "Young carers": "Children who look after somebody.",
    "Children in care and care leavers": "Fostering, adoption, kinship care, leaving care.",
    "Money and benefits": "Debt, benefits, grants.",
    "Food and clothing": "Food banks, school uniform, baby things.",
    "Housing": "Losing a home, bad housing, moving.",
    "Work and training": "For parents and for young people.",
    "Asylum and migration": "New in the country, language, status.",
}
TERMS: Final = (
    *KINDS.values(),
    ACCEPTS_ASSESSMENT,
    REFERRAL_FORM,
    REFERRAL_ROUTE,
    EXCLUSIONS,
    CONFIDENTIAL,
    *LEVELS.values(),
    *CAPACITIES.values(),
    *(
        Term("need-" + name.lower().replace(",", "").replace(" ", "-"), "need", name, description, NEEDS)
        for name, description in _NEEDS.items()
    ),
)
TAXONOMIES: Final[Mapping[str, Mapping[str, Any]]] = {
    FACTS: {
        "id": FACTS,
        "name": "Kith",
        "description": "What the directory tells of a service beyond HSDS: what sort it is, how one is referred to it.",
        "version": "1",
    },
    NEEDS: {
        "id": NEEDS,
        "name": "Needs of children and families",
        "description": "What a child or family may need help with.",
        "version": "1",
    },
}


def term(one: Term) -> dict[str, Any]:
    """Return the document of a term."""
    return {
        "id": one.id,
        "code": one.code,
        "name": one.name,
        "description": one.description,
        "taxonomy_id": one.taxonomy_id,
    }


def attributes(document: Mapping[str, Any]) -> Iterator[tuple[Term, str]]:
    """Give the terms that tell Kith's own facts of a service, each with its value; empty for none."""
    facts = document["kith"]
    yield KINDS[facts["kind"]], ""
    if facts.get("accepts_assessment"):
        yield ACCEPTS_ASSESSMENT, ""
    if form := facts.get("referral_form") or facts.get("referral_form_uri"):
        yield REFERRAL_FORM, form
        if (uri := facts.get("referral_form_uri")) and uri != form:
            yield REFERRAL_FORM, uri
    if route := facts.get("referral_route"):
        yield REFERRAL_ROUTE, route
    if exclusions := facts.get("exclusions"):
        yield EXCLUSIONS, exclusions
    for level in sorted(facts.get("threshold_levels", ())):
        yield LEVELS[level], ""
    if confidentiality.is_confidential(entry_pb2.ENTRY_KIND_SERVICE, document):
        yield CONFIDENTIAL, ""
