"""How the public pages say when, where, for whom and at what cost a service is. Pure: from HSDS JSON to words."""

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.gateway import wording

_DAY_NAMES: Final = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}
_WHICH: Final = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth", "-1": "last"}
_BYDAY: Final = re.compile(r"^(-1|[1-5])?(MO|TU|WE|TH|FR|SA|SU)$")
_CLOCK: Final = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)")
_WEB: Final = re.compile(r"^https?://[^\s\"'<>]+$", re.IGNORECASE)
_DATE: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}\b", re.ASCII)
_NOON: Final = 12
_METRES_IN_A_MILE: Final = 1_609.344
_DAYS_FRESH: Final = 365
"""By then every service is to be confirmed anew."""
_POUND: Final = "GBP"

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Checked:
    """When a service was last checked or, if nobody ever did, changed; `day` is empty if it was neither."""

    label: str
    day: str
    is_old: bool
    """Whether it may be out of date."""

    @property
    def sentence(self) -> str:
        """All of it, without a full stop."""
        return f"{self.label} {self.day}" if self.day else "Never checked"


def parts(thing: Object, name: str) -> Sequence[Object]:
    """Return the list of parts of a name."""
    found: Sequence[Object] = thing.get(name) or ()
    return found


def ages(service: Object) -> str:
    """For which ages it is; empty if it does not say."""
    least, most = service.get("minimum_age"), service.get("maximum_age")
    if least is not None and most is None:
        return f"From {_number(least)} years"
    if most is None:
        return ""
    if not least:
        return f"Up to {_number(most)} years"
    return f"{_number(least)} to {_number(most)} years" if least != most else f"{_number(least)} years"


def distance(metres: float) -> str:
    """How far it is, in miles: nobody walks by the metre."""
    miles = metres / _METRES_IN_A_MILE
    if miles < 0.2:  # noqa: PLR2004 - the place of a postcode is not more exact
        return "Less than a quarter of a mile away"
    return f"{miles:.1f} miles away" if miles < 10 else f"{miles:.0f} miles away"  # noqa: PLR2004 - as people say it


def checked(service: Object, today: dt.date) -> Checked:
    """When it was last checked, and whether it may be out of date.

    The directory marks by an `alert` what was to be confirmed and was not; this is for what it has no rule for.
    """
    assured, changed = (_date(service.get(name, "")[:10]) for name in ("assured_date", "last_modified"))
    known = [day for day in (assured, changed) if day is not None]
    is_old = not known or (today - max(known)).days > _DAYS_FRESH
    if assured is None and changed is not None:
        return Checked("Last changed", wording.calendar_day(changed), is_old)
    return Checked("Last checked", wording.calendar_day(assured) if assured else "", is_old)


def schedule(one: Object) -> str:
    """When it is open: `Monday and Tuesday, 9am to 5pm`."""
    return ", ".join(part for part in (_days(one), _hours(one)) if part)


def cost(option: Object) -> str:
    """What it costs: `£3.50 per session (siblings)`."""
    amount = option.get("amount")
    price = "" if amount is None else _price(amount, option.get("currency", _POUND))
    what = option.get("amount_description", "")
    said = " ".join(part for part in (price, what if what.casefold() != price.casefold() else "") if part)
    whom = option.get("option", "")
    return f"{said} ({whom})" if said and whom else said or whom


def address(location: Object) -> list[str]:
    """The lines of the first address."""
    first = next(iter(parts(location, "addresses")), {})
    names = ("address_1", "address_2", "city", "region", "postal_code")
    return [first[name] for name in names if first.get(name)]


def once(lines: Iterable[str]) -> list[str]:
    """Return the lines that say something, each once: case and full stops make no other."""
    found: dict[str, str] = {}
    for line in lines:
        if line:
            found.setdefault(line.casefold().rstrip("."), line)
    return list(found.values())


def towns(locations: Sequence[Object], origin: tuple[float, float] | None) -> str:
    """In which towns it is: that of the place nearest to `origin`, latitude and longitude, if one is given.

    `Online` where all of it is; empty if it does not say.
    """
    known = [(one, town) for one in locations if (town := _town(one))]
    if origin is not None:
        known.sort(key=lambda each: _apart(each[0], origin))
        known = known[:1]
    return wording.listed(list(dict.fromkeys(town for _, town in known)), "and") if known else ""


def in_words(text: str) -> str:
    """The text with its dates as people write them."""

    def day(found: re.Match[str]) -> str:
        date = _date(found[0])
        return wording.calendar_day(date) if date else found[0]

    return _DATE.sub(day, text)


def web_link(value: Any) -> str:
    """Return the address if a browser may follow it; empty for whatever else publishers write there."""
    return value if isinstance(value, str) and _WEB.match(value) else ""


def _town(location: Object) -> str:
    if location.get("location_type") == "virtual":
        return "Online"
    return next((one["city"] for one in parts(location, "addresses") if one.get("city")), "")


def _apart(location: Object, origin: tuple[float, float]) -> float:
    """A number that grows with the distance, right within a country; infinite where the place is not known."""
    latitude, longitude = location.get("latitude"), location.get("longitude")
    if latitude is None or longitude is None:
        return math.inf
    return math.hypot(latitude - origin[0], (longitude - origin[1]) * math.cos(math.radians(origin[0])))


def _price(amount: float, currency: str) -> str:
    number = f"{amount:,.2f}".removesuffix(".00")
    if not amount:
        return "Free"
    return f"£{number}" if currency == _POUND else f"{number} {currency}"


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _days(one: Object) -> str:
    found = [_BYDAY.match(part.strip()) for part in str(one.get("byday", "")).upper().split(",")]
    days = [match for match in found if match is not None]
    if not days:
        return ""
    names = [f"{_WHICH[match[1]] + ' ' if match[1] else ''}{_DAY_NAMES[match[2]]}" for match in days]
    said = f"{names[0]} to {names[-1]}" if _run_on(names) else wording.listed(names, "and")
    every = one.get("interval", 1)
    if one.get("freq") == "MONTHLY":
        return f"The {said} of the month" if every == 1 else f"The {said} of every {every} months"
    return said if every == 1 else f"{said} every {every} weeks"


def _run_on(names: list[str]) -> bool:
    """Whether they are three or more days of a week that follow each other."""
    week = list(_DAY_NAMES.values())
    first = week.index(names[0]) if names[0] in week else len(week)
    return len(names) > 2 and names == week[first : first + len(names)]  # noqa: PLR2004 - two are named


def _hours(one: Object) -> str:
    opens, closes = (_clock(one.get(name)) for name in ("opens_at", "closes_at"))
    if opens and closes:
        return f"{opens} to {closes}"
    return f"from {opens}" if opens else f"until {closes}" if closes else ""


def _clock(value: Any) -> str:
    found = _CLOCK.match(value) if isinstance(value, str) else None
    if found is None:
        return ""
    hour, minute = int(found[1]), found[2]
    if minute == "00" and hour % _NOON == 0:
        return "midday" if hour == _NOON else "midnight"
    said = str(hour % _NOON or _NOON) + (f":{minute}" if minute != "00" else "")
    return f"{said}{'am' if hour < _NOON else 'pm'}"


def _number(value: float) -> str:
    return f"{value:g}"
