"""What an audit finds, as values and as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lingweave.audit.measured import Measured
from lingweave.audit.separability import Separability
from lingweave.benchmark import Benchmark
from lingweave.evaluate.bias import BiasResult
from lingweave.report.comparison import comparison_json

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Audit:
    """Everything that one audit found."""

    benchmark: Benchmark
    """Documents and queries."""
    encoder: Mapping[str, Any]
    """What was audited, as its provenance has it."""
    judged: Measured | None
    """On the relevance judgements; None where there are none."""
    probed: Measured | None
    """On parallel statements among the documents; None where none were asked."""
    heads: tuple[BiasResult, ...]
    """What the first places say without judgements; empty where nothing was asked."""
    tokens: tuple[BiasResult, ...]
    """What a language pays for the tokenizer; empty where there is none at hand."""
    separability: Separability | None
    """Whether vectors tell their language; None for encoders without vectors."""
    points: Mapping[str, NDArray[np.float64]]
    """(texts, 2) by language: documents on two principal components; empty without vectors."""
    notes: tuple[str, ...]
    """What was left out, and why."""

    @property
    def main(self) -> Measured | None:
        """The judgements where there are some, else the probes."""
        return self.judged or self.probed

    @property
    def figures(self) -> tuple[BiasResult, ...]:
        """All bias figures: of the judgements; without any, of the first places of the queries,
        and of the probes what those do not tell."""
        if self.judged is not None:
            return self.judged.bias
        told = {one.figure.name for one in self.heads}
        probes = self.probed.bias if self.probed is not None else ()
        return (*self.heads, *(one for one in probes if one.figure.name not in told))


def audit_json(audit: Audit) -> dict[str, Any]:
    """The content of ``audit.json``; undefined figures are null."""
    separability = audit.separability
    return {
        "format_version": FORMAT_VERSION,
        "benchmark": audit.benchmark.name,
        "source": dict(audit.benchmark.source),
        "encoder": dict(audit.encoder),
        "documents": {y: len(side.ids) for y, side in audit.benchmark.corpora.items()},
        "queries": {x: len(side.ids) for x, side in audit.benchmark.queries.items()},
        "judged": None if audit.judged is None else _measured(audit.judged),
        "probes": None if audit.probed is None else _measured(audit.probed),
        "heads": [one.as_json() for one in audit.heads],
        "tokens": [one.as_json() for one in audit.tokens],
        "separability": None if separability is None else separability._asdict(),
        "notes": list(audit.notes),
    }


def _measured(found: Measured) -> dict[str, Any]:
    return {
        "comparison": comparison_json(found.comparison),
        "bias": [one.as_json() for one in found.bias],
    }
