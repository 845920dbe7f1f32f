"""The model card: what a finished model is, in the form that model hubs read.

Everything in it comes from the run itself; nothing is looked up, and what is not known, such as a
licence, is not said.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from huggingface_hub import ModelCardData

from lingweave.languages import name
from lingweave.objectives import Term
from lingweave.plan import Recipe
from lingweave.training.card_sections import Line, data, made, training, validation
from lingweave.training.config import FROM_NOTHING, TrainConfig


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
        training(config, recipe, terms, record, facts.processes),
        "## Data",
        data(record),
        "## Validation",
        validation(record, history),
        "## Limits",
        _limits(record, config, facts),
        "## How it was made",
        made(record, config),
        "## Sources",
        _SOURCES,
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def base_of(encoder: str) -> str | None:
    """The hub name of the model that training began with; None: it has none."""
    if encoder in FROM_NOTHING or Path(encoder).exists():
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
