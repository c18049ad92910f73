"""The nouns of the synthetic town: truth, what agencies wrote down, and the directory. Plain frozen data."""

from dataclasses import dataclass
from datetime import date

PartialDate = tuple[int | None, int | None, int | None]
"""Year, month, day; any part may be unknown."""


@dataclass(frozen=True, slots=True)
class Home:
    """A place where a household lives from a day on. `postcode` is None for no fixed address or a refuge."""

    lines: tuple[str, ...]
    postcode: str | None
    since: date


@dataclass(frozen=True, slots=True)
class TrueChild:
    """A child as it really is. Never loaded into a service."""

    truth_id: str
    household: str
    community: str
    given: str
    other_given: str
    family: str
    gender: str
    birth_date: date
    usual_given: str | None
    former_family: str | None
    family_changed_on: date | None
    mother_family: str
    father_given: str
    homes: tuple[Home, ...]
    second_home: Home | None
    nhs_number: str | None
    multiple_birth: bool
    birth_order: int
    arrived_on: date | None
    birth_date_estimated: bool
    unaccompanied: bool
    adopted: bool
    shielded: bool
    no_fixed_address: bool

    def age(self, on: date) -> int:
        """Returns completed years on a day."""
        had_birthday = (on.month, on.day) >= (self.birth_date.month, self.birth_date.day)
        return on.year - self.birth_date.year - (not had_birthday)

    def home(self, on: date) -> Home:
        """Returns where the child lived on a day (its first home for any earlier day)."""
        current = self.homes[0]
        for later in self.homes[1:]:
            if later.since > on:
                break
            current = later
        return current

    def family_on(self, on: date) -> str:
        """Returns the family name on a day."""
        if self.former_family and self.family_changed_on and on < self.family_changed_on:
            return self.former_family
        return self.family


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written. `use` is one of official, usual, former, alias."""

    given: str
    family: str
    other_given: str = ""
    use: str = "official"


@dataclass(frozen=True, slots=True)
class Address:
    """An address as written.

    `use` is one of home, second_home, old, temporary, work; `since` is when the agency learnt of it.
    """

    lines: tuple[str, ...]
    postcode: str | None
    use: str = "home"
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Involvement:
    """A service working with a child. Exactly one of `practitioner` and `team` is set; `end` is None while it lasts."""

    service: str
    practitioner: str | None
    team: str | None
    role: str
    start: date
    end: date | None
    sensitive: bool
    subject: str = "child"


@dataclass(frozen=True, slots=True)
class Caf:
    """That a common assessment exists (CI-5): never what is in it. `status` is open or closed."""

    status: str
    assessed_on: date
    version: int
    review_by: date | None


@dataclass(frozen=True, slots=True)
class AgencyRow:
    """One registration with its involvement, as an agency wrote it on `written_on` and sends it from its system.

    `truth_id` serves evaluation alone and must never be sent. `birth_date_accuracy` has a letter each for day, month
    and year: A accurate, E estimated, U unknown. `agency`, `involvement.service`, `involvement.practitioner` and
    `lead_professional` are keys of the directory.
    """

    truth_id: str
    agency: str
    system: str
    local_id: str
    names: tuple[Name, ...]
    birth_date: PartialDate
    birth_date_accuracy: str
    gender: str | None
    addresses: tuple[Address, ...]
    school: str | None
    gp_practice: str | None
    nhs_number: str | None
    upn: str | None
    involvement: Involvement
    caf: Caf | None
    lead_professional: str | None
    written_on: date


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to reach at work: a duty desk or an adviser."""

    name: str
    phone: str
    email: str
    hours: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation that works with children, with the contacts that SD-5 asks for.

    `kind` is one of social_care, school, health, gp, police, early_help, voluntary, youth_justice, camhs. `phase` is
    primary, secondary or nursery for schools and empty otherwise. `system` is where its rows come from.
    """

    key: str
    kind: str
    name: str
    domain: str
    phone: str
    address: Address
    system: str
    duty: Contact
    information_sharing_adviser: Contact
    phase: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the directory.

    `sensitivity` is standard or sensitive and follows from `kind`; ages in years, inclusive.
    """

    key: str
    organisation: str
    kind: str
    name: str
    description: str
    min_age: int
    max_age: int
    sensitivity: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class Practitioner:
    """A person at work: work contacts only (CI-2)."""

    key: str
    name: str
    role: str
    organisation: str
    service: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class AgencySystem:
    """A machine client: the system of one organisation that registers children and involvements."""

    key: str
    organisation: str
    system: str
    display_name: str


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody who can log in. `role` is practitioner or index_desk; `username` is the work e-mail address."""

    key: str
    display_name: str
    username: str
    organisation: str
    practitioner: str | None
    role: str
    job_title: str


@dataclass(frozen=True, slots=True)
class StorySearch:
    """What to type, misspelt on purpose. `birth_date` is the right one."""

    given: str
    family: str
    birth_date: date
    postcode: str


@dataclass(frozen=True, slots=True)
class Story:
    """One child that is the same at any size.

    Who looks (key of a demo person), what they type, and what they should then see.
    """

    person: str
    child: TrueChild
    search: StorySearch
    purpose: str
    rows: tuple[AgencyRow, ...]
    expect: tuple[str, ...]
