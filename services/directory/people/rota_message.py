"""Rotas and hours from the contract and back. Pure."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from google.type.dayofweek_pb2 import DayOfWeek
from google.type.timeofday_pb2 import TimeOfDay

from kith.directory.v1 import duty_pb2
from kith.directory.v1.organisation_contacts_pb2 import WeeklyHours
from services.chassis.errors import InvalidArgument
from services.directory.people.dates import from_date, to_date
from services.directory.people.duty import Rota, Shift
from services.directory.people.safeguarding import Hours


def read(message: duty_pb2.DutyRota) -> Rota:
    """Return the rota of a request. Raises InvalidArgument for a day that does not exist or stands there twice."""
    weekly: dict[int, list[Shift]] = {}
    for one in message.weekly_shifts:
        weekly.setdefault(one.day_of_week, []).append(_shift(one.shift))
    exceptions: dict[date, list[Shift]] = {}
    for number, exception in enumerate(message.exceptions):
        day = to_date(exception.date, f"rota.exceptions[{number}].date")
        if day in exceptions:
            raise InvalidArgument([(f"rota.exceptions[{number}].date", "must not be named before")])
        exceptions[day] = [_shift(shift) for shift in exception.shifts]
    return Rota(weekly, exceptions)


def written(rota: Rota) -> duty_pb2.DutyRota:
    """Return the rota's message, by weekday and day."""
    message = duty_pb2.DutyRota()
    for weekday, shifts in sorted(rota.weekly.items()):
        for shift in shifts:
            message.weekly_shifts.add(day_of_week=_weekday(weekday), shift=_message(shift))
    for day, shifts in sorted(rota.exceptions.items()):
        message.exceptions.add(date=from_date(day), shifts=[_message(shift) for shift in shifts])
    return message


def read_hours(messages: Iterable[WeeklyHours]) -> tuple[Hours, ...]:
    """Return the hours of a request."""
    return tuple(Hours(one.day_of_week, _minutes(one.start), _minutes(one.end)) for one in messages)


def written_hours(hours: Iterable[Hours]) -> list[WeeklyHours]:
    """Return the messages of hours."""
    return [
        WeeklyHours(day_of_week=_weekday(one.weekday), start=_time(one.start), end=_time(one.end))
        for one in hours
    ]


def _shift(message: duty_pb2.Shift) -> Shift:
    practitioner_id = UUID(message.practitioner_id) if message.practitioner_id else None
    return Shift(_minutes(message.start), _minutes(message.end), practitioner_id, message.phone)


def _message(shift: Shift) -> duty_pb2.Shift:
    return duty_pb2.Shift(
        start=_time(shift.start),
        end=_time(shift.end),
        practitioner_id=str(shift.practitioner_id or ""),
        phone=shift.phone,
    )


def _minutes(time: TimeOfDay) -> int:
    return time.hours * 60 + time.minutes


def _time(minutes: int) -> TimeOfDay:
    return TimeOfDay(hours=minutes // 60, minutes=minutes % 60)


def _weekday(number: int) -> str:
    return DayOfWeek.Name(number)
