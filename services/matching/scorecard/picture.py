"""The picture of a scorecard: reliability, and how much can be answered at what precision."""

from pathlib import Path

import numpy as np

from services.matching.scorecard.figures import Figures
from services.matching.scorecard.outcomes import Outcomes


def draw(made: Figures, outcomes: Outcomes, path: Path) -> None:
    """Writes the picture; the format goes by the file's name. Holds figures only."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.5), layout="constrained")
    reliability, recall = figure.subplots(1, 2)
    bins = [entry for entry in made["calibration"]["bins"] if entry["count"]]
    reliability.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle="--", label="perfect")
    reliability.scatter(
        [entry["predicted"] for entry in bins],
        [entry["observed"] for entry in bins],
        s=[20 + 40 * np.log10(entry["count"]) for entry in bins],
        label="bins (larger: more answers)",
    )
    reliability.set(
        xlabel="probability given for the top hit",
        ylabel="share of them right",
        title=f"Reliability, ECE {_short(made['calibration']['ece'])}",
        xlim=(-0.02, 1.02),
        ylim=(-0.02, 1.02),
    )
    reliability.legend(loc="lower right")

    here = outcomes.where(outcomes.present & ~np.isnan(outcomes.probability))
    order = np.argsort(-here.probability, kind="stable")
    right = np.cumsum(here.place[order] == 1)
    asked = max(1, made["queries"])
    recall.plot(right / asked, right / np.arange(1, len(right) + 1))
    recall.set(
        xlabel="recall: share of all queries answered rightly",
        ylabel="precision",
        title=f"By probability; recall@1 {_short(made['recall_at_1'])}, @10 {_short(made['recall_at_10'])}",
        xlim=(0, 1.02),
    )
    figure.savefig(path, dpi=120)


def _short(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.4f}"
