"""What a page says of the matches found. Pure: from the search's answer to words."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from google.type import date_pb2

from kith.childindex.v1 import match_pb2
from kith.directory.v1 import directory_pb2
from kith.search.v1 import search_service_pb2
from services.gateway import wording
from services.gateway.forms import Search

_DAYS_FRESH: Final = 7
"""Beyond this an agency's records are marked as old."""


@dataclass(frozen=True, slots=True)
class MatchRow:
    """A match on the page. `link` is unique on it and says which child it leads to."""

    handle: str
    link: str
    name: str
    matched_name: str
    born: str
    age: str
    gender: str
    area: str
    school: str
    strength: str
    strength_class: str
    speaks_for: list[str]
    speaks_against: list[str]
    not_compared: list[str]
    likely_sibling: bool
    is_shielded: bool


@dataclass(frozen=True, slots=True)
class Feeder:
    """An agency whose records were searched."""

    name: str
    fresh: str
    is_old: bool


@dataclass(frozen=True, slots=True)
class Results:
    """The whole page."""

    heading: str
    searched: list[tuple[str, str]]
    matches: list[MatchRow]
    add_one_of: str
    """What to add when several are equally good; empty when they are not."""
    is_too_many: bool
    """Whether so many are equally good that none is shown."""
    has_more: bool
    """Whether less likely ones were left out."""
    feeders: list[Feeder]


def results(
    answer: search_service_pb2.FindChildrenResponse,
    search: Search,
    organisations: Mapping[str, directory_pb2.Organisation],
    handle_of: Callable[[str], str],
    now: dt.datetime,
) -> Results:
    """Return the page for an answer."""
    return Results(
        heading=_heading(answer),
        searched=_searched(search),
        matches=_with_unique_links([_row(match, handle_of, now.date()) for match in answer.matches]),
        add_one_of=_add_one_of(answer) if answer.ambiguous else "",
        is_too_many=answer.too_many,
        has_more=answer.more,
        feeders=_feeders(answer.coverage, organisations, now),
    )


def _heading(answer: search_service_pb2.FindChildrenResponse) -> str:
    if answer.too_many:
        return "Too many children fit"
    found = len(answer.matches)
    return wording.count(found, "possible child", "possible children") if found else "No match found"


def _searched(search: Search) -> list[tuple[str, str]]:
    born = ""
    if search.birth_date is not None:
        typed = search.birth_date
        born = wording.day(date_pb2.Date(day=typed.day, month=typed.month, year=typed.year))
    stated = (
        ("Given name", search.given_name),
        ("Family name", search.family_name),
        ("Date of birth", born),
        ("Age", "" if search.age is None else str(search.age)),
        ("Postcode", search.postcode.upper()),
        ("Middle names", search.other_given_names),
        ("School", search.school),
        ("Parent or carer", search.carer),
    )
    return [(label, value) for label, value in stated if value]


def _row(match: match_pb2.Match, handle_of: Callable[[str], str], today: dt.date) -> MatchRow:
    name = wording.full_name(match.name)
    born = wording.day(match.birth_date)
    matched = wording.full_name(match.matched_name) if match.HasField("matched_name") else ""
    strength, strength_class = wording.GRADES.get(match.grade, wording.GRADES[match_pb2.GRADE_POSSIBLE])
    evidence = [(one.bits, _sentence(one.explanation)) for one in match.evidence if one.explanation]
    return MatchRow(
        handle=handle_of(match.child_id),
        link=f"View {wording.short_name(match.name)}, {f'born {born}' if born else 'date of birth not known'}",
        name=name,
        matched_name=matched if matched != name else "",
        born=born or wording.NOT_KNOWN,
        age=wording.age(match.birth_date, today),
        gender=wording.GENDERS.get(match.gender, ""),
        area=match.area,
        school=match.school_name,
        strength=strength,
        strength_class=strength_class,
        speaks_for=[sentence for bits, sentence in evidence if bits > 0],
        speaks_against=[sentence for bits, sentence in evidence if bits < 0],
        not_compared=[sentence for bits, sentence in evidence if bits == 0],
        likely_sibling=match.likely_sibling,
        is_shielded=match.shielded,
    )


def _with_unique_links(rows: list[MatchRow]) -> list[MatchRow]:
    """Tell apart two children of the same name and date of birth, by a number."""
    times = Counter(row.link for row in rows)
    seen: Counter[str] = Counter()
    told: list[MatchRow] = []
    for row in rows:
        seen[row.link] += 1
        link = f"{row.link} ({seen[row.link]} of {times[row.link]})" if times[row.link] > 1 else row.link
        told.append(replace(row, link=link))
    return told


def _add_one_of(answer: search_service_pb2.FindChildrenResponse) -> str:
    facts = [wording.ASK_NEXT[field] for field in answer.ask_next if field in wording.ASK_NEXT]
    return wording.listed(facts) if facts else "one more fact"


def _feeders(
    coverage: Sequence[match_pb2.Coverage],
    organisations: Mapping[str, directory_pb2.Organisation],
    now: dt.datetime,
) -> list[Feeder]:
    feeders: list[Feeder] = []
    for one in coverage:
        known = organisations.get(one.organisation_id)
        then = one.last_update_time.ToDatetime(dt.UTC)
        feeders.append(
            Feeder(
                name=known.display_name if known is not None else "An agency not in the directory",
                fresh=wording.how_long_ago(then, now),
                is_old=(now - then).days > _DAYS_FRESH,
            )
        )
    return sorted(feeders, key=lambda feeder: feeder.name.casefold())


def _sentence(explanation: str) -> str:
    return explanation[:1].upper() + explanation[1:]
