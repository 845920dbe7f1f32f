"""What a study's runs take, as tables of text: costs, seconds, and arms that are only planned."""

from collections.abc import Sequence

from lingweave.report.tables import Cell, Table
from lingweave.studies.reporting.contents import Contents, Cost

TOKENS = "tokens (estimated from 16 steps)"
"""The head of their column; `lingweave.studies.running.tokens.SAMPLED_STEPS` of them."""


def planned_table(contents: Contents) -> Table:
    """One row an arm that is only planned: what `study plan` says of it."""
    columns = list(dict.fromkeys(key for row in contents.planned for key in row))
    return Table(
        "Planned, not run: what a run of each would take, by calculation.",
        tuple(columns),
        tuple(
            tuple(Cell(_plain(row.get(column))) for column in columns) for row in contents.planned
        ),
    )


def cost_table(contents: Contents) -> Table:
    """One row an arm or start: what one of its training runs takes, without time."""
    return Table(
        "One training run; an arm has one a seed, and starts are shared by the arms that go on"
        " from them.",
        ("arm", "runs", "steps", "pairs", TOKENS, "parameters"),
        tuple(
            (
                Cell(arm),
                Cell(str(len(runs))),
                *(
                    Cell(_range([getattr(run, field) for run in runs]))
                    for field in ("steps", "pairs", "tokens", "parameters")
                ),
            )
            for arm, runs in _by_arm(contents).items()
        ),
    )


def seconds_table(contents: Contents) -> Table:
    """One row a training run: its seconds, its memory, and where they were spent."""
    gpu = any(one.gpu_memory is not None for one in contents.costs)
    return Table(
        "Seconds of training, summed over restarts. Memory: what the process held at the worst"
        " moment, above its level before the first step"
        + ("; on the GPU, all tensors." if gpu else "."),
        ("arm", "seed", "steps", "pairs", TOKENS, "seconds", "memory",
         *(("GPU memory",) if gpu else ()), "device"),
        tuple(
            (
                Cell(one.arm),
                Cell("–" if one.seed is None else str(one.seed)),
                Cell(f"{one.steps:,}"),
                Cell(f"{one.pairs:,}"),
                Cell(_plain(one.tokens)),
                Cell("–" if one.seconds is None else f"{one.seconds:,.0f}"),
                Cell(_bytes(one.memory)),
                *((Cell(_bytes(one.gpu_memory)),) if gpu else ()),
                Cell(one.device or "–", words=True),
            )
            for one in contents.costs
        ),
    )  # fmt: skip


def _bytes(count: int | None) -> str:
    if count is None:
        return "–"
    return f"{count / 1e9:,.2f} GB" if count >= 1e9 else f"{count / 1e6:,.0f} MB"


def _by_arm(contents: Contents) -> dict[str, list[Cost]]:
    found: dict[str, list[Cost]] = {}
    for one in contents.costs:
        found.setdefault(one.arm, []).append(one)
    return found


def _range(values: Sequence[int | None]) -> str:
    known = sorted({value for value in values if value is not None})
    if not known:
        return "–"
    return f"{known[0]:,}" if len(known) == 1 else f"{known[0]:,}–{known[-1]:,}"


def _plain(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
