"""The model card: what a finished model is, in the form that model hubs read.

Everything in it comes from the run itself; nothing is looked up, and what is not known, such as a
licence, is not said.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from huggingface_hub import ModelCardData

from lingweave.languages import name
from lingweave.objectives import Clear, Contrast, InfoNCE, MultiPositive, Term, TwoSided
from lingweave.plan import Recipe
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


class Facts(NamedTuple):
    """What the card says of the model itself."""

    width: int
    """Numbers in a vector."""
    parameters: int
    """Numbers in the model."""
    processes: int
    """How many processes trained it."""
    longest: int | None
    """Tokens after which it cuts texts; None: it reads all of them, in any order."""
    not_served: str | None
    """Why text-embeddings-inference does not serve it, as a clause; None: it does."""


def model_card(
    record: Mapping[str, Any],
    config: TrainConfig,
    recipe: Recipe,
    terms: Sequence[Term],
    history: Sequence[Line],
    facts: Facts,
) -> str:
    """The README.md of a finished model.

    Args:
        record: its ``lingweave.json``.
        config: the run.
        recipe: the plan's.
        terms: the objective.
        history: lines of the run, as in ``history.jsonl``.
        facts: on the model.
    """
    parts = [
        f"---\n{_front_matter(record, config, facts)}\n---",
        f"# {config.label}: an encoder for search in and across languages",
        _what(record, config, facts),
        "## Use",
        _use(config, facts),
        "## Languages",
        ", ".join(f"{name(tag)} ({tag})" for tag in record["languages"]) + ".",
        "## Training",
        _training(config, recipe, terms, record, facts),
        "## Data",
        _data(record),
        "## Validation",
        _validation(record, history),
        "## Limits",
        _limits(record, config, facts),
        "## How it was made",
        _made(record, config),
        "## Sources",
        _SOURCES,
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def base_of(encoder: str) -> str | None:
    """The hub name of the model that training began with; None: it has none."""
    if encoder in ("static", "transformer") or Path(encoder).exists():
        return None
    return encoder if re.fullmatch(r"[\w.-]+(/[\w.-]+)?", encoder) else None


def _front_matter(record: Mapping[str, Any], config: TrainConfig, facts: Facts) -> str:
    tags = ["sentence-transformers", "sentence-similarity", "feature-extraction", "lingweave"]
    if facts.not_served is None:
        tags.append("text-embeddings-inference")
    languages = record["languages"]
    # The hub knows languages without script or region under this key; others have one of their own.
    longer: dict[str, Any] = {"language_bcp47": [x for x in languages if "-" in x]}
    data = ModelCardData(
        language=list(dict.fromkeys(x.partition("-")[0] for x in languages)),
        library_name="sentence-transformers",
        pipeline_tag="sentence-similarity",
        tags=tags,
        base_model=base_of(config.encoder),
        **{key: value for key, value in longer.items() if value},
    )
    return str(data.to_yaml())


def _what(record: Mapping[str, Any], config: TrainConfig, facts: Facts) -> str:
    begun = {
        "static": "It is the mean of one vector a subword, and was trained from nothing",
        "transformer": f"It is a transformer ({config.layers} layers), trained from nothing",
    }.get(config.encoder, f"It began as `{config.encoder}`")
    count = len(record["languages"])
    return (
        f"This model turns queries and passages in {count} languages into vectors of {facts.width}"
        f" numbers, so that a query and the passages that answer it are near each other in"
        f" whichever languages they are written. {begun}. It has {facts.parameters:,} parameters."
    )


def _use(config: TrainConfig, facts: Facts) -> str:
    query, passage = json.dumps(config.query_prompt), json.dumps(config.passage_prompt)
    text = f"""
Queries and passages have prompts of their own ({query} and {passage}), which `encode_query` and
`encode_document` put in front. Vectors are compared by their cosine.

```python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("PATH")  # this folder, or its name on a hub
queries = model.encode_query(["where can I renew a passport?"])
passages = model.encode_document(["Reisepässe werden im Bürgeramt verlängert."])
print(model.similarity(queries, passages))
```
"""
    if facts.not_served is not None:
        return text + f"\ntext-embeddings-inference does not serve this model: {facts.not_served}."
    return (
        text
        + """
With text-embeddings-inference:

```sh
text-embeddings-router --model-id PATH --auto-truncate --port 8080
curl 127.0.0.1:8080/embed -H 'Content-Type: application/json' \\
    -d '{"inputs": ["where can I renew a passport?"], "prompt_name": "query"}'
```

with `"prompt_name": "document"` for passages."""
    )


def _training(
    config: TrainConfig,
    recipe: Recipe,
    terms: Sequence[Term],
    record: Mapping[str, Any],
    facts: Facts,
) -> str:
    kinds = "; ".join(f"`{k}`: {_KINDS[k]}" for k in dict.fromkeys(p.kind for p in recipe.parts))
    rows, where = config.batch_size, ""
    if facts.processes > 1:
        rows *= facts.processes if config.gather else 1
        where = f", {'from' if config.gather else 'on each of'} {facts.processes} processes"
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


def _data(record: Mapping[str, Any]) -> str:
    files = ", ".join(f"`{Path(path).name}`" for path in record["table"])
    seen = record["seen"]
    if seen is None:
        overlap = "Whether it holds texts of any benchmark was not stated."
    elif seen:
        overlap = f"It holds texts or articles of these benchmarks: {', '.join(seen)}."
    else:
        overlap = "It holds texts of no known benchmark, as whoever trained it says."
    sets = ", ".join(record["datasets"])
    return (
        f"{record['records']:,} records from {files}, in these data sets: {sets}. Fingerprint of"
        f" the table: `{record['table_fingerprint']}`. {overlap}"
    )


def _validation(record: Mapping[str, Any], history: Sequence[Line]) -> str:
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


def _limits(record: Mapping[str, Any], config: TrainConfig, facts: Facts) -> str:
    lines = [
        "- Languages that are not in the list above were not trained; what it does with them has"
        " to be measured.",
        "- Like any encoder of several languages it may prefer passages in one of them: measure"
        " rank distance and the share of queries whose own language comes first before use.",
        "- What is wrong or one-sided in the data is so in the model.",
    ]
    if facts.longest is None:
        lines.append(
            "- The order of words does not matter to it, and a long text is a mean over many words."
        )
    else:
        lengths = (config.query_length, config.passage_length)
        query, passage = (min(length, facts.longest) for length in lengths)
        lines.append(
            f"- It was trained on queries of {query} and passages of {passage} tokens at most, and"
            f" cuts texts after {facts.longest}."
        )
    lines.append(
        "- No licence is stated here: what it was trained on and began with may have conditions."
    )
    return "\n".join(lines)


def _made(record: Mapping[str, Any], config: TrainConfig) -> str:
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


_SOURCES = """
Batches by kind of language pair:

```bibtex
@article{elmahdy2024synergistic,
  title  = {Synergistic Approach for Simultaneous Optimization of Monolingual, Cross-lingual,
            and Multilingual Information Retrieval},
  author = {Elmahdy, Adel and Lin, Sheng-Chieh and Ahmad, Amin},
  year   = {2024},
  eprint = {2408.10536},
  archivePrefix = {arXiv}
}
```
"""
