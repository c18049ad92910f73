"""Which kinds of service are sensitive (DOMAIN 2.6 no. 3). Pure.

The one place where it is decided: no caller of the index, and nobody who creates a service, can change it.
"""

from kith.directory.v1.directory_pb2 import Service

_SENSITIVE = frozenset(
    {
        Service.KIND_MENTAL_HEALTH,
        Service.KIND_SEXUAL_HEALTH,
        Service.KIND_SUBSTANCE_MISUSE,
        Service.KIND_DOMESTIC_ABUSE,
        Service.KIND_PROBATION,
    }
)
_STANDARD = frozenset(
    {
        Service.KIND_EDUCATION,
        Service.KIND_SEND_SUPPORT,
        Service.KIND_HEALTH_VISITING,
        Service.KIND_SCHOOL_NURSING,
        Service.KIND_GENERAL_PRACTICE,
        Service.KIND_PAEDIATRICS,
        Service.KIND_SOCIAL_WORK,
        Service.KIND_FAMILY_SUPPORT,
        Service.KIND_POLICING,
        Service.KIND_YOUTH_JUSTICE,
        Service.KIND_COMMUNITY,
    }
)


def of(kind: Service.Kind) -> Service.Sensitivity:
    """Return the sensitivity of a kind of service; one that this table does not know is sensitive (G8)."""
    return Service.SENSITIVITY_STANDARD if kind in _STANDARD else Service.SENSITIVITY_SENSITIVE


def undecided() -> list[str]:
    """Return the kinds of the contract that the table does not decide: none, or the tests fail."""
    decided = _SENSITIVE | _STANDARD | {Service.KIND_UNSPECIFIED}
    return [name for name, kind in Service.Kind.items() if kind not in decided]
