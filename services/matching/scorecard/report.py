"""The whole scorecard of a labelled file."""

import time

import numpy as np
from numpy.typing import NDArray

from services.matching import KEY_SCHEMA, Model
from services.matching.scorecard.figures import Figures, figures
from services.matching.scorecard.index import Index
from services.matching.scorecard.outcomes import Outcomes, ask, kith_matcher
from services.matching.scorecard.records import Records, Unreadable


def report(
    records: Records, model: Model, seed: int, separate: Records | None = None
) -> tuple[Figures, Outcomes]:
    """Measures; the figures as DESIGN 8 names them, and the outcomes for a picture.

    Without `separate` queries, one record of every child with two or more is held out. Neither the order of rows nor
    of queries changes a figure. Raises Unreadable where there is nothing to ask.
    """
    began = time.perf_counter()
    if separate is None:
        asked, known = split(records, seed)
    else:
        asked, known = separate.taken(_in_order(separate, seed)), records
    if not asked.size:
        raise Unreadable("There is nothing to ask: no entity_id has two or more records.")
    outcomes = ask(Index(known, known.fingerprints(seed)), asked, kith_matcher(model))
    made = {"queries": 0, "index_size": known.size, **figures(outcomes, seed)}
    made["complete"] = figures(outcomes.where(asked.complete()), seed)
    groups = np.array([group or "" for group in asked.column("subgroup")], dtype=object)
    made["subgroups"] = {
        group: figures(outcomes.where(groups == group), seed) for group in sorted(set(groups) - {""})
    }
    made["seed"] = seed
    made["seconds"] = round(time.perf_counter() - began, 1)
    made["key_schema"] = KEY_SCHEMA
    made["model_version"] = model.model_version
    return made, outcomes


def split(records: Records, seed: int) -> tuple[Records, Records]:
    """One record of every child with two or more, picked by seed and content; and all other records."""
    prints = records.fingerprints(seed)
    order = np.lexsort((prints, records.entities))
    order = order[records.named[order]]
    entities = records.entities[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = entities[1:] != entities[:-1]
    several = np.zeros(len(order), np.bool_)
    several[:-1] = ~first[1:]
    held_out = order[first & several]
    held_out = held_out[np.argsort(prints[held_out], kind="stable")]
    rest = np.ones(records.size, np.bool_)
    rest[held_out] = False
    return records.taken(held_out), records.taken(np.flatnonzero(rest))


def _in_order(separate: Records, seed: int) -> NDArray[np.int64]:
    return np.argsort(separate.fingerprints(seed), kind="stable")
