"""Finds which known child a description is of: normalise, make keys, compare, score, explain, decide."""

from services.matching.description import Description, Name, PartialDate, born_at_age
from services.matching.enough import enough_to_search, too_common
from services.matching.evidence import Evidence
from services.matching.features import Features, prepare
from services.matching.hashing import hash_key
from services.matching.keys import KEY_SCHEMA, document_keys, query_keys, strong_keys
from services.matching.model import Model, load_model
from services.matching.ranking import Grade, Match, Ranking, rank
from services.matching.registration import Action, Decision, decide_registration
from services.matching.score import Score, score

__all__ = [
    "KEY_SCHEMA",
    "Action",
    "Decision",
    "Description",
    "Evidence",
    "Features",
    "Grade",
    "Match",
    "Model",
    "Name",
    "PartialDate",
    "Ranking",
    "Score",
    "born_at_age",
    "decide_registration",
    "document_keys",
    "enough_to_search",
    "hash_key",
    "load_model",
    "prepare",
    "query_keys",
    "rank",
    "score",
    "strong_keys",
    "too_common",
]
