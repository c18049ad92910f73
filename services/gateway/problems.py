"""The pages that say why it goes no further, and what to do now. Never the text of an error, never half an answer."""

from dataclasses import dataclass
from typing import Final

from services.chassis.errors import (
    DeadlineExceeded,
    Failure,
    Internal,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """A page that ends the way: `steps` are what to do now. `is_urgent` adds whom to ring for a child in danger."""

    status: int
    heading: str
    text: str
    steps: tuple[str, ...] = ()
    rings_desk: bool = False
    error_id: str = ""
    offers_sign_in: bool = False


NOT_FOUND: Final = Problem(
    404,
    "There is no such page",
    "If you typed the address, check that it is right.",
    ("Start again from the home page.",),
)
NOT_ALLOWED: Final = Problem(
    403,
    "You cannot open this here",
    "Either there is nothing here, or it is not for you to see. Kith never says which of the two it is.",
    (
        "A link to a record works only until you sign out, and only for you. Search for the child again.",
        "If you need it for your work with the child, ring the index desk.",
    ),
    rings_desk=True,
)
SIGNED_OUT: Final = Problem(
    401,
    "You have been signed out",
    "You are signed out after 30 minutes without use and after 10 hours in any case. "
    "What you had just typed was not saved.",
    offers_sign_in=True,
)
PAGE_TOO_OLD: Final = Problem(
    403,
    "This page was open too long",
    "What you sent did not come from a page of your present session, so it was not used. Nothing was recorded.",
    ("Go back to the home page and start again.",),
)
BAD_REQUEST: Final = Problem(
    400,
    "Something in the request was not right",
    "Nothing was recorded.",
    ("Go back to the home page and start again.",),
)
TOO_OFTEN: Final = Problem(
    429,
    "Too many pages were asked for",
    "From your connection so many pages of the service directory were asked for that it has to slow down.",
    ("Wait a minute, then try again.",),
)
CANNOT_SIGN_IN: Final = Problem(
    403,
    "You could not be signed in",
    "Signing in was not finished, or it took too long.",
    ("Try to sign in again.", "If it fails again, ask your account manager."),
    offers_sign_in=True,
)
_UNAVAILABLE_TEXT: Final = (
    "A part of Kith does not answer. You are shown nothing at all, "
    "because an answer with something missing could mislead."
)


def problem_of(failure: Failure, error_id: str) -> Problem:
    """Return the page for a failure that no page has dealt with. `error_id` is in the log."""
    match failure:
        case Unauthenticated():
            return SIGNED_OUT
        case PermissionDenied():
            return NOT_ALLOWED
        case NotFound():
            return NOT_FOUND
        case InvalidArgument():
            return BAD_REQUEST
        case ResourceExhausted():
            return _budget_spent(failure.metadata.get("limit", ""))
        case Unavailable() | DeadlineExceeded():
            return Problem(
                503,
                "Kith is not working at the moment",
                _UNAVAILABLE_TEXT,
                (
                    "Try again in a minute. Nothing you did was recorded unless a page said so.",
                    "If you cannot wait, ring the index desk.",
                ),
                rings_desk=True,
                error_id=error_id,
            )
        case _:
            quoted = failure.metadata.get("error_id", error_id) if isinstance(failure, Internal) else error_id
            return Problem(
                500,
                "Sorry, something went wrong",
                "This is a fault of Kith, not of yours.",
                ("Try again.", "If it happens again, ring the index desk and quote the number below."),
                rings_desk=True,
                error_id=quoted,
            )


def _budget_spent(limit: str) -> Problem:
    many = (
        f"{limit} different children" if limit.isdigit() else "as many different children as one person may"
    )
    return Problem(
        429,
        "You have reached today’s limit",
        f"Within a day you have been shown {many}. The limit protects children from being looked through.",
        (
            "If you need to see more for your work, ring the index desk: they can look for you.",
            "From tomorrow you can search again.",
        ),
        rings_desk=True,
    )
