"""How likely the first of an answer is to be the right child, given that it is the first (MATCHING 1.5)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import exp, log, log2

_STEEPEST = 30.0
_MOST_BITS = 60.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """A monotone map from bits, and the distance to the second, to a probability, fitted on tuning data.

    The logit is piecewise linear in the bits against all rivals together, that it is nobody being one of them and the
    second the other (`knots`, [bits, logit] in rising order, level beyond the first and last), plus a term for each of
    the `signs` that are seen.
    """

    knots: tuple[tuple[float, float], ...]
    signs: Mapping[str, float]

    def probability(self, bits: float, gap: float, signs: Collection[str]) -> float:
        """The probability for a top hit of so many bits with the next one `gap` bits behind."""
        logit = self._from_bits(against_rivals(bits, gap))
        for name, more in self.signs.items():
            if name in signs:
                logit += more
        return 1.0 / (1.0 + exp(-max(-_STEEPEST, min(_STEEPEST, logit))))

    def least_bits(self, probability: float) -> float:
        """The fewest bits with which this probability can be reached, whatever the distance and the signs."""
        wanted = log(probability / (1.0 - probability)) - sum(max(0.0, more) for more in self.signs.values())
        before, logit_before = self.knots[0]
        for after, logit_after in self.knots[1:]:
            if logit_after >= wanted:
                rise = logit_after - logit_before
                return before + (after - before) * (max(0.0, wanted - logit_before) / rise if rise else 0.0)
            before, logit_before = after, logit_after
        return before

    def _from_bits(self, bits: float) -> float:
        before, logit_before = self.knots[0]
        if bits <= before:
            return logit_before
        for after, logit_after in self.knots[1:]:
            if bits <= after:
                return logit_before + (logit_after - logit_before) * (bits - before) / (after - before)
            before, logit_before = after, logit_after
        return logit_before


def against_rivals(bits: float, gap: float) -> float:
    """The bits in favour of the first against nobody and the second together: at most the smaller of the two."""
    return -log2(2.0 ** -max(-_MOST_BITS, min(_MOST_BITS, bits)) + 2.0 ** -min(_MOST_BITS, gap))
