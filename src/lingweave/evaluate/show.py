"""An evaluation on the terminal: the macro figures, and where the rest lies."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from lingweave.evaluate.evaluation import Evaluation
from lingweave.metrics import MEASURES


def print_evaluation(evaluation: Evaluation, folder: Path) -> None:
    """Prints the macro figures of the three settings, and the bias figures beside them."""
    macro = evaluation.macro
    console = Console()
    view = Table(f"{evaluation.benchmark}, {len(evaluation.languages)} languages", box=None)
    for measure in MEASURES:
        view.add_column(measure.name, justify="right")
    for setting in ("mono", "cross", "multi"):
        view.add_row(setting, *(_figure(macro[setting][m.name]) for m in MEASURES))
    console.print(view)
    console.print(
        f"rank distance {_figure(macro['rank_distance'], 1)}"
        f" ({_figure(macro['rank_distance_ratio'])} of a random ranking's),"
        f" same language first {_figure(macro['same_language_first'])}, ties {evaluation.ties}",
        soft_wrap=True,
    )
    # Not through the console, which would break a long path.
    print(f"{folder}: evaluation.json, ranks.parquet, topk.parquet")


def _figure(value: float | None, digits: int = 4) -> str:
    return "—" if value is None else f"{value:.{digits}f}"
