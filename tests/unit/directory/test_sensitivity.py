from kith.directory.v1.directory_pb2 import Service
from services.directory import sensitivity


def test_every_kind_of_the_contract_is_decided() -> None:
    """A new kind in the proto needs a line in the table."""
    assert sensitivity.undecided() == []


def test_these_kinds_are_sensitive() -> None:
    """DOMAIN 2.6 no. 3; probation, which sits in a MASH (MASH-21), tells of a conviction."""
    sensitive = {
        name
        for name, kind in Service.Kind.items()
        if kind and sensitivity.of(getattr(Service, name)) == Service.SENSITIVITY_SENSITIVE
    }
    assert sensitive == {
        "KIND_MENTAL_HEALTH",
        "KIND_SEXUAL_HEALTH",
        "KIND_SUBSTANCE_MISUSE",
        "KIND_DOMESTIC_ABUSE",
        "KIND_PROBATION",
    }
