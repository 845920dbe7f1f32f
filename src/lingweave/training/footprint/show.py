"""A footprint as a page of text."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lingweave.training.config import FROM_NOTHING
from lingweave.training.footprint.devices import USABLE, UTILISATION
from lingweave.training.footprint.footprint import Footprint

_WORDS = {
    "weights": "weights",
    "gradients": "gradients",
    "optimiser": "optimiser",
    "activations": "activations",
    "loss": "vectors and loss",
    "processes": "other processes",
}


def print_footprint(plan: Footprint, console: Console) -> None:
    """Prints sizes, memory by part, tokens, steps, operations and time."""
    for table in (_sizes(plan), _memory(plan)):
        console.print(table)
        console.print()
    for line in _notes(plan):
        console.print(line, highlight=False)


def _sizes(plan: Footprint) -> Table:
    config, texts, weights = plan.config, plan.texts, plan.step.weights
    view = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    ranks = f" × {plan.ranks} processes" if plan.ranks > 1 else ""
    share = 100 * weights.trainable / max(1, weights.parameters)
    rows = {
        "encoder": escape(config.encoder),
        "parameters": f"{weights.parameters:,}",
        "trainable": f"{weights.trainable:,} ({share:.3g} %)",
        "batch": f"{config.batch_size:,} rows{ranks}, in {plan.step.chunks:,} chunks"
        + (", one at a time" if config.grad_cache else ""),
        "tokens a step": f"{texts.tokens * plan.ranks:,.0f}, with padding"
        f" {texts.padded * plan.ranks:,.0f}",
        "steps": f"{config.steps:,}",
        "operations": f"{_scaled(plan.flops * plan.ranks, 'FLOP')} a step,"
        f" {_scaled(plan.flops * plan.ranks * config.steps, 'FLOP')} in all",
        "device": f"{escape(plan.device.name)}{ranks}, {'bf16' if plan.bf16 else 'fp32'}",
        "time": _time(plan),
    }
    for name, value in rows.items():
        view.add_row(name, value)
    return view


def _memory(plan: Footprint) -> Table:
    view = Table("memory of a process", box=None, padding=(0, 2, 0, 0))
    for heading in ("at most", "at the peak"):
        view.add_column(heading, justify="right")
    for part in plan.memory.parts:
        view.add_row(_WORDS[part.name], _gb(part.most), _gb(part.at_peak))
    view.add_row("peak", "", f"[bold]{_gb(plan.memory.peak)}[/bold]")
    verdict = "fits" if plan.fits else "[bold]does not fit[/bold]"
    view.add_row(escape(plan.device.name), _gb(plan.device.memory), verdict)
    return view


def _notes(plan: Footprint) -> list[str]:
    device = plan.device
    kind = "bf16" if plan.bf16 else "fp32"
    peak = _scaled(device.bf16 if plan.bf16 else device.fp32, "FLOP/s")
    weights = "reads no weights" if plan.config.encoder not in FROM_NOTHING else (
        f"a vocabulary of {plan.config.vocabulary:,}"
    )  # fmt: skip
    lines = [
        f"Counted: one step of the trainer's own code without data ({weights};"
        f" {plan.texts.known}); optimiser {plan.optimizer}; tensors only.",
        f"Assumed: {UTILISATION:.0%} of the device's peak of {peak} in {kind} ({device.source}),"
        f" and {USABLE:.0%} of its memory for tensors.",
    ]
    if plan.ranks > 1:
        lines.append("By rule, not counted: what other processes add to memory; waiting for them.")
    return lines


def _time(plan: Footprint) -> str:
    seconds = plan.seconds
    if seconds is None:
        return "no estimate: " + (
            "a static encoder's step is bound by memory traffic"
            if plan.config.encoder == "static"
            else "the device's peak is not known"
        )
    return f"{_duration(seconds / plan.config.steps)} a step, {_duration(seconds)} in all"


def _duration(seconds: float) -> str:
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def _gb(size: float) -> str:
    return f"{size / 1e9:,.2f} GB" if size >= 1e8 else f"{size / 1e6:,.2f} MB"


def _scaled(value: float, unit: str) -> str:
    for prefix, size in (("E", 1e18), ("P", 1e15), ("T", 1e12), ("G", 1e9)):
        if value >= size:
            return f"{value / size:.3g} {prefix}{unit}"
    return f"{value:.3g} {unit}"
