"""An index of hashed keys in memory, which answers as the engine does: the records with the greatest sum of boosts."""

from array import array

import numpy as np
from numpy.typing import NDArray

from services.matching import Features, document_keys, hash_key, prepare, query_keys
from services.matching.scorecard.records import Records, describe

# As services/search asks the engine: the heaviest 100 keys, 100 ids back.
_MOST_QUERY_KEYS = 100
CANDIDATES = 100
_SECRET = b"scorecard"


class Index:
    """The keys of all records, sorted, with the record numbers beside them: 12 bytes for each key of each record."""

    def __init__(self, records: Records, order: NDArray[np.uint64]) -> None:
        """`order` breaks ties between records with the same sum of boosts: the lower comes first."""
        self.records = records
        self._order = order
        keys, owners = array("q"), array("i")
        for number, row in enumerate(records.rows()):
            made = [hash_key(_SECRET, key) for key in document_keys(prepare(describe(row)))]
            keys.extend(made)
            owners.extend([number] * len(made))
        hashes, numbers = np.frombuffer(keys, np.int64), np.frombuffer(owners, np.int32)
        sorting = np.argsort(hashes, kind="stable") if len(hashes) else np.empty(0, np.int64)
        self._hashes = hashes[sorting]
        self._numbers = numbers[sorting]
        self._sums = np.zeros(records.size, np.int32)

    def candidates(self, query: Features) -> NDArray[np.int64]:
        """All records that share a key with the query, by sum of boosts of the shared keys, greatest first."""
        boosts = sorted(query_keys(query).items(), key=lambda entry: -entry[1])[:_MOST_QUERY_KEYS]
        if not boosts:
            return np.empty(0, np.int64)
        wanted = np.array([hash_key(_SECRET, key) for key, _ in boosts], np.int64)
        starts = np.searchsorted(self._hashes, wanted, "left")
        ends = np.searchsorted(self._hashes, wanted, "right")
        found = []
        for (_, boost), start, end in zip(boosts, starts, ends, strict=True):
            if start < end:
                # A record has each key once, so no number is twice in a slice.
                self._sums[self._numbers[start:end]] += boost
                found.append(self._numbers[start:end])
        if not found:
            return np.empty(0, np.int64)
        numbers = np.unique(np.concatenate(found)).astype(np.int64)
        sums = self._sums[numbers]
        self._sums[numbers] = 0
        return numbers[np.lexsort((self._order[numbers], -sums))]
