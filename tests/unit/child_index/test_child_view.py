"""What another organisation is shown of a sensitive involvement (DESIGN 5 no. 9)."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from kith.childindex.v1 import child_pb2
from services.child_index.child_view import Stored, view
from services.child_index.facts import Record
from services.child_index.involvement_store import StoredInvolvement
from services.child_index.opened import OpenedChild

TODAY = datetime.now(UTC).date()


def sensitive(end_date: date | None) -> StoredInvolvement:
    return StoredInvolvement(
        id=uuid4(),
        child_id=uuid4(),
        organisation_id=uuid4(),
        service_id=uuid4(),
        practitioner_id=None,
        role="Counsellor",
        regarding=child_pb2.Involvement.REGARDING_CHILD,
        sensitive=True,
        consent_id=None,
        ground=1,
        start_date=TODAY - timedelta(days=100),
        end_date=end_date,
        review_due=False,
    )


@pytest.mark.parametrize(
    ("end_date", "lines"),
    [(None, 1), (TODAY + timedelta(days=30), 1), (TODAY - timedelta(days=30), 0)],
    ids=["going on", "planned to end", "ended"],
)
def test_one_neutral_line_as_long_as_it_goes_on(end_date: date | None, lines: int) -> None:
    facts = child_pb2.Facts(names=[child_pb2.Name(given_name="Ottilie")])
    child = OpenedChild(uuid4(), [Record(facts, datetime.now(UTC))], [])
    stored = Stored(child, [sensitive(end_date)], None, None)
    shown = view(stored, outward_id=str(uuid4()), organisation_id=str(uuid4()), verdicts={})
    assert list(shown.involvements) == []
    assert shown.sensitive_involvement_count == lines
