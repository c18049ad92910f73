"""What is measured, one set after the other."""

import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.matching import Model, load_model, rank
from services.matching.agreement import crossed_level, family_level, given_level
from services.matching.scorecard import (
    Figures,
    Index,
    Outcomes,
    Records,
    ask,
    figures,
    kith_matcher,
    read,
    split,
)
from services.matching.scorecard.picture import draw
from tests.bench.matching.contest import (
    Peer,
    Precise,
    candidate_lists,
    kith_pairs,
    outcomes,
    recall_at_precision,
)
from tests.bench.matching.england.sample import SEEDS, Sizes, generate
from tests.bench.matching.historical import FOLDS, fold, part
from tests.bench.matching.learned_peers import Ecm, Splink
from tests.bench.matching.peers import HapiMdm, JeMPI, OpenCR, PdsLike, ThreeOfFour
from tests.bench.matching.prepare import prepare
from tests.bench.matching.results import Page

SEED = 7
_KITH = "**Kith**"
_RESCORED = 50
_TIMED = 500
_LEAST_IN_GROUP = 100


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure and where to put it."""

    folder: Path
    shared: Path | None
    models: Path | None
    sizes: Sizes
    peer_sizes: Sizes
    letters: Sequence[str]
    picture: Path | None
    peers: bool


class Run:
    """Measures and tells the page."""

    def __init__(self, options: Options, page: Page) -> None:
        self._options = options
        self._page = page
        self._model = load_model()
        self._matcher = kith_matcher(self._model)
        self.figures: dict[str, Figures] = {}

    def everything(self) -> None:
        """All sets."""
        prepare(self._options.folder, self._options.shared)
        self._febrl()
        self._historical()
        if self._options.peers:
            self._england_with_peers()
        for letter in self._options.letters:
            self._england(letter)

    def _febrl(self) -> None:
        known, asked = self._read("febrl4_records"), self._read("febrl4_queries")
        self._page.say(
            "## FEBRL 4: name, date of birth, postcode",
            "",
            "Without social security number, street and suburb. The 5,000 duplicates ask, the 5,000 originals are the "
            "index. Pairwise: the greatest recall of pairs by one threshold at a precision of at least .9995.",
            "",
        )
        index = Index(known, known.fingerprints(SEED))
        self._contest("febrl4", index, asked, ask(index, asked, self._matcher), pairwise=True)

    def _historical(self) -> None:
        options = self._options
        self._page.say("## Historical people", "")
        path = options.folder / "historical.parquet"
        if not (options.shared and path.is_file()):
            self._page.say(
                "Not measured: the folder of shared data (historical_people_dev.parquet) is not there.", ""
            )
            return
        asked, known = split(read(path), SEED)
        index = Index(known, known.fingerprints(SEED))
        people = [entity or "" for entity in asked.column("entity_id")]
        together = self._by_folds(index, asked, people)
        # Peers are given no other names.
        bare_asked, bare_known = _without_other_names(asked), _without_other_names(known)
        bare = self._by_folds(Index(bare_known, known.fingerprints(SEED)), bare_asked, people)
        shipped = ask(
            index, asked, self._matcher, [row for row, one in enumerate(people) if part(one) == "report"]
        )
        self._page.say(
            f"One record of each person (seed {SEED}) asks for the others among {known.size:,} records; given, other "
            "and family names, date of birth, postcode, gender. "
            + (
                f"Cross-validated: {FOLDS} folds by person, each asked with a model made from the others."
                if options.models
                else f"All with the model that ships ({self._model.model_version}): **not cross-validated**."
            ),
            "",
        )
        report = f"{_KITH}, shipped model, report part"
        more = [(f"{_KITH}, without other names", bare), (report, shipped)]
        self._contest("historical", index, asked, together, more)

    def _by_folds(self, index: Index, asked: Records, people: Sequence[str]) -> Outcomes:
        """Everybody once, each fold with its own model."""
        folds = np.array([fold(person) for person in people])
        rows = [np.flatnonzero(folds == number) for number in range(FOLDS)]
        made = [
            ask(index, asked, kith_matcher(model), chosen.tolist())
            for model, chosen in zip(self._models_of_folds(), rows, strict=True)
        ]
        order = np.argsort(np.concatenate(rows))
        return Outcomes(*(np.concatenate(parts)[order] for parts in zip(*map(_arrays, made), strict=True)))

    def _england_with_peers(self) -> None:
        sizes = self._options.peer_sizes
        sample = _Sample(self._options, "B", sizes)
        self._page.say(
            f"## Synthetic England B, {sizes.records:,} children, beside peers",
            "",
            f"Seed {SEEDS['B']}. Splink is trained on the two files without labels; rules as published.",
            "",
        )
        index = Index(sample.known, sample.known.fingerprints(SEED))
        ours = ask(index, sample.queries, self._matcher)
        self._contest("england_B_peers", index, sample.queries, ours, pairwise=True)

    def _contest(
        self,
        name: str,
        index: Index,
        asked: Records,
        ours: Outcomes,
        more: Sequence[tuple[str, Outcomes]] = (),
        *,
        pairwise: bool = False,
    ) -> None:
        """Kith's figures beside the peers'."""
        known = index.records
        made = self._keep(name, ours)
        rows = [(_KITH, made), (f"{_KITH}, complete", figures(ours.where(asked.complete()), SEED))]
        rows += [(title, self._keep(f"{name}: {title}", of)) for title, of in more]
        candidates = candidate_lists(index, asked)
        precise = {}
        if pairwise:
            found = kith_pairs(asked, known, candidates, self._model)
            precise[_KITH] = _told(recall_at_precision(found, asked, known))
        peers: list[Peer] = [Splink(), Ecm(), OpenCR(), JeMPI(), HapiMdm(), ThreeOfFour(), PdsLike()]
        for peer in peers if self._options.peers else ():
            pairs = peer.pairs(asked, known, candidates)
            theirs = outcomes(peer, pairs, asked, known)
            rows.append((peer.name, self._keep(f"{name}: {peer.name}", theirs)))
            if peer.is_probability:
                rows.append((f"{peer.name}, complete", figures(theirs.where(asked.complete()), SEED)))
            if pairwise:
                precise[peer.name] = _told(recall_at_precision(pairs, asked, known))
        self._page.figures(rows, [("pairwise recall at precision ≥ .9995", precise)] if pairwise else [])
        self._page.say("Reliability of Kith's top hits, with the child in the index and without it:", "")
        self._page.reliability(made)
        self._draw(name, ours)

    def _england(self, letter: str) -> None:
        began = time.process_time()
        sample = _Sample(self._options, letter, self._options.sizes)
        generated = time.process_time() - began
        index = Index(sample.known, sample.known.fingerprints(SEED))
        indexed = time.process_time() - began - generated
        asking = time.process_time()
        present = ask(index, sample.queries, self._matcher)
        asking = time.process_time() - asking
        made = self._keep(f"england_{letter}", present)
        count = sample.queries.size
        self._page.say(
            f"## Synthetic England {letter}, {sample.known.size:,} children",
            "",
            f"Seed {SEEDS[letter]}; {count:,} queries, half of them from another address; errors of kinds that are in "
            "no file which weights or keys are made from (transliteration, halves of double-barrelled names, name "
            "order, other address, day and month swapped) beside ordinary ones; of these the calibration has seen "
            f"other addresses alone (England T). Seconds of one core: generated {generated:.0f}, "
            f"indexed {indexed:.0f}, {count:,} questions asked twice {asking:.0f}.",
            "",
        )
        rows = [("all", made), ("complete", figures(present.where(sample.queries.complete()), SEED))]
        for name, asked in (("absent, siblings there", sample.absent), ("absent, twin there", sample.twins)):
            rows.append((name, self._keep(f"england_{letter}: {name}", ask(index, asked, self._matcher))))
        self._page.figures(rows)
        absent, twins = rows[2][1]["absent"], rows[3][1]["absent"]
        self._page.say(
            f"Of {absent['queries']:,} absent children with siblings in the index, "
            f"{round(absent['certain_rate'] * absent['queries']):,} are CERTAIN; of {twins['queries']:,} absent twins "
            f"{round(twins['certain_rate'] * twins['queries']):,} are CERTAIN for somebody else.",
            "",
            "By name origin:",
            "",
        )
        groups = np.array(sample.queries.column("subgroup"), dtype=object)
        self._page.groups(
            [(group, figures(present.where(groups == group), SEED)) for group in sorted(set(groups))]
        )
        self._worst(made, present, groups)
        self._page.say("By what was done to the query (a query may have several):", "")
        changed = [set((text or "none").split(",")) for text in sample.changes]
        kinds = sorted(set().union(*changed))
        self._page.figures(
            [
                (kind, figures(present.where(np.array([kind in one for one in changed])), SEED))
                for kind in kinds
            ]
        )
        self._page.say("Reliability of top hits, with the child in the index and without it:", "")
        self._page.reliability(made)
        self._draw(f"england_{letter}", present)
        self._page.say(f"{self._rescoring(index, sample.queries)}", "")

    def _worst(
        self, made: Figures, present: Outcomes, groups: np.ndarray[tuple[int], np.dtype[np.object_]]
    ) -> None:
        recalls = {
            group: float((present.place[groups == group] == 1).mean())
            for group in sorted(set(groups))
            if (groups == group).sum() >= _LEAST_IN_GROUP
        }
        if recalls:
            worst = min(recalls, key=lambda group: recalls[group])
            gap = made["recall_at_1"] - recalls[worst]
            self._page.say(
                f"Worst origin with at least {_LEAST_IN_GROUP} queries: {worst}, {100 * gap:.2f} points below all.",
                "",
            )

    def _rescoring(self, index: Index, asked: Records) -> str:
        """How long the matcher takes to decide between 50 prepared candidates."""
        questions = []
        for query in random.Random(SEED).sample(range(asked.size), min(_TIMED, asked.size)):
            features = asked.features(query)
            found = index.candidates(features)[:_RESCORED].tolist()
            if len(found) == _RESCORED:
                questions.append((features, [(row, index.records.features(row)) for row in found]))
        if not questions:
            return "Rescoring 50 candidates: not measured, no query had so many."
        told = []
        for first in (True, False):
            taken = []
            for features, prepared in questions:
                for compared in (given_level, family_level, crossed_level) if first else ():
                    compared.cache_clear()
                began = time.perf_counter()
                rank(features, prepared, self._model)
                taken.append((time.perf_counter() - began) * 1000)
            taken.sort()
            told.append(f"p50 {statistics.median(taken):.2f} ms, p95 {taken[int(len(taken) * 0.95)]:.2f} ms")
        return (
            f"Rescoring {_RESCORED} prepared candidates, {len(questions)} queries that have so many: {told[0]}, no "
            f"names having been compared before; {told[1]}, others having been."
        )

    def _models_of_folds(self) -> list[Model]:
        if not self._options.models:
            return [self._model] * FOLDS
        return [load_model(self._options.models / f"fold_{number}.json") for number in range(FOLDS)]

    def _keep(self, name: str, of: Outcomes) -> Figures:
        self.figures[name] = figures(of, SEED)
        return self.figures[name]

    def _draw(self, name: str, of: Outcomes) -> None:
        if self._options.picture:
            self._options.picture.mkdir(parents=True, exist_ok=True)
            draw(self.figures[name], of, self._options.picture / f"{name}.png")

    def _read(self, name: str) -> Records:
        return read(self._options.folder / f"{name}.parquet")


class _Sample:
    """One generated England, read back as the scorecard reads files."""

    def __init__(self, options: Options, letter: str, sizes: Sizes) -> None:
        folder = options.folder / f"england_{sizes.records}"
        folder.mkdir(parents=True, exist_ok=True)
        generate(letter, sizes, options.shared, folder)
        self.known, self.queries, self.absent, self.twins = (
            read(folder / f"england_{letter}_{name}.parquet")
            for name in ("records", "queries", "absent", "twins")
        )
        self.changes = changes_of(folder / f"england_{letter}_queries.parquet")


def changes_of(path: Path) -> list[str | None]:
    """The column `change` of a generated file."""
    import pyarrow.parquet as pq

    texts: list[str | None] = pq.read_table(path, columns=["change"])["change"].to_pylist()
    return texts


def _without_other_names(records: Records) -> Records:
    return Records.of([row | {"other_names": None} for row in records.rows()])


def _arrays(of: Outcomes) -> list[NDArray[Any]]:
    return [getattr(of, name) for name in of.__slots__]


def _told(precise: Precise) -> str:
    return f"{precise.recall:.4f} at {precise.precision:.4f}"
