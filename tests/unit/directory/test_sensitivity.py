from kith.directory.v1.directory_pb2 import Service
from services.directory import sensitivity


def test_every_kind_of_the_contract_is_decided() -> None:
    """A new kind in the proto needs a line in the table."""
    assert sensitivity.undecided() == []


def test_the_four_kinds_of_the_domain_are_sensitive() -> None:
    """DOMAIN 2.6 no. 3."""
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
    }
