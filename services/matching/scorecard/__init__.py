"""Measures the matcher on labelled records: one question per child, asked with the child in the index and without it.

Not used by any service: `python -m services.matching.scorecard`, and the benchmarks.
"""

from services.matching.scorecard.figures import Figures, figures
from services.matching.scorecard.index import Index
from services.matching.scorecard.outcomes import Hit, Matcher, Outcomes, ask, kith_matcher
from services.matching.scorecard.records import Records, Unreadable, read
from services.matching.scorecard.report import report, split

__all__ = [
    "Figures",
    "Hit",
    "Index",
    "Matcher",
    "Outcomes",
    "Records",
    "Unreadable",
    "ask",
    "figures",
    "kith_matcher",
    "read",
    "report",
    "split",
]
