"""The record of a child: who is involved, how to reach them, and nothing that is not to be seen (CI-1 to CI-8)."""

import datetime as dt
import re

import pytest
from google.type.date_pb2 import Date

from kith.childindex.v1 import child_pb2
from kith.directory.v1.duty_pb2 import DutyCover
from services.chassis.errors import Failure, PermissionDenied, Unavailable
from tests.service.gateway import sample
from tests.service.gateway.conftest import Visitor
from tests.service.gateway.fixtures import Surroundings


async def test_the_record(visitor: Visitor) -> None:
    page = await visitor.open_child()
    assert page.status == 200
    for text in (
        "Amina Zahra Khan",
        "Born 3 March 2015",
        "Aminah Begum (former name)",
        "12 Weaver Row Northbridge ZZ9 4AB",
        "Parents or carers Fatima Bibi Tariq",
        "Pastoral team Canal Street Primary Since 4 September 2024",
        "Daniel Okafor Family support worker",
        "01632 960 022",
        "d.okafor@canalstreet.example",
        "1 September 2020 to 21 July 2023",
        "Open",
        "4 May 2025, version 3",
        "Review overdue",
        "Lead practitioner Daniel Okafor",
    ):
        assert text in page.text, text


async def test_for_somebody_who_left_the_service_is_to_be_rung(visitor: Visitor) -> None:
    page = await visitor.open_child()
    assert "Priya Nair has left. Ring the service. Telephone: 01632 960 031" in page.text
    assert "01632 960 032" not in page.text


async def test_for_somebody_out_of_office_who_covers_is_to_be_rung(
    visitor: Visitor, gateway: Surroundings
) -> None:
    """SD-7: whoever looks a child up reaches somebody now."""
    away = gateway.neighbours.practitioner(sample.TEACHER_ID).out_of_office
    away.end_date.CopyFrom(Date(year=2026, month=12, day=14))
    away.cover_display_name, away.cover_phone = "Joanne Kelwood", "01632 960 088"
    page = await visitor.open_child()
    said = "Daniel Okafor is out of office until 14 December 2026. Ring Joanne Kelwood instead."
    assert f"{said} Telephone: 01632 960 088" in page.text
    assert "01632 960 022" not in page.text


async def test_without_anybody_who_covers_the_duty_team_is_to_be_rung(
    visitor: Visitor, gateway: Surroundings
) -> None:
    teacher = gateway.neighbours.practitioner(sample.TEACHER_ID)
    teacher.out_of_office.SetInParent()
    page = await visitor.open_child()
    assert "Daniel Okafor is out of office until further notice. Ring the service." in page.text
    teacher.duty_cover.CopyFrom(_on_duty(DutyCover.STATE_ANSWERED, hours=2))
    page = await visitor.open_child()
    assert "Daniel Okafor is out of office until further notice. Ring the duty team." in page.text
    assert "Duty now: Pastoral desk, Ruth Ashdown 01632 960 099 until" in page.text
    assert "01632 960 022" not in page.text


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (DutyCover.STATE_ANSWERED, "Duty now: Pastoral desk, Ruth Ashdown 01632 960 099 until"),
        (DutyCover.STATE_OUT_OF_HOURS, "Out of hours now: Pastoral desk, Ruth Ashdown 01632 960 099 until"),
        (DutyCover.STATE_NOBODY, "Nobody on duty now from"),
        (DutyCover.STATE_UNSCHEDULED, "Duty: Pastoral desk, Ruth Ashdown 01632 960 099 until"),
    ],
)
async def test_duty_cover_now_stands_by_a_team_as_by_a_person(
    visitor: Visitor, gateway: Surroundings, state: DutyCover.State, said: str
) -> None:
    gateway.neighbours.duty[sample.TEACHING_ID] = _on_duty(state, hours=2)
    assert said not in (await visitor.open_child()).text
    gateway.neighbours.child.involvements[0].practitioner_id = ""
    page = await visitor.open_child()
    assert page.text.count(said) == 1
    assert "01632 960 021" in page.text


async def test_of_those_involved_before_nobody_is_on_duty(visitor: Visitor, gateway: Surroundings) -> None:
    gateway.neighbours.duty[sample.NURSING_ID] = _on_duty(DutyCover.STATE_ANSWERED, hours=2)
    assert "Duty now" not in (await visitor.open_child()).text


