"""`python -m services.matching.scorecard --records FILE.parquet`: how well the matcher finds who it is asked for."""

import argparse
import json
import sys
from pathlib import Path

from services.matching import KEY_SCHEMA, load_model
from services.matching.scorecard.figures import Figures
from services.matching.scorecard.outcomes import Outcomes
from services.matching.scorecard.picture import draw
from services.matching.scorecard.records import Unreadable, read
from services.matching.scorecard.report import report

_WRONG_CALL = 2
_PICTURES = (".png", ".svg")


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0, or 2 with a sentence on stderr where a file is missing or cannot be measured."""
    parser = argparse.ArgumentParser(prog="python -m services.matching.scorecard", description=__doc__)
    parser.add_argument("--records", type=Path, required=True, help="labelled records, parquet")
    parser.add_argument("--queries", type=Path, help="queries of their own, parquet with the same columns")
    parser.add_argument("--model", type=Path, help="a model file instead of the one that ships")
    parser.add_argument("--seed", type=_seed, default=7, help="picks the records held out (default 7)")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    parser.add_argument("--picture", type=Path, help="where to draw reliability and recall, .png or .svg")
    asked = parser.parse_args(arguments)
    try:
        made, outcomes = _measured(asked)
    except Unreadable as problem:
        print(problem, file=sys.stderr)
        return _WRONG_CALL
    if asked.json:
        asked.json.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    if asked.picture:
        draw(made, outcomes, asked.picture)
    _print(made)
    return 0


def _measured(asked: argparse.Namespace) -> tuple[Figures, Outcomes]:
    if asked.model and not asked.model.is_file():
        raise Unreadable(f"There is no file {asked.model}.")
    for path in filter(None, (asked.json, asked.picture)):
        if not path.absolute().parent.is_dir():
            raise Unreadable(f"There is no folder {path.parent} to write to.")
        if path.is_dir():
            raise Unreadable(f"{path} is a folder; name a file in it.")
    if asked.picture and asked.picture.suffix not in _PICTURES:
        raise Unreadable(f"The picture's name must end in {' or '.join(_PICTURES)}.")
    try:
        model = load_model(asked.model)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        raise Unreadable(f"{asked.model} is not a model of the matcher.") from None
    if model.key_schema != KEY_SCHEMA:
        raise Unreadable(
            f"{asked.model} goes with key schema {model.key_schema}; the keys here are of {KEY_SCHEMA}."
        )
    records = read(asked.records)
    return report(records, model, asked.seed, read(asked.queries) if asked.queries else None)


def _seed(text: str) -> int:
    seed = int(text)
    if seed < 0:
        raise ValueError
    return seed


def _print(made: Figures) -> None:
    print(
        f"{made['queries']:,} queries into {made['index_size']:,} records; key schema {made['key_schema']}, "
        f"model {made['model_version']}, {made['seconds']} s"
    )
    groups = {"all": made, "complete": made["complete"], **made["subgroups"]}
    print(
        f"{'':<24}{'queries':>8} {'cand@50':>8} {'recall@1':>8} {'@10':>8} {'CERTAIN':>8} {'precis.':>8} "
        f"{'PROB.+':>8} {'precis.':>8} {'abs.CER':>8} {'abs.PR+':>8} {'ECE':>8}"
    )
    for name, group in groups.items():
        cells = (
            group["candidate_recall_at_50"],
            group["recall_at_1"],
            group["recall_at_10"],
            group["certain"]["rate"],
            group["certain"]["precision"],
            group["probable_or_better"]["rate"],
            group["probable_or_better"]["precision"],
            group["absent"]["certain_rate"],
            group["absent"]["probable_or_better_rate"],
            group["calibration"]["ece"],
        )
        texts = ("-" if cell is None else f"{cell:.4f}" for cell in cells)
        print(f"{name:<24.24}{group['queries']:>8,} " + " ".join(f"{text:>8}" for text in texts))


if __name__ == "__main__":
    sys.exit(main())
