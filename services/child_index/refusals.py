"""Why the child index refuses: one class for each reason of `kith.childindex.v1.ErrorReason`. Pure."""

from services.chassis.errors import (
    FailedPrecondition,
    InvalidArgument,
    PermissionDenied,
    ResourceExhausted,
    Unavailable,
)


class ChildNotVisible(PermissionDenied):
    """The child or involvement does not exist, or the caller may not see it: never says which (S19)."""

    def __init__(self) -> None:
        super().__init__("CHILD_NOT_VISIBLE", "no such child or involvement is visible to you")


class NotOwnService(PermissionDenied):
    """The service or practitioner is not of the caller's organisation (CI-3)."""

    def __init__(self) -> None:
        super().__init__(
            "NOT_OWN_SERVICE",
            "name a service and a practitioner of your own organisation, as in the directory",
        )


class BasisRequired(FailedPrecondition):
    """What is to be recorded needs a consent that covers it, or a ground (DESIGN 5 no. 9, 13)."""

    def __init__(self) -> None:
        super().__init__(
            "BASIS_REQUIRED",
            "record a consent for this child that covers it, or give a ground",
            violations=[("basis", "a current consent of this child that covers it, or a ground, is needed")],
        )


class InvolvementAlreadyEnded(FailedPrecondition):
    """The involvement has ended before."""

    def __init__(self) -> None:
        super().__init__("INVOLVEMENT_ENDED", "the involvement has already ended")


class CafHeldElsewhere(FailedPrecondition):
    """Another organisation holds an open CAF of the child: ask it, or its co-ordinator (CI-5)."""

    def __init__(self) -> None:
        super().__init__("CAF_HELD_ELSEWHERE", "another organisation holds an open one; ask it")


class LeadHeldElsewhere(FailedPrecondition):
    """A practitioner of another organisation leads (LP-1)."""

    def __init__(self) -> None:
        super().__init__("LEAD_HELD_ELSEWHERE", "a practitioner of another organisation leads; ask there")


class ChildShielded(FailedPrecondition):
    """The child is shielded, and what is asked would tell of what others recorded (DESIGN 5 no. 7)."""

    def __init__(self) -> None:
        super().__init__("CHILD_SHIELDED", "the child is shielded: ring the index desk")


class ShieldStateWrong(FailedPrecondition):
    """There is no shield in the state that this asks for: see `ListShieldReviews`."""

    def __init__(self) -> None:
        super().__init__(
            "SHIELD_STATE",
            "a provisional shield is confirmed, a confirmed one reviewed, either of them lifted; look again",
        )


class BudgetSpent(ResourceExhausted):
    """The caller was shown too many different children today (S17)."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            "DISCLOSURE_BUDGET_SPENT",
            "too many different children today; ask the index desk",
            metadata={"limit": str(limit)},
        )


class QueryTooBroad(InvalidArgument):
    """There is too little to search on; `advice` says what to add."""

    def __init__(self, advice: str) -> None:
        super().__init__([("query", advice)], reason="QUERY_TOO_BROAD")


class KeysNotMade(Unavailable):
    """Not every record has keys of the version asked by, or would have after this: see `key_versions.py` (G10)."""

    def __init__(self) -> None:
        super().__init__("KEYS_NOT_MADE", retry_after=5.0)