async def test_a_sensitive_service_is_one_neutral_line(visitor: Visitor, gateway: Surroundings) -> None:
    """DESIGN 5 no. 9."""
    page = await visitor.open_child()
    assert "A sensitive service is also involved. The index desk can put you in touch" in page.text
    gateway.neighbours.child.sensitive_involvement_count = 0
    page = await visitor.open_child()
    assert "sensitive service" not in page.text.lower()


async def test_when_consent_could_not_be_asked_that_is_said(visitor: Visitor, gateway: Surroundings) -> None:
    gateway.neighbours.child.sensitive_checked = False
    page = await visitor.open_child()
    assert "Sensitive services were not checked" in page.text


async def test_a_child_of_whom_little_is_known(visitor: Visitor, gateway: Surroundings) -> None:
    facts = child_pb2.Facts(names=[child_pb2.Name(family_name="Khan")])
    gateway.neighbours.child = child_pb2.Child(facts=facts, sensitive_checked=True)
    page = await visitor.open_child()
    assert page.status == 200
    for text in ("Not known", "Nobody leads yet", "None is known", "No service that you can see"):
        assert text in page.text


async def test_a_closed_assessment_is_not_overdue(visitor: Visitor, gateway: Surroundings) -> None:
    gateway.neighbours.child.caf.state = child_pb2.CafIndicator.STATE_CLOSED
    page = await visitor.open_child()
    assert "Closed" in page.text
    assert "overdue" not in page.text


async def test_contacts_are_asked_for_in_one_round(visitor: Visitor, gateway: Surroundings) -> None:
    await visitor.open_child()
    for method in ("BatchGetServices", "BatchGetPractitioners", "BatchGetDutyCover"):
        assert len(gateway.neighbours.asked(method)) == 1


async def test_no_id_is_on_any_page_nor_a_name_in_any_address(
    visitor: Visitor, gateway: Surroundings, uuid_pattern: re.Pattern[str]
) -> None:
    """CI-8, X-3, G7."""
    results = await visitor.search()
    record = await visitor.open_child(results)
    form = await visitor.get(f"{record.path}/involvement")
    for page in (results, record, form):
        assert not uuid_pattern.search(page.source)
        assert sample.CHILD_ID.replace("-", "") not in page.source
        address = str(page.response.url) + page.title + " ".join(page.reader.links.values())
        for name in ("Amina", "Khan", "Begum", "2015", "ZZ9"):
            assert name.lower() not in address.lower(), name


async def test_a_handle_opens_nothing_for_anybody_else(visitor: Visitor, gateway: Surroundings) -> None:
    record = await visitor.open_child()
    somebody = Visitor(gateway.address)
    await somebody.sign_in()
    await somebody.search()
    gateway.neighbours.calls.clear()
    for path in (record.path, f"{record.path[:-2]}AA", "/child/x", f"/child/{sample.CHILD_ID}"):
        page = await somebody.get(path)
        assert page.status == 403
        assert "You cannot open this here" in page.text
    assert gateway.neighbours.calls == []
    await somebody.client.aclose()


@pytest.mark.parametrize(
    ("method", "refusal", "status"),
    [
        ("GetChild", PermissionDenied("CHILD_NOT_VISIBLE"), 403),
        ("GetChild", Unavailable("DATABASE_BUSY"), 503),
        ("BatchGetPractitioners", Unavailable("DATABASE_BUSY"), 503),
        ("BatchGetDutyCover", Unavailable("DATABASE_BUSY"), 503),
    ],
    ids=str,
)
async def test_all_of_the_record_or_nothing(
    visitor: Visitor, gateway: Surroundings, method: str, refusal: Failure, status: int
) -> None:
    results = await visitor.search()
    gateway.neighbours.refusals[method] = refusal
    page = await visitor.open_child(results)
    assert page.status == status
    assert "Amina" not in page.source


def _on_duty(state: DutyCover.State, *, hours: int) -> DutyCover:
    """Somebody on duty, or nobody, for so many hours to come."""
    phone = "" if state == DutyCover.STATE_NOBODY else "01632 960 099"
    cover = DutyCover(
        state=state,
        team_display_name="Pastoral desk",
        practitioner_display_name="Ruth Ashdown",
        phone=phone,
    )
    cover.end_time.FromDatetime(dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours))
    return cover
