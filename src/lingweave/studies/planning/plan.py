"""`lingweave study plan`: what the runs of a study take on a device, before anything is started."""

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lingweave.studies.config import StudyConfig
from lingweave.studies.definition.arms import arms_of, arms_on, evaluate_fields
from lingweave.studies.definition.study import Study
from lingweave.studies.planning.planned import Planned, planned


def plan(config: StudyConfig) -> None:
    """Prints runs, pairs, tokens, memory and time by arm, and their sums; starts nothing.

    Raises:
        LingweaveError: the study is wrong.
    """
    config.refuse_for("plan")
    study = config.checked(here=False)
    with Console(stderr=True).status("planning") as shown:
        plans = planned(
            study, config.folder, config.device, lambda arm: shown.update(f"planning {arm}")
        )
    console = Console(width=None if sys.stdout.isatty() else 150)
    console.print(_table(plans))
    for line in _lines(study, plans):
        console.print(line, highlight=False)


def _table(plans: Iterable[Planned]) -> Table:
    view = Table(box=None, padding=(0, 2, 0, 0))
    view.add_column("arm")
    for heading in ("runs", "done", "steps", "pairs", "tokens", "parameters", "memory", "a run"):
        view.add_column(heading, justify="right")
    view.add_column("on")
    for one in plans:
        memory = "–" if one.memory is None else f"{one.memory / 1e9:,.2f} GB"
        if one.fits is False:
            memory += " [bold]too much[/bold]"
        view.add_row(
            escape(one.arm) + (" (planned)" if one.kind == "planned" else ""),
            str(one.runs),
            str(one.done),
            _count(one.steps),
            _count(one.pairs),
            _count(one.tokens),
            _count(one.parameters),
            memory,
            _time(one.seconds) + (" measured" if one.measured else ""),
            one.device,
        )
    return view


def _lines(study: Study, plans: Sequence[Planned]) -> list[str]:
    """Sums over distinct runs, and what they leave out."""
    lines = []
    counted: set[str] = set()
    for what, chosen in (
        ("To run", [one for one in plans if one.kind != "planned"]),
        ("Only planned", [one for one in plans if one.kind == "planned"]),
    ):
        if not chosen:
            continue
        left: list[tuple[Planned, int]] = []
        runs = done = 0
        for one in chosen:
            # The runs that are done stand first or last; which they are does not matter to a sum.
            new = [key for key in dict.fromkeys(one.same) if key not in counted]
            counted |= set(new)
            there = min(one.done, len(new))
            runs, done = runs + len(new), done + there
            left.append((one, len(new) - there))
        unknown = [one.arm for one, count in left if one.seconds is None and count]
        lines.append(
            f"{what}: {runs} runs, of which {done} are done; of the others"
            f" {_count(_sum((one.pairs, count) for one, count in left))} pairs,"
            f" {_count(_sum((one.tokens, count) for one, count in left))} tokens,"
            f" {_time(_sum((one.seconds, count) for one, count in left))} on one device"
            + (f", without {', '.join(unknown)}" if unknown else "")
        )
    planned_arms = [one for one in plans if one.kind == "arm"]
    on = {name: {arm.name for arm in arms_on(study, name)} for name in study.benchmarks}
    measured = {
        (key, repr(evaluate_fields(study, arm)), name)
        for arm, one in zip(arms_of(study), planned_arms, strict=True)
        for key in one.same
        for name in on
        if arm.name in on[name]
    }
    count = len(measured) + len(study.floors) * len(study.benchmarks)
    lines.append(
        f"Measures: {count}, on {len(study.benchmarks)} benchmarks; their time is not in the sums."
    )
    lines.append(
        "Pairs, tokens, parameters, memory and time of an arm are those of one run; tokens without"
        " padding; time at 40% of the device's peak, for static encoders from a few steps here."
    )
    notes: dict[str, list[str]] = {}
    for one in plans:
        if one.note:
            notes.setdefault(one.note, []).append(one.arm)
    lines += [f"{', '.join(names)}: {note}" for note, names in notes.items()]
    return [escape(line) for line in lines]


def _sum(parts: Iterable[tuple[float | None, int]]) -> float | None:
    """The sum of values, so many of each; None if none of those that count is known."""
    given = [(value, count) for value, count in parts if count]
    known = [value * count for value, count in given if value is not None]
    return sum(known) if known or not given else None


def _count(value: float | None) -> str:
    if value is None:
        return "–"
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:,.0f}"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.3g} {unit}"
    return f"{seconds:,.0f} s"
