"""Finding a child: what is typed is kept and reaches no URL; what was searched is said (G10, DOMAIN 3.3)."""

import pytest
from google.protobuf.message import Message

from kith.search.v1.search_service_pb2 import FindChildrenRequest
from services.chassis.errors import (
    ACCESS_DOMAIN,
    Failure,
    Internal,
    InvalidArgument,
    PermissionDenied,
    ResourceExhausted,
    Unavailable,
)
from tests.service.gateway.conftest import Visitor
from tests.service.gateway.fixtures import Surroundings


def query_of(request: Message) -> FindChildrenRequest:
    assert isinstance(request, FindChildrenRequest)
    return request


async def test_a_search_as_it_reaches_the_service(visitor: Visitor, gateway: Surroundings) -> None:
    page = await visitor.search()
    assert (page.status, page.path) == (200, "/results")
    ((request, metadata),) = gateway.neighbours.asked("FindChildren")
    query = query_of(request).query
    assert (query.given_name, query.family_name, query.postcode) == ("Aminah", "Begum", "ZZ9 4AB")
    assert (query.birth_date.date.day, query.birth_date.date.month, query.birth_date.date.year) == (
        3,
        3,
        2015,
    )
    assert query.birth_date.accuracy == "AAA"
    assert metadata["kith-purpose"] == "provide-service"
    assert metadata["authorization"].startswith("Bearer person.")
    assert metadata["kith-service-authorization"].startswith("Bearer service-gateway.")


async def test_a_part_of_the_date_of_birth_will_do(visitor: Visitor, gateway: Surroundings) -> None:
    await visitor.search(day="", month="")
    ((request, _),) = gateway.neighbours.asked("FindChildren")
    birth_date = query_of(request).query.birth_date
    assert (birth_date.date.day, birth_date.date.month, birth_date.date.year) == (0, 0, 2015)
    assert birth_date.accuracy == "UUA"


async def test_matches_say_how_strong_they_are_and_why(visitor: Visitor) -> None:
    page = await visitor.search()
    for text in (
        "3 possible children",
        "Certain match",
        "Probable match",
        "Possible match",
        "Found under another name: Aminah Begum",
        "Date of birth the same",
        "Given name differs",
        "This may be a twin, brother or sister",
        "3 March 2015",
        "ZZ9",
        "Canal Street Primary",
    ):
        assert text in page.text, text
    assert "<mark>Aminah Begum</mark>" in page.source


async def test_every_link_to_a_record_is_different(visitor: Visitor) -> None:
    links = (await visitor.search()).reader.links
    views = {text: href for text, href in links.items() if text.startswith("View ")}
    assert len(views) == 3
    assert len(set(views.values())) == 3
    assert "View Aisha Khan, born 3 March 2015" in views


async def test_who_was_searched_and_how_fresh(visitor: Visitor) -> None:
    page = await visitor.search()
    assert "The records of 4 agencies; of 1 of them nothing new came in for a week or more" in page.text
    assert "Northbridge Police 4 days ago" in page.text
    assert "may be out of date" in page.text
    assert "Other authorities were not searched" in page.text


async def test_no_match_says_what_to_try_and_whom_to_ring(visitor: Visitor, gateway: Surroundings) -> None:
    gateway.neighbours.found.ClearField("matches")
    page = await visitor.search()
    assert "No match found" in page.title
    assert "does not mean that nobody works with the child" in page.text
    assert "If a child may be in danger Do not wait" in page.text
    assert "Other authorities were not searched" in page.text


async def test_many_equal_matches_ask_for_one_more_fact(visitor: Visitor, gateway: Surroundings) -> None:
    gateway.neighbours.found.ambiguous = True
    gateway.neighbours.found.ask_next.extend(["postcode", "birth_date"])
    page = await visitor.search()
    assert "Add the postcode or the full date of birth to tell them apart" in page.text


async def test_a_flood_shows_nobody_and_says_what_to_add(visitor: Visitor, gateway: Surroundings) -> None:
    """No silent first page of a common name: the page says in plain words what to do."""
    found = gateway.neighbours.found
    found.ClearField("matches")
    found.ambiguous = found.too_many = True
    found.ask_next.extend(["postcode", "school_name", "carers"])
    page = await visitor.search()
    assert "Too many children fit" in page.title
    assert "the names are too common to search by alone" in page.text
    assert "Add the postcode, the school or a parent’s or carer’s name" in page.text
    assert "No match" not in page.text
    assert not [text for text in page.reader.links if text.startswith("View ")]


async def test_less_likely_ones_left_out_are_mentioned(visitor: Visitor, gateway: Surroundings) -> None:
    assert "Less likely children" not in (await visitor.search()).text
    gateway.neighbours.found.more = True
    assert "Less likely children are not shown" in (await visitor.search()).text


async def test_a_shielded_child_is_shown_with_the_desk_to_ring(
    visitor: Visitor, gateway: Surroundings
) -> None:
    """DESIGN 5 no. 7."""
    (match,) = gateway.neighbours.found.matches[2:]
    match.shielded = True
    page = await visitor.search()
    card = page.text.rpartition("View Amina Khan")[2].partition("Why this is")[0]
    assert "Ring the index desk: 01632 960" in card
    assert "Area" not in card
    assert "School" not in card


