"""Which services of others are to be taken for those of domestic abuse, so that nobody learns where they are. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Final

from kith.directory.v1.directory_pb2 import Service as ServiceMessage

# In what a service is called. Rather one too many: an editor may declare a place public, nobody can take it back.
_IN_A_NAME: Final = re.compile(
    r"\b(refuges?(?!\s+(?:chest|point|area))|domestic[\s-]+(?:abuse|violence)|women.?s\s+aid|safe[\s-]*houses?|"
    r"safe\s+accommodation|coercive\s+control|honou?r.based|forced\s+marriage|idva|marac|dv\s+service)\b",
    re.IGNORECASE,
)
# In what it says of itself: many services say that they also help with domestic abuse, few that they are a refuge.
_IN_A_TEXT: Final = re.compile(
    r"\b(safe[\s-]*houses?|refuge\s+(?:accommodation|spaces?|provision|service|for\s+(?:women|men|people|victims|"
    r"survivors))|(?:women.?s|our|confidential|emergency)\s+refuge|confidential\s+(?:address|location))\b",
    re.IGNORECASE,
)


def hides_its_place(service: Mapping[str, Any], organization: Mapping[str, Any]) -> bool:
    """Whether the names, the description or the publisher's own terms say that the service protects from abuse."""
    names = [service.get("name"), service.get("alternate_name"), organization.get("name"), *_terms(service)]
    texts = [service.get("description"), service.get("application_process"), service.get("alert")]
    return any(isinstance(name, str) and _IN_A_NAME.search(name) for name in names) or any(
        isinstance(text, str) and _IN_A_TEXT.search(text) for text in texts
    )


def kind_of(
    hides: bool, mapped: list[ServiceMessage.Kind], default: ServiceMessage.Kind
) -> ServiceMessage.Kind:
    """Return the kind of a service: domestic abuse before all, else what its terms are mapped to, else `default`."""
    if hides or ServiceMessage.KIND_DOMESTIC_ABUSE in mapped:
        return ServiceMessage.KIND_DOMESTIC_ABUSE
    return mapped[0] if mapped else default


def _terms(service: Mapping[str, Any]) -> list[Any]:
    attributes = service.get("attributes")
    found = []
    for attribute in attributes if isinstance(attributes, list) else ():
        term = attribute.get("taxonomy_term") if isinstance(attribute, dict) else None
        if isinstance(term, dict):
            found += [term.get("name"), term.get("term"), term.get("description")]
    return found
