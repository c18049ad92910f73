"""Why search refuses: one class for each reason of `kith.search.v1.ErrorReason`. Pure."""

from services.chassis.errors import InvalidArgument


class QueryTooBroad(InvalidArgument):
    """There is too little to search on; `field` of the query is to be added, `advice` says what else would do."""

    def __init__(self, field: str, advice: str) -> None:
        super().__init__([(f"query.{field}", advice)], reason="QUERY_TOO_BROAD")
