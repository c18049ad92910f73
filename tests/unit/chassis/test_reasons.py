"""The reasons any method may give are a published contract (STYLE principle 5)."""

import ast
import re
from pathlib import Path

from services.chassis import errors

CHASSIS = Path(errors.__file__).parent
REASON = re.compile(r"[A-Z][A-Z_]{3,}")


def _raised() -> set[str]:
    """The reasons in calls that name the common domain."""
    found: set[str] = set()
    for path in CHASSIS.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and call.args and "ACCESS_DOMAIN" in map(_name, call.keywords):
                texts = (part.value for part in ast.walk(call.args[0]) if isinstance(part, ast.Constant))
                found |= {text for text in texts if isinstance(text, str) and REASON.fullmatch(text)}
    return found


def _name(keyword: ast.keyword) -> str:
    names = [part.id for part in ast.walk(keyword.value) if isinstance(part, ast.Name)]
    return "ACCESS_DOMAIN" if "ACCESS_DOMAIN" in names else ""


def test_the_reasons_of_the_common_domain_are_those_in_the_readme() -> None:
    readme = (CHASSIS / "README.md").read_text(encoding="utf-8")
    assert _raised() == set(re.findall(r"^\| `((?!KITH_)[A-Z_]+)` \|", readme, re.MULTILINE))
