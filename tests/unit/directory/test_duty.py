"""Duty cover: tests/cases/directory_duty.yaml, and what holds for every rota (SD-7)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kith.directory.v1.duty_pb2 import DutyCover
from services.directory.people import cover, rota_message, stored_rota
from services.directory.people.cover import Line
from services.directory.people.duty import OnDuty, Rota, Shift, on_duty
from services.directory.people.duty_memory import DutyMemory
from services.directory.people.local_time import LONDON

_CASES = Path(__file__).parents[2] / "cases" / "directory_duty.yaml"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PEOPLE = {name: uuid5(UUID(int=0), name) for name in ("ann", "bob")}
_NAMES = {id_: name for name, id_ in _PEOPLE.items()}


def _cases() -> Iterator[Any]:
    for group in yaml.safe_load(_CASES.read_text(encoding="utf-8")):
        for case in group["cases"]:
            yield pytest.param(case, id=f"{group['group']}: {case['name']}")


@pytest.mark.parametrize("case", list(_cases()))
def test_case(case: Mapping[str, Any]) -> None:
    rota = Rota(
        _weekly(case["shifts"]),
        {day: [_shift(f"x {one}") for one in shifts] for day, shifts in case.get("days", {}).items()},
    )
    for asked in case["asked"]:
        at = _moment(asked["at"])
        until = None if asked["until"] is None else _moment(asked["until"])
        if "state" not in asked:
            assert _said(on_duty(rota, at)) == (asked["who"], until), asked
            continue
        team, late = _line("team", rota, at), _late(case["late"], at)
        answer = cover.answer(team, late)
        assert DutyCover.State.Name(answer.state) == f"STATE_{asked['state']}", asked
        assert (answer.phone or "-", answer.until) == (asked["who"], until), asked


def test_a_shift_may_have_a_number_of_its_own() -> None:
    shift = Shift(9 * 60, 17 * 60, _PEOPLE["ann"], "07700 900001")
    answer = cover.answer(_line("team", Rota({1: [shift]}), _moment("2026-06-01 10:00")), None)
    assert (answer.phone, answer.practitioner_id) == ("07700 900001", _PEOPLE["ann"])


def test_the_out_of_hours_team_does_not_stand_in_for_itself() -> None:
    line = _line("late", Rota(_weekly(["mon 09:00-17:00 late"])), _moment("2026-06-01 20:00"))
    answer = cover.answer(line, line)
    assert answer.state == DutyCover.STATE_NOBODY


_minutes = st.integers(0, 24 * 60 - 1)
_shifts = st.builds(Shift, _minutes, st.integers(0, 24 * 60), st.sampled_from([None, *_PEOPLE.values()]))
_rotas = st.builds(
    Rota,
    st.dictionaries(st.integers(1, 7), st.lists(_shifts, max_size=3)),
    st.dictionaries(
        st.dates(date(2026, 3, 25), date(2026, 4, 2)) | st.dates(date(2026, 10, 20), date(2026, 10, 30)),
        st.lists(_shifts, max_size=2),
        max_size=3,
    ),
)
# A week around each change of the clocks.
_moments = st.builds(
    lambda start, minutes: start + timedelta(minutes=minutes),
    st.sampled_from([datetime(2026, 3, 26, tzinfo=UTC), datetime(2026, 10, 22, tzinfo=UTC)]),
    st.integers(0, 7 * 24 * 60),
)


@given(_rotas, _moments)
def test_until_then_nothing_changes_and_then_it_does(rota: Rota, now: datetime) -> None:
    said = on_duty(rota, now)
    who = _who(said)
    if said.until is None:
        return
    assert said.until > now
    assert _who(on_duty(rota, said.until)) != who
    for part in (0.25, 0.5, 0.99):
        between = on_duty(rota, now + (said.until - now) * part)
        assert (_who(between), between.until) == (who, said.until)


@given(_rotas, _moments)
def test_on_days_when_the_clock_does_not_change_it_is_as_the_wall_says(rota: Rota, now: datetime) -> None:
    wall = now.astimezone(LONDON)
    if {day.utcoffset() for day in _midnights(wall.date())} != {wall.utcoffset()}:
        return
    minute = wall.hour * 60 + wall.minute
    answering = []
    for ago in (1, 0):
        for shift in rota.on(wall.date() - timedelta(days=ago)):
            end = shift.end if shift.end > shift.start else shift.end + 1440
            if shift.start <= minute + ago * 1440 < end:
                answering.append((shift.start - ago * 1440, shift))
    latest = max(start for start, _ in answering) if answering else None
    expected = [shift for start, shift in answering if start == latest]
    assert _who(on_duty(rota, now)) == (expected[-1].who if expected else None)


@given(st.lists(_minutes, min_size=1, max_size=4, unique=True), _moments)
def test_whoever_hands_over_every_day_is_never_missing(turns: list[int], now: datetime) -> None:
    """Each shift ends when the next begins, also at hours that do not exist or come twice."""
    turns.sort()
    people = [*_PEOPLE.values(), None]
    shifts = [
        Shift(start, end, people[place % 3])
        for place, (start, end) in enumerate(zip(turns, [*turns[1:], turns[0]], strict=True))
    ]
    rota = Rota(dict.fromkeys(range(1, 8), shifts))
    assert on_duty(rota, now).shift is not None


@given(_rotas)
def test_a_rota_is_the_same_after_storing_and_sending(rota: Rota) -> None:
    listed = Rota(
        {day: tuple(shifts) for day, shifts in rota.weekly.items()},
        {day: tuple(shifts) for day, shifts in rota.exceptions.items()},
    )
    assert stored_rota.rota(stored_rota.rota_text(rota)) == listed
    again = rota_message.read(rota_message.written(rota))
    assert {day: tuple(shifts) for day, shifts in again.weekly.items()} == {
        day: shifts for day, shifts in listed.weekly.items() if shifts
    }
    assert {day: tuple(shifts) for day, shifts in again.exceptions.items()} == listed.exceptions


_steps = st.lists(st.tuples(st.integers(-90, 3000), st.integers(1, 2)), min_size=1, max_size=12)


@given(st.lists(_rotas, min_size=2, max_size=2), _moments, _steps)
def test_what_is_remembered_is_what_would_be_said_anew(
    rotas: list[Rota], now: datetime, steps: list[tuple[int, int]]
) -> None:
    """Whatever the clock does, also backwards, and whichever version of the rota is asked for."""
    memory = DutyMemory()
    for minutes, version in steps:
        now += timedelta(minutes=minutes)
        rota = rotas[version - 1]
        said = memory.on_duty(UUID(int=1), version, stored_rota.rota_text(rota), now)
        anew = None if rota.is_empty else on_duty(rota, now)
        if said is None or anew is None:
            assert said is anew
            continue
        assert _who(said) == _who(anew)
        # With nothing in sight it may be an hour old, and see an hour less far.
        assert said.until in {anew.until, None}


def _weekly(texts: Sequence[str]) -> dict[int, list[Shift]]:
    weekly: dict[int, list[Shift]] = {}
    for text in texts:
        weekly.setdefault(_DAYS.index(text.split()[0]) + 1, []).append(_shift(text))
    return weekly


def _shift(text: str) -> Shift:
    _, hours, who = text.split()
    start, end = (int(one[:2]) * 60 + int(one[3:]) for one in hours.split("-"))
    return Shift(start, end, _PEOPLE.get(who))


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=LONDON)).astimezone(UTC)


def _said(duty: OnDuty) -> tuple[str, datetime | None]:
    if duty.shift is None:
        return "-", duty.until
    return _NAMES.get(duty.shift.practitioner_id or UUID(int=1), "team"), duty.until


def _who(duty: OnDuty) -> tuple[UUID | None, str] | None:
    return None if duty.shift is None else duty.shift.who


def _line(name: str, rota: Rota, now: datetime) -> Line:
    """A team, as it is read from where it is stored."""
    id_ = uuid5(UUID(int=1), name)
    return Line(id_, name, name, "", DutyMemory().on_duty(id_, 1, stored_rota.rota_text(rota), now))


def _late(shifts: Any, now: datetime) -> Line | None:
    if shifts == "none":
        return None
    return _line("late", Rota() if shifts == "always" else Rota(_weekly(shifts)), now)


def _midnights(day: date) -> Iterator[datetime]:
    for ahead in (-1, 0, 1, 2):
        yield datetime.combine(day + timedelta(days=ahead), time(), LONDON)
