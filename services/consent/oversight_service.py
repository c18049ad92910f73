"""`OversightService`: from the contract to what is due, to counts and to dry runs and back, nothing else."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import grpc

from kith.consent.v1 import consent_pb2, oversight_pb2, sharing_pb2
from kith.consent.v1 import oversight_service_pb2 as pb
from kith.consent.v1.oversight_service_pb2_grpc import OversightServiceServicer
from services.chassis.child_ids import ChildIds
from services.chassis.errors import InvalidArgument
from services.consent import access_trail, decision_facts, messages, oversight_store
from services.consent.asker import asker
from services.consent.dates import day
from services.consent.page import Pages
from services.consent.parts import Parts
from services.consent.report import Figure, rounded, suppressed
from services.consent.rules import policy

Context = grpc.aio.ServicerContext[Any, Any]

_USUAL_DAYS: Final = 28
_MOST_CHANGES: Final = 100
_MOST_FAULTS: Final = 20
_LONGEST_FAULT: Final = 200
# What each measure counts by: the enum and the prefix of its names.
_VALUES: Final[Mapping[int, tuple[Any, str]]] = {
    oversight_pb2.Figure.MEASURE_CONSENT_KIND: (consent_pb2.Consent.Kind, "KIND_"),
    oversight_pb2.Figure.MEASURE_CONSENT_STATE: (consent_pb2.Consent.State, "STATE_"),
    oversight_pb2.Figure.MEASURE_SHARING_OUTCOME: (sharing_pb2.SharingDecision.Outcome, "OUTCOME_"),
    oversight_pb2.Figure.MEASURE_GROUND: (sharing_pb2.SharingDecision.Ground, "GROUND_"),
    oversight_pb2.Figure.MEASURE_OVERDUE: (oversight_pb2.DueItem.Kind, "KIND_"),
}


class OversightService(OversightServiceServicer):
    """Answers for oversight. Who may ask is decided before, by the rule beside each method."""

    def __init__(self, parts: Parts) -> None:
        self._database = parts.database
        self._pages = Pages(parts.keyring)
        self._child_ids = ChildIds(parts.keyring)
        self._clock = parts.clock
        self._decisions = parts.decisions

    async def ListDue(self, request: pb.ListDueRequest, _context: Context) -> pb.ListDueResponse:
        """List what is due, page by page, with how many there are on all pages."""
        decision, organisation_id = asker()
        after, size = self._pages.place(request)
        today = self._clock().date()
        until = today + timedelta(days=request.days_ahead or _USUAL_DAYS)
        async with self._database.transaction() as connection:
            found = await oversight_store.due(connection, organisation_id, until, after, size)
            count = await oversight_store.due_count(connection, organisation_id, until, today)
            page, token = self._pages.cut(request, found, size)
            await access_trail.leave(connection, decision, {one.child_id for one in page})
        return pb.ListDueResponse(
            items=[
                oversight_pb2.DueItem(
                    kind=one.kind,  # type: ignore[arg-type] # a number of the enum
                    record_id=str(one.id),
                    child_id=str(self._child_ids.outward(one.child_id, str(organisation_id))),
                    due_date=messages.day(one.due_date),
                    overdue=one.due_date < today,
                )
                for one in page
            ],
            next_page_token=token,
            total_count=count.total,
            overdue_count=count.overdue,
        )

    async def GetReport(self, request: pb.GetReportRequest, _context: Context) -> pb.GetReportResponse:
        """Count, and leave small numbers out. Raises InvalidArgument for a day that is none."""
        first, last = day("start_date", request.start_date), day("end_date", request.end_date)
        if last < first:
            raise InvalidArgument([("end_date", "must not be before start_date")])
        async with self._database.connection() as connection:
            counted = await oversight_store.figures(connection, first, last, self._clock().date())
        return pb.GetReportResponse(figures=map(_figure, rounded(suppressed(counted))))

    async def GetPolicy(self, _request: pb.GetPolicyRequest, _context: Context) -> pb.GetPolicyResponse:
        """Show the policy."""
        found = self._decisions.policy
        return pb.GetPolicyResponse(version=found.version, policy_json=policy.text(found))

    async def DryRunPolicy(
        self, request: pb.DryRunPolicyRequest, _context: Context
    ) -> pb.DryRunPolicyResponse:
        """Ask recent decisions again. Raises InvalidArgument for what is no policy."""
        try:
            tried = policy.parse(request.policy_json)
        except policy.PolicyInvalid as invalid:
            faults = [("policy_json", fault[:_LONGEST_FAULT]) for fault in invalid.faults[:_MOST_FAULTS]]
            raise InvalidArgument(faults) from None
        run = self._decisions.dry_run(tried)
        return pb.DryRunPolicyResponse(
            examined_count=run.examined,
            oldest_time=messages.time(run.oldest),
            changes=[
                oversight_pb2.PolicyChange(
                    before=decision_facts.answer(before), after=decision_facts.answer(after), count=count
                )
                for before, after, count in run.changes[:_MOST_CHANGES]
            ],
        )


def _figure(figure: Figure) -> oversight_pb2.Figure:
    enum, prefix = _VALUES[figure.measure]
    return oversight_pb2.Figure(
        measure=figure.measure,  # type: ignore[arg-type] # a number of the enum
        organisation_id=figure.organisation_id,
        value=enum.Name(int(figure.value)).removeprefix(prefix),
        count=figure.count,
        suppressed=figure.suppressed,
    )
