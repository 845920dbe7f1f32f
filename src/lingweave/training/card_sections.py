"""The sections of a model card that tell how the model came to be."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from lingweave.objectives import Clear, Contrast, InfoNCE, MultiPositive, Term, TwoSided
from lingweave.plan import Recipe
from lingweave.sources.seen import cleared
from lingweave.training.config import TrainConfig
from lingweave.training.defaults import peak_rate

Line = Mapping[str, Any]
_DEFAULTS = TrainConfig().to_dict()
_ALWAYS = ("table", "recipe", "encoder", "steps", "batch_size", "seed")
_KINDS = {
    "mono": "one language in the whole batch",
    "cross": "each query with a passage in another language",
    "same": "each query with a passage in its own language, languages mixed",
    "pivot": "one side in a fixed language",
    "multi": "each record in several rows with different languages",
}
_AGAINST_OTHER_ROWS = (InfoNCE, MultiPositive, TwoSided, Clear)
_SHOWN = 20
"""Validations in the table at most, taken evenly."""


def training(
    config: TrainConfig,
    recipe: Recipe,
    terms: Sequence[Term],
    record: Mapping[str, Any],
    processes: int,
) -> str:
    """How it was trained, as a list."""
    kinds = "; ".join(f"`{k}`: {_KINDS[k]}" for k in dict.fromkeys(p.kind for p in recipe.parts))
    rows, where = config.batch_size, ""
    if processes > 1:
        rows *= processes if config.gather else 1
        where = f", {'from' if config.gather else 'on each of'} {processes} processes"
    stopped = f" of {config.steps:,} planned" if record["steps"] != config.steps else ""
    objective = " + ".join(map(_term, terms))
    if any(isinstance(term, _AGAINST_OTHER_ROWS) for term in terms):
        objective += (
            "; other rows' passages are negatives, except translations of the row's own, equal"
            " texts and passages of the same group"
        )
    lines = [
        f"- recipe: `{config.recipe}`, that is `{recipe}`: shares of batches by kind ({kinds})",
        f"- batches of {rows:,} queries with their passages{where}; {record['steps']:,} steps"
        f"{stopped}; these weights are those of step {record['step']:,}",
        f"- objective: {objective}",
        f"- hard negatives a query: {config.negatives}",
        f"- learning rate {peak_rate(config):g}, {config.schedule} after a warm-up over"
        f" {config.warmup:.0%} of the steps",
        f"- seed {config.seed}",
    ]
    if config.lora is not None:
        lines.append(f"- LoRA adapters of rank {config.lora}, merged into these weights")
    if config.teacher is not None:
        lines.append(f"- teacher: `{config.teacher}`")
    return "\n".join(lines)


def _term(term: Term) -> str:
    own = f" (temperature {term.temperature:g})" if isinstance(term, Contrast) else ""
    return f"{term.weight:g} × {term.name}{own}"


def data(record: Mapping[str, Any]) -> str:
    """What it was trained on, and whether that holds texts of benchmarks."""
    files = ", ".join(f"`{Path(path).name}`" for path in record["table"])
    seen = record["seen"]
    if seen is None:
        overlap = "Whether it holds texts of any benchmark was not stated."
    elif seen:
        overlap = f"It holds texts or articles of these benchmarks: {', '.join(seen)}."
    else:
        overlap = "It holds texts of no known benchmark, as whoever trained it says."
    entries = record.get("unseen") or ()
    names = Counter(entry["benchmark"] for entry in entries)
    for entry in entries:
        name = entry["benchmark"]
        if names[name] > 1:
            name += f" (texts {entry.get('fingerprint')})"
        overlap += f" By its table, {name} is {cleared(record, entry)}."
    sets = ", ".join(record["datasets"])
    return (
        f"{record['records']:,} records from {files}, in these data sets: {sets}. Fingerprint of"
        f" the table: `{record['table_fingerprint']}`. {overlap}"
    )


def validation(record: Mapping[str, Any], history: Sequence[Line]) -> str:
    """Figures on the validation records, as a table."""
    lines = [line for line in history if "eval_loss" in line]
    if not lines:
        return "The run was not validated."
    names = [key for key in lines[-1] if key.startswith("eval_")]
    kept = record["step"]
    stride = -(-len(lines) // _SHOWN)
    shown = [
        line
        for i, line in enumerate(lines)
        if i % stride == 0 or line["step"] == kept or i == len(lines) - 1
    ]
    head = ["step", *(name.removeprefix("eval_") for name in names)]
    rows = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for line in shown:
        step = f"**{line['step']}**" if line["step"] == kept else str(line["step"])
        figures = [f"{line[name]:.4f}" if name in line else "" for name in names]
        rows.append(f"| {' | '.join([step, *figures])} |")
    precision = ""
    if "eval_multi" in names:
        precision = (
            "; `mono`, `cross` and `multi` are mean average precision in the query's language, in"
            " other languages, and in the pool of all"
        )
    chosen = "No step was chosen: the figure that was to choose was never a number"
    if record["criterion"]:
        chosen = f"The step was chosen by `{record['criterion']}` on the validation records"
    return (
        f"{chosen}; these figures choose a checkpoint and are no results. `loss` is InfoNCE"
        f"{precision}.\n\n" + "\n".join(rows)
    )


def made(record: Mapping[str, Any], config: TrainConfig) -> str:
    """The command, its options and the software."""
    given = {
        key: value
        for key, value in config.to_dict().items()
        if key != "out" and (key in _ALWAYS or value != _DEFAULTS[key])
    }
    text = yaml.safe_dump(given, sort_keys=False, allow_unicode=True).strip()
    software = ", ".join(f"{key} {value}" for key, value in record["software"].items() if value)
    return (
        "`lingweave train --config run.yaml --out FOLDER`, with this `run.yaml`:\n\n"
        f"```yaml\n{text}\n```\n\nSoftware: {software}.\n\n"
        "`lingweave.json` beside this file holds the same in full."
    )
