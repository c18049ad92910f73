"""google.type.Date and datetime.date, both ways. Pure."""

from datetime import date

from google.type import date_pb2

from services.chassis.errors import InvalidArgument


def to_date(value: date_pb2.Date, field: str) -> date:
    """Return the whole date. Raises InvalidArgument naming the field if a part is missing or there is no such day."""
    try:
        return date(value.year, value.month, value.day)
    except ValueError:
        raise InvalidArgument([(field, "must be a whole date that exists")]) from None


def from_date(value: date) -> date_pb2.Date:
    """Return the date as a message."""
    return date_pb2.Date(year=value.year, month=value.month, day=value.day)
