"""What each agency wrote down: one row per child and service, as its system would send it (DOMAIN 4.1, 4.3)."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from deploy.demo import copies
from deploy.demo import frequencies as rates
from deploy.demo.directory import Directory
from deploy.demo.engagements import Engagement, Schooling, engagements, schooling
from deploy.demo.identifiers import upn
from deploy.demo.model import AgencyRow, Involvement, Practitioner, TrueChild
from deploy.demo.profiles import PROFILES, Profile

FIRST_SCHOOL_NUMBER = 2001


class Agencies:
    """Writes the rows of one child after the other.

    Keeps only counters, and the family form of the household at hand.
    """

    def __init__(self, directory: Directory, seed: int, reference: date) -> None:
        """Takes the directory whose services know the children."""
        self._directory = directory
        self._seed = seed
        self._reference = reference
        self._written: defaultdict[str, int] = defaultdict(int)
        self._pupils: defaultdict[tuple[int, int], int] = defaultdict(int)
        self._form: tuple[str, Engagement] | None = None
        self._school_number = {
            key: FIRST_SCHOOL_NUMBER + place for place, key in enumerate(directory.primaries)
        }

    def rows(self, child: TrueChild) -> Iterator[AgencyRow]:
        """Yields what all agencies wrote down about a child. Call it household by household, in order."""
        rng = Random(f"{self._seed}:copies:{child.truth_id}")
        school = schooling(child, self._directory, self._reference, rng)
        pupil = self._pupil_number(school) if school.current else None
        form = self._form[1] if self._form and self._form[0] == child.household else None
        for engagement in engagements(child, school, self._directory, form, self._reference, rng):
            if engagement.form and not form:
                self._form = (child.household, engagement)
            row = self._row(child, school, pupil, engagement, rng)
            yield row
            if rng.random() < rates.DUPLICATE_ROW:
                second = self._row(child, school, pupil, replace(engagement, caf=None, lead_named=False), rng)
                yield replace(second, involvement=row.involvement)

    def _pupil_number(self, school: Schooling) -> str:
        number, year = self._school_number[school.first_school], school.first_entry.year
        self._pupils[number, year] += 1
        return upn(number, year, self._pupils[number, year])

    def _row(
        self, child: TrueChild, school: Schooling, pupil: str | None, engagement: Engagement, rng: Random
    ) -> AgencyRow:
        service = self._directory.service[engagement.service]
        organisation = self._directory.organisation[service.organisation]
        profile = PROFILES[organisation.kind]
        on = self._written_on(engagement, profile, rng)
        birth_date, accuracy = copies.written_birth_date(child, profile, on, rng)
        person = rng.choice(self._directory.staff[service.key])
        at = school.current
        if organisation.kind == "school":
            at = organisation.key if organisation.phase != "nursery" else None
        elif at and (rng.random() >= profile.school or rng.random() < rates.MISSING["school"]):
            at = None
        practice = (
            school.practice if rng.random() < profile.gp and rng.random() >= rates.MISSING["gp"] else None
        )
        if organisation.kind == "gp":
            practice = organisation.key
        return AgencyRow(
            truth_id=child.truth_id,
            agency=organisation.key,
            system=organisation.system,
            local_id=self._local_id(organisation.key, engagement),
            names=copies.written_names(child, profile, on, self._reference, rng),
            birth_date=birth_date,
            birth_date_accuracy=accuracy,
            gender=None if rng.random() < rates.MISSING["gender"] else child.gender,
            addresses=copies.written_addresses(child, profile, on, rng),
            school=self._directory.organisation[at].name if at else None,
            gp_practice=self._directory.organisation[practice].name if practice else None,
            nhs_number=child.nhs_number if rng.random() < profile.nhs_number else None,
            upn=pupil if profile.upn and organisation.phase != "nursery" else None,
            involvement=self._involvement(engagement, person, service.sensitivity == "sensitive", rng),
            caf=engagement.caf,
            lead_professional=self._lead(engagement, school, person),
            written_on=on,
        )

    def _involvement(
        self, engagement: Engagement, person: Practitioner, sensitive: bool, rng: Random
    ) -> Involvement:
        by_team = engagement.caf is None and rng.random() < rates.TEAM_INSTEAD_OF_PERSON
        return Involvement(
            service=engagement.service,
            practitioner=None if by_team else person.key,
            team=self._directory.service[engagement.service].name if by_team else None,
            role="Team" if by_team else person.role,
            start=engagement.start,
            end=engagement.end,
            sensitive=sensitive,
            subject=engagement.subject,
        )

    def _lead(self, engagement: Engagement, school: Schooling, person: Practitioner) -> str | None:
        if not (engagement.caf and engagement.caf.status == "open" and engagement.lead_named):
            return None
        if engagement.lead_at_school and school.current:
            return self._directory.staff[school.current.replace("org-", "svc-", 1)][0].key
        return person.key

    def _written_on(self, engagement: Engagement, profile: Profile, rng: Random) -> date:
        """Returns the day of the copy: soon after the start, or of late for those kept up to date.

        Never after the end.
        """
        last = engagement.end or self._reference
        days = max(0, (last - engagement.start).days)
        if rng.random() < profile.refreshed:
            return last - timedelta(days=rng.randrange(min(days, 365) + 1))
        return engagement.start + timedelta(days=rng.randrange(min(days, 30) + 1))

    def _local_id(self, agency: str, engagement: Engagement) -> str:
        self._written[agency] += 1
        if engagement.form:
            return f"F{int(engagement.form[1:])}-{self._written[agency]}"
        return f"{100_000 + self._written[agency]}"
