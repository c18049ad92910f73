"""What a searcher is shown of a match: grade, reasons, the name that matched, and enough to tell children apart."""

from collections.abc import Callable, Sequence
from uuid import UUID

from google.type import date_pb2

from kith.childindex.v1 import child_pb2, match_pb2
from services.child_index.answer import Answer
from services.child_index.opened import OpenedChild
from services.child_index.survivorship import shown
from services.matching import Grade, Match

_GRADES = {
    Grade.CERTAIN: match_pb2.GRADE_CERTAIN,
    Grade.PROBABLE: match_pb2.GRADE_PROBABLE,
    Grade.POSSIBLE: match_pb2.GRADE_POSSIBLE,
}
_USES = {
    "official": child_pb2.Name.USE_OFFICIAL,
    "former": child_pb2.Name.USE_FORMER,
    "nickname": child_pb2.Name.USE_NICKNAME,
    "alias": child_pb2.Name.USE_ALIAS,
}


def finding(
    answer: Answer, children: Sequence[OpenedChild], outward_id: Callable[[UUID], str]
) -> match_pb2.Finding:
    """The answer as it is sent, the matches in their order."""
    by_id = {child.child_id: child for child in children}
    return match_pb2.Finding(
        matches=[_match(match, by_id[match.key], outward_id(match.key)) for match in answer.matches],
        ambiguous=answer.ambiguous,
        ask_next=answer.ask_next,
        too_many=answer.too_many,
        more=answer.more,
    )


def _match(match: Match[UUID], child: OpenedChild, outward_id: str) -> match_pb2.Match:
    # Of a shielded child these are the visible facts alone: it has no area and no other name to show.
    facts = shown(child.records)
    return match_pb2.Match(
        child_id=outward_id,
        grade=_GRADES[match.grade],
        probability=match.probability,
        evidence=[
            match_pb2.Evidence(field=one.field, level=one.level, bits=one.bits, explanation=one.sentence)
            for one in match.score.evidence
        ],
        name=facts.names[0],
        matched_name=_matched_name(match, facts),
        birth_date=_birth_date(facts),
        gender=facts.gender,
        area=_area(facts),
        school_name=facts.school_name,
        likely_sibling=match.likely_sibling,
        shielded=child.shielded,
    )


def _matched_name(match: Match[UUID], facts: child_pb2.Facts) -> child_pb2.Name | None:
    """The name that matched, when it is of another use than the one shown."""
    use = _USES.get(match.score.matched_name_use)
    if use is None or facts.names[0].use == use:
        return None
    return next((name for name in facts.names[1:] if name.use == use), None)


def _birth_date(facts: child_pb2.Facts) -> date_pb2.Date | None:
    return facts.birth_date.date if facts.HasField("birth_date") else None


def _area(facts: child_pb2.Facts) -> str:
    """The first half of the current postcode: enough to tell two children apart, too little to find a door."""
    postcode = next((one.postcode for one in facts.addresses if one.postcode), "")
    compact = postcode.replace(" ", "").upper()
    return compact[:-3] if len(compact) > 4 else compact  # noqa: PLR2004 - the second half is always three
