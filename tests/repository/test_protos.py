"""Rules about protos that buf does not know: access, personal data, limits (DESIGN 7; STYLE, proto sheet 4, 5, 13)."""

import re

from google.protobuf.descriptor_pb2 import FieldDescriptorProto

from tests.repository import descriptors
from tests.repository.descriptors import Field

# Facts about a person wherever they stand, and what opens an account.
PERSONAL = re.compile(
    r"(^|_)(given_names?|family_name|former_name|known_as|alias(es)?|birth_date|death_date|gender|"
    r"address(es)?|lines|postcode|nhs_number|upn|local_id|school_name|gp_name|username|password)$"
)
# Personal in a message about a person, public in one about an organisation or a service.
PERSONAL_OF_PEOPLE = re.compile(r"^(display_name|phone|mobile|email)$")
PEOPLE = re.compile(r"Person|Practitioner|Contact|Parent|Carer")

# Anchored at both ends and without a repetition that has no end.
BOUNDED_PATTERN = re.compile(r"^\^([^*+{]|\{\d+(,\d+)?\})+\$$")


def test_every_method_has_an_access_rule_with_a_scope() -> None:
    found = list(descriptors.methods())
    assert found
    without = [method.name for method in found if method.rule is None or not method.rule.scope]
    assert not without, f"no access rule: {without}"


def test_every_method_says_in_its_comment_what_it_does_and_which_scope_it_needs() -> None:
    lacking = [
        method.name
        for method in descriptors.methods()
        if not method.comment or (method.rule and f"`{method.rule.scope}`" not in method.comment)
    ]
    assert not lacking, f"the comment does not name the scope of the rule: {lacking}"


def test_every_method_states_whether_it_may_be_repeated() -> None:
    without = [
        method.name
        for method in descriptors.methods()
        if not method.descriptor.options.HasField("idempotency_level")
    ]
    assert not without, f"no idempotency_level: {without}"


def test_personal_fields_are_marked() -> None:
    examined = [field for field in descriptors.all_fields() if _personal(field)]
    assert examined
    unmarked = [field.name for field in examined if not field.descriptor.options.debug_redact]
    assert not unmarked, f"personal without debug_redact: {unmarked}"


def test_text_in_requests_is_bounded() -> None:
    loose = [
        field.name
        for field in descriptors.request_fields()
        if field.descriptor.type in {FieldDescriptorProto.TYPE_STRING, FieldDescriptorProto.TYPE_BYTES}
        and not _bounded(field)
    ]
    assert not loose, f"neither max_len nor a format: {loose}"


def test_lists_in_requests_are_bounded() -> None:
    loose = [
        field.name
        for field in descriptors.request_fields()
        if field.repeated
        and not (field.rules.repeated.HasField("max_items") or field.rules.map.HasField("max_pairs"))
    ]
    assert not loose, f"no max_items: {loose}"


def test_enums_in_requests_are_of_known_values() -> None:
    loose = [
        field.name
        for field in descriptors.request_fields()
        if field.descriptor.type == FieldDescriptorProto.TYPE_ENUM and not _known_values_only(field)
    ]
    assert not loose, f"neither defined_only nor a list of values: {loose}"


def _personal(field: Field) -> bool:
    name = field.descriptor.name
    of_people = PEOPLE.search(field.message.rpartition(".")[2]) is not None
    return PERSONAL.search(name) is not None or (of_people and PERSONAL_OF_PEOPLE.match(name) is not None)


def _bounded(field: Field) -> bool:
    rules = field.rules.repeated.items if field.repeated else field.rules
    if field.descriptor.type == FieldDescriptorProto.TYPE_BYTES:
        return any(rules.bytes.HasField(name) for name in ("max_len", "len", "const"))
    limits = ("max_len", "len", "max_bytes", "len_bytes", "const")
    return (
        any(rules.string.HasField(name) for name in limits)
        or bool(getattr(rules.string, "in"))
        or rules.string.WhichOneof("well_known") is not None
        or BOUNDED_PATTERN.match(rules.string.pattern) is not None
    )


def _known_values_only(field: Field) -> bool:
    rules = (field.rules.repeated.items if field.repeated else field.rules).enum
    return rules.defined_only or rules.HasField("const") or bool(getattr(rules, "in"))
