"""Page tokens: good for the same caller and question only (AIP-158)."""

from dataclasses import replace

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.message import Message

from kith.directory.v1 import directory_service_pb2
from services.chassis.caller import Caller, Kind
from services.chassis.errors import InvalidArgument
from services.chassis.keyring import Keyring
from services.chassis.paging import PageTokens, binding, page_size

CALLER = Caller(Kind.PERSON, "p", "o", "gateway", frozenset(), frozenset())
KEYRING = Keyring({"page_token": "1"}, {"page_token": {"1": bytes(32)}})
TOKENS = PageTokens(KEYRING)


def test_a_token_gives_back_its_payload_and_hides_it() -> None:
    token = TOKENS.seal(b"question", b"after Jane Doe")
    assert TOKENS.open(token, b"question") == b"after Jane Doe"
    assert "Jane" not in token
    assert token.isascii()
    assert "=" not in token


@pytest.mark.parametrize("token", ["", "x", "AA", "!!", "é", "A" * 1024, "\x00"])
def test_rubbish_is_a_field_violation(token: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        TOKENS.open(token, b"question")
    assert raised.value.violations[0][0] == "page_token"


def test_a_token_of_another_question_or_altered_is_a_field_violation() -> None:
    token = TOKENS.seal(b"question", b"payload")
    altered = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    for wrong, bound in ((token, b"another"), (altered, b"question")):
        with pytest.raises(InvalidArgument):
            TOKENS.open(wrong, bound)


def test_a_token_of_an_older_key_still_opens() -> None:
    token = TOKENS.seal(b"question", b"payload")
    rotated = PageTokens(
        Keyring({"page_token": "2"}, {"page_token": {"1": bytes(32), "2": bytes(range(32))}})
    )
    assert rotated.open(token, b"question") == b"payload"


def _request(*, name: str, package: str) -> Message:
    return FileDescriptorProto(name=name, package=package)


def test_the_binding_is_the_question_and_who_asks() -> None:
    same = binding(_request(name="a", package="b"), CALLER)
    assert binding(_request(package="b", name="a"), CALLER) == same
    others = [
        binding(_request(name="b", package="a"), CALLER),
        binding(_request(name="a", package="b"), replace(CALLER, subject="q")),
        binding(_request(name="a", package="b"), replace(CALLER, organisation_id="q")),
        binding(_request(name="a", package="b"), replace(CALLER, client_id="q")),
    ]
    assert len({same, *others}) == 5


def test_the_binding_leaves_out_the_page_itself() -> None:
    list_request = directory_service_pb2.ListServicesRequest
    first = list_request(page_size=10)
    second = list_request(page_size=20, page_token="token")
    assert binding(first, CALLER) == binding(second, CALLER)
    assert second.page_token == "token"


@pytest.mark.parametrize(("requested", "used"), [(0, 50), (1, 1), (100, 100), (101, 100)])
def test_the_page_size_is_coerced(requested: int, used: int) -> None:
    assert page_size(requested) == used
