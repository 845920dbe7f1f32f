"""What made a report: models, data, seeds, code. Nothing of it depends on where or when."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from lingweave.evaluate.storage import SUMMARY
from lingweave.studies.definition.study import BenchmarkSpec, Study
from lingweave.studies.judging.measurements import Measurements
from lingweave.studies.reporting.contents import Fact

BY_CHANCE = ("typos", "keyboard")
"""Changes of queries that hit a share of the words, drawn with a seed; the others change all."""


def made_of(study: Study, measurements: Measurements, command: str) -> tuple[Fact, ...]:
    """The lines of the report's last section; what is empty is left out."""
    summaries = list(_summaries(measurements))
    trained = [one for s in summaries if (one := _provenance(s).get("training"))]
    facts = [
        Fact("command", command),
        Fact("training seeds", ", ".join(map(str, study.seeds))),
        Fact("bootstrap", f"{study.resamples:,} resamples of questions and training seeds, seed 0"),
        Fact("training, all runs", words(study.train)),
        *(Fact(f"start {name}", words(one)) for name, one in study.starts.items()),
        *(
            Fact(axis, "; ".join(f"{name}: {words(one) or 'as it is'}" for name, one in of.items()))
            for axis, of in study.axes.items()
        ),
        *(Fact(f"floor {name}", words(one)) for name, one in study.floors.items()),
        *(Fact(f"table {name}", words(one)) for name, one in study.tables.items()),
        Fact("training data as read", _distinct(map(_data, trained))),
        Fact("benchmarks in training", _distinct(map(_seen, summaries))),
        Fact("code of commit", _distinct(map(_commit, (*trained, *map(_provenance, summaries))))),
        Fact("versions", _distinct(_versions(_provenance(s)) for s in summaries)),
    ]  # fmt: skip
    return tuple(fact for fact in facts if fact.value)


def described(spec: BenchmarkSpec) -> str:
    """A benchmark's data, and how its queries are altered: ``xquad-r, data data:eval/xquad_r``."""
    parts = [str(spec.evaluate.get("benchmark", "benchmark"))]
    rest = {name: value for name, value in spec.evaluate.items() if name != "benchmark"}
    if rest:
        parts.append(words(rest))
    if spec.alter is not None:
        kind = spec.alter.kind.replace("_", " ")
        if spec.alter.kind in BY_CHANCE:
            kind += f", {spec.alter.share:.0%} of the words, seed {spec.alter.seed}"
        parts.append(f"queries altered: {kind}")
    if spec.read is not None:
        parts.append(f"answers read{f' ({words(spec.read)})' if spec.read else ' from sentences'}")
    return ", ".join(parts)


def words(value: Any) -> str:
    """Plain values as text: ``name value`` pairs, lists joined; what is absent is left out."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        told = [(name, words(one)) for name, one in value.items() if one is not None]
        return ", ".join(f"{name} {one}" for name, one in told if one)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " ".join(words(one) for one in value)
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _summaries(measurements: Measurements) -> Iterable[Mapping[str, Any]]:
    for arms in measurements.benchmarks.values():
        for arm in arms.values():
            for place in arm.evaluations:
                if isinstance(place, Path) and (place / SUMMARY).is_file():
                    yield json.loads((place / SUMMARY).read_text(encoding="utf-8"))


def _provenance(summary: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = summary.get("provenance") or {}
    return found


def _data(training: Mapping[str, Any]) -> str:
    languages = training.get("languages") or ()
    records = training.get("records")
    told = [", ".join(training.get("datasets") or ()), f"{records:,} records" if records else ""]
    told.append(f"{len(languages)} languages" if languages else "")
    told.append(f"fingerprint {str(training.get('table_fingerprint') or '')[:12]}".strip())
    return ", ".join(one for one in told if one and one != "fingerprint")


def _seen(summary: Mapping[str, Any]) -> str:
    seen = _provenance(summary).get("seen")
    return f"{summary.get('benchmark')}: {seen}" if seen else ""


def _commit(record: Mapping[str, Any]) -> str:
    return str((record.get("software") or {}).get("commit") or "")


def _versions(record: Mapping[str, Any]) -> str:
    software = {k: v for k, v in (record.get("software") or {}).items() if k != "commit"}
    return words(software)


def _distinct(texts: Iterable[str]) -> str:
    """Each once, in a fixed order: evaluations come in the order of the study, not of the runs."""
    return "; ".join(dict.fromkeys(text for text in texts if text))
