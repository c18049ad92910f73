"""The child of the README's walk-through: the same at any size and seed, known to seven services under four spellings.

The school nurse who looks her up is not involved yet, so that she can log it at the end. All dates are before the
town's default reference date.
"""

from datetime import date

from deploy.demo.directory import Directory
from deploy.demo.identifiers import STORY_NHS_NUMBER, upn
from deploy.demo.model import (
    Address,
    AgencyRow,
    Caf,
    Home,
    Involvement,
    Name,
    PartialDate,
    Story,
    StorySearch,
    TrueChild,
)
from deploy.demo.places import STORY_OLD_POSTCODE, STORY_POSTCODE, TOWN

TRUTH_ID = "t-story"
BORN = date(2014, 5, 14)
_OLD_LINES = ("3 Shuttle Row", TOWN)
_LINES = ("Flat 7", "41 Lark Terrace", TOWN)
_MOVED = date(2021, 8, 9)
_OLD = Address(_OLD_LINES, STORY_OLD_POSTCODE, "home", date(2014, 5, 20))
_NOW = Address(_LINES, STORY_POSTCODE, "home", _MOVED)


def story(directory: Directory) -> Story:
    """Returns the story; its rows name organisations, services and practitioners of the fixed part of the directory."""
    practice = directory.organisation["org-gp-01"].name
    return Story(
        person="person-school-nurse",
        child=_child(),
        search=StorySearch(given="Amena", family="Kahn", birth_date=BORN, postcode=STORY_POSTCODE),
        purpose="direct care",
        rows=_rows(directory),
        expect=(
            "One child at the top, Aminah Khan, born 14 May 2014, with the reason for the match on each field.",
            "Known also as Amina Khan, Ameena Khan and Mina Khan; her older postcode, ZY9 8XA, finds her as well.",
            f"Involved now: Millbrook High School, Family help, Family safeguarding team, {practice}.",
            "Involved before: Health visiting, ended in May 2019; Youth mentoring, ended in July 2026.",
            "One neutral line for a sensitive service; its name only where consent permits.",
            "An early help assessment (CAF) is open, held by Millbrook Early Help Partnership.",
            "Lead practitioner: Nasreen Haldane, with her work telephone number and e-mail address.",
            "School nursing is not there yet: log it, and it stands among those involved now.",
        ),
    )


def _child() -> TrueChild:
    return TrueChild(
        truth_id=TRUTH_ID,
        household="h-story",
        community="pakistani",
        given="Aminah",
        other_given="Noor",
        family="Khan",
        gender="female",
        birth_date=BORN,
        usual_given=None,
        former_family=None,
        family_changed_on=None,
        mother_family="Bibi",
        father_given="Tariq",
        homes=(Home(_OLD_LINES, STORY_OLD_POSTCODE, BORN), Home(_LINES, STORY_POSTCODE, _MOVED)),
        second_home=None,
        nhs_number=STORY_NHS_NUMBER,
        multiple_birth=False,
        birth_order=1,
        arrived_on=None,
        birth_date_estimated=False,
        unaccompanied=False,
        adopted=False,
        shielded=False,
        no_fixed_address=False,
    )


def _rows(directory: Directory) -> tuple[AgencyRow, ...]:
    high, practice = directory.organisation["org-school-01"].name, directory.organisation["org-gp-01"].name

    def row(
        service: str,
        staff: str,
        names: tuple[Name, ...],
        addresses: tuple[Address, ...],
        start: date,
        on: date,
        *,
        end: date | None = None,
        nhs: bool = False,
        pupil: str | None = None,
        school: str | None = None,
        gp: str | None = None,
        birth_date: PartialDate = (BORN.year, BORN.month, BORN.day),
        caf: Caf | None = None,
        lead: str | None = None,
    ) -> AgencyRow:
        found = directory.service[service]
        person = directory.practitioner[staff]
        involvement = Involvement(
            service, staff, None, person.role, start, end, found.sensitivity == "sensitive"
        )
        return AgencyRow(
            TRUTH_ID,
            found.organisation,
            directory.organisation[found.organisation].system,
            f"S-{service.removeprefix('svc-')}",
            names,
            birth_date,
            "AAA",
            "female",
            addresses,
            school,
            gp,
            STORY_NHS_NUMBER if nhs else None,
            pupil,
            involvement,
            caf,
            lead,
            on,
        )

    aminah, amina, ameena = Name("Aminah", "Khan", "Noor"), Name("Amina", "Khan"), Name("Ameena", "Khan")
    lead = "prac-early-help-01"
    return (
        row(
            "svc-health-visiting",
            "prac-health-visiting-01",
            (ameena,),
            (_OLD,),
            date(2014, 5, 24),
            date(2014, 6, 2),
            end=date(2019, 5, 14),
            nhs=True,
            gp=practice,
        ),
        row(
            "svc-gp-01",
            "prac-gp-01-01",
            (aminah,),
            (_NOW,),
            date(2014, 6, 10),
            date(2021, 9, 1),
            nhs=True,
            gp=practice,
        ),
        row(
            "svc-school-01",
            "prac-school-01-01",
            (aminah,),
            (_NOW,),
            date(2025, 9, 1),
            date(2026, 6, 15),
            pupil=upn(2001, 2018, 999),
            school=high,
        ),
        row(
            "svc-social-care",
            "prac-social-care-01",
            (amina, Name("Mina", "Khan", use="alias")),
            (_NOW, _old()),
            date(2026, 2, 3),
            date(2026, 2, 3),
            school=high,
        ),
        row(
            "svc-early-help",
            lead,
            (Name("Aminah", "Khan"),),
            (_NOW,),
            date(2026, 4, 20),
            date(2026, 4, 20),
            school=high,
            caf=Caf("open", date(2026, 4, 27), 2, date(2027, 4, 27)),
            lead=lead,
        ),
        row(
            "svc-camhs",
            "prac-camhs-01",
            (aminah,),
            (_NOW,),
            date(2026, 6, 8),
            date(2026, 6, 8),
            nhs=True,
            school=high,
            gp=practice,
        ),
        row(
            "svc-mentoring",
            "prac-mentoring-01",
            (Name("Amina", "Kahn"),),
            (Address((), STORY_POSTCODE.lower(), "home", None),),
            date(2025, 10, 1),
            date(2025, 10, 1),
            end=date(2026, 7, 17),
        ),
    )


def _old() -> Address:
    return Address(_OLD_LINES, STORY_OLD_POSTCODE, "old", date(2014, 5, 20))