async def test_more_that_is_known_reaches_the_service(visitor: Visitor, gateway: Surroundings) -> None:
    page = await visitor.search(
        day="",
        month="",
        year="",
        age="8",
        other_given_names="Zahra",
        school="Canal Street",
        carer="Fatima Bibi",
    )
    ((request, _),) = gateway.neighbours.asked("FindChildren")
    query = query_of(request).query
    assert (query.age, query.other_given_names, query.school_name) == (8, "Zahra", "Canal Street")
    assert [(one.given_name, one.family_name) for one in query.carers] == [("Fatima", "Bibi")]
    assert not query.HasField("birth_date")
    for text in ("age 8", "middle names Zahra", "school Canal Street", "parent or carer Fatima Bibi"):
        assert text in page.text
    assert (await visitor.get("/find")).reader.values["carer"] == "Fatima Bibi"


async def test_one_name_of_a_carer_may_be_either(visitor: Visitor, gateway: Surroundings) -> None:
    await visitor.search(carer="Bibi")
    ((request, _),) = gateway.neighbours.asked("FindChildren")
    carers = [(one.given_name, one.family_name) for one in query_of(request).query.carers]
    assert carers == [("Bibi", ""), ("", "Bibi")]
    assert not query_of(request).query.HasField("age")


@pytest.mark.parametrize("age", ["eight", "-1", "26", "8.5"])
async def test_an_age_that_is_none_is_said(visitor: Visitor, gateway: Surroundings, age: str) -> None:
    page = await visitor.search(age=age)
    assert page.status == 400
    assert page.reader.links["Age must be a whole number of years from 0 to 25"] == "#age"
    assert gateway.neighbours.calls == []


async def test_errors_keep_what_was_typed(visitor: Visitor, gateway: Surroundings) -> None:
    page = await visitor.search(day="32", purpose="")
    assert page.status == 400
    assert page.title.startswith("Error: ")
    assert page.reader.links["Date of birth must have a day from 1 to 31"] == "#birth_date-day"
    assert page.reader.links["Select why you are looking for this child"] == "#purpose"
    assert 'id="purpose"' in page.source
    assert page.reader.values["given_name"] == "Aminah"
    assert page.reader.values["month"] == "march"
    assert gateway.neighbours.calls == []
    again = await visitor.get("/find")
    assert again.reader.values["family_name"] == "Begum"
    assert not again.title.startswith("Error: ")


async def test_what_the_service_finds_wrong_lands_on_its_field(
    visitor: Visitor, gateway: Surroundings
) -> None:
    gateway.neighbours.refusals["FindChildren"] = InvalidArgument(
        [
            ("query.family_name", "must be at most 100 characters"),
            ("query.birth_date", "Add the date of birth, or the postcode, to the names."),
        ],
        "QUERY_TOO_BROAD",
    )
    page = await visitor.search()
    assert page.status == 400
    assert page.title.startswith("Error: ")
    assert page.reader.links["Family name must be at most 100 characters"] == "#family_name"
    assert page.reader.links["Add the date of birth, or the postcode, to the names"] == "#birth_date-day"
    assert page.reader.values["given_name"] == "Aminah"


async def test_the_purpose_is_remembered(visitor: Visitor) -> None:
    await visitor.search(purpose="safeguard")
    assert (await visitor.get("/find")).reader.checked == {"purpose": "safeguard"}


async def test_nobody_takes_the_purpose_of_the_desk(visitor: Visitor, gateway: Surroundings) -> None:
    assert (await visitor.search(purpose="facilitate")).status == 400
    assert (await visitor.search(purpose="audit")).status == 400
    gateway.issuer.id_claims = {"roles": ["INDEX_DESK"]}
    desk = Visitor(gateway.address)
    await desk.sign_in()
    assert (await desk.search(purpose="facilitate")).status == 200
    await desk.client.aclose()


async def test_markup_in_what_was_typed_stays_text(visitor: Visitor, gateway: Surroundings) -> None:
    gateway.neighbours.found.matches[0].school_name = "<script>alert(1)</script>"
    page = await visitor.search(given_name='"><b>x</b>')
    assert "<b>x" not in page.source
    assert "<script>alert" not in page.source
    assert '"><b>x' not in (await visitor.get("/find")).source


@pytest.mark.parametrize(
    ("refusal", "status", "said"),
    [
        (Unavailable("SEARCH_INCOMPLETE"), 503, "Kith is not working at the moment"),
        (
            ResourceExhausted("TOO_MANY_CALLS", "", domain=ACCESS_DOMAIN),
            503,
            "Kith is not working at the moment",
        ),
        (PermissionDenied(), 403, "You cannot open this here"),
        (
            ResourceExhausted("DISCLOSURE_BUDGET_SPENT", "", metadata={"limit": "60"}),
            429,
            "you have been shown 60 different children",
        ),
        (Internal("0123456789abcdef"), 500, "Number of this error: 0123456789abcdef"),
    ],
    ids=lambda value: getattr(value, "reason", ""),
)
async def test_a_refusal_is_a_page_and_never_a_shorter_answer(
    visitor: Visitor, gateway: Surroundings, refusal: Failure, status: int, said: str
) -> None:
    """G8, G10: an error is said; "no match" never stands for one."""
    gateway.neighbours.refusals["FindChildren"] = refusal
    page = await visitor.search()
    assert page.status == status
    assert said in page.text
    assert "No match" not in page.text
    assert "01632 960 103" in page.text


async def test_without_the_directory_there_is_no_half_page(visitor: Visitor, gateway: Surroundings) -> None:
    gateway.neighbours.refusals["BatchGetOrganisations"] = Unavailable("DATABASE_UNREACHABLE")
    page = await visitor.search()
    assert page.status == 503
    assert "Khan" not in page.text
