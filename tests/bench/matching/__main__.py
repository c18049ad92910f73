"""`python -m tests.bench.matching`: the matcher beside its peers; prints, and writes tests/bench/MATCHING_RESULTS.md.

Small sizes for a quick look: `--records 50000 --peer-records 20000 --out /dev/null`.
"""

import argparse
import json
import tempfile
from pathlib import Path

from services.matching import KEY_SCHEMA, load_model
from tests.bench.matching.england.sample import SEEDS, Sizes
from tests.bench.matching.results import Page, surroundings
from tests.bench.matching.run import SEED, Options, Run

_RESULTS = Path(__file__).parents[1] / "MATCHING_RESULTS.md"


def main() -> None:
    """Measures everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.matching", description=__doc__)
    parser.add_argument(
        "--shared", type=Path, default=Path("../shared/data"), help="folder of reference data"
    )
    parser.add_argument("--folder", type=Path, help="where to keep the files (default: a temporary folder)")
    parser.add_argument(
        "--models", type=Path, help="folder with fold_0.json … fold_4.json for historical people"
    )
    parser.add_argument(
        "--records", type=int, default=Sizes().records, help="children in each synthetic England"
    )
    parser.add_argument("--peer-records", type=int, default=100_000, help="children in the one beside peers")
    parser.add_argument("--letters", default="BC", help="which test seeds of synthetic England (default BC)")
    parser.add_argument("--no-peers", action="store_true", help="measure Kith alone")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    parser.add_argument("--picture", type=Path, help="folder for pictures of reliability and recall")
    parser.add_argument("--out", type=Path, default=_RESULTS, help="where to write the page")
    asked = parser.parse_args()
    page = Page()
    model = load_model()
    shared = asked.shared if asked.shared.is_dir() else None
    seeds = ", ".join(f"England {letter} {seed}" for letter, seed in SEEDS.items())
    page.say(
        "# Matching: results",
        "",
        "Written by `python -m tests.bench.matching`. Intervals are 95 %, bootstrap over queries; where nothing or "
        "everything succeeded, the exact binomial limit. How each figure is defined: "
        "`services/matching/scorecard/figures.py`; what was done to the synthetic children: "
        "`tests/bench/matching/england/copies.py`.",
        "",
        *surroundings(),
        f"- key schema {KEY_SCHEMA}, model {model.model_version}; seeds: questions and resamples {SEED}, {seeds}",
        "- fields: given, other and family names, date of birth, postcode, gender where there is one; no NHS number",
        "- reference data: "
        + (
            "there"
            if shared
            else "**not there**: historical people are left out, and synthetic "
            "England has fewer names, nicknames and spellings"
        ),
        "- peers' rules score the candidates of Kith's keys and break ties by Kith's order of them; Splink has its own "
        "blocking. ECE of a peer is given where its score means a probability. “Absent” asks once more with the child "
        "taken out of the index.",
        "",
    )
    with tempfile.TemporaryDirectory() as temporary:
        run = Run(
            Options(
                folder=asked.folder or Path(temporary),
                shared=shared,
                models=asked.models,
                sizes=Sizes().scaled(asked.records),
                peer_sizes=Sizes().scaled(asked.peer_records),
                letters=asked.letters,
                picture=asked.picture,
                peers=not asked.no_peers,
            ),
            page,
        )
        run.everything()
    page.write(asked.out)
    if asked.json:
        asked.json.write_text(json.dumps(run.figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
