"""An evaluation on the terminal: the macro figures, and where the rest lies."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from lingweave.evaluate.evaluation import Evaluation
from lingweave.evaluate.official import means_of, official_measures
from lingweave.metrics import MEASURES
from lingweave.sources.catalogue import CATALOGUE


def print_evaluation(evaluation: Evaluation, folder: Path) -> None:
    """Prints the macro figures of the three settings, the bias figures beside them, and the
    benchmark's official measures where they are others."""
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
    _print_official(evaluation, console)
    # Not through the console, which would break a long path.
    print(f"{folder}: evaluation.json, ranks.parquet, topk.parquet")


def _print_official(evaluation: Evaluation, console: Console) -> None:
    entry = CATALOGUE.get((evaluation.provenance.get("configuration") or {}).get("benchmark", ""))
    shown = {measure.name for measure in MEASURES}
    measures = [m for m in official_measures(entry) if m.name not in shown] if entry else []
    if measures:
        means = means_of(evaluation, measures)
        for m in measures:
            texts = [f"{_figure(of[m.name]['all'])} {name}" for name, of in means.settings.items()]
            # A language that only asks about those of others is told by pair, as in CIRAL.
            for x, found in means.pairs[m.name].items():
                if x not in found and len(found) > 1:
                    texts += [f"{_figure(value)} {x}→{y}" for y, value in found.items()]
            console.print(f"official: {m.name} {', '.join(texts)}", soft_wrap=True)


def _figure(value: float | None, digits: int = 4) -> str:
    return "—" if value is None else f"{value:.{digits}f}"
