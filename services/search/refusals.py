"""Why search refuses: one class for each reason of `kith.search.v1.ErrorReason`. Pure."""

from services.chassis.errors import InvalidArgument


class QueryTooBroad(InvalidArgument):
    """There is too little to search on; `advice` says what to add."""

    def __init__(self, advice: str) -> None:
        super().__init__([("query", advice)], reason="QUERY_TOO_BROAD")
