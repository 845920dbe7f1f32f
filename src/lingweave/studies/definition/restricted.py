"""A study on some of its benchmarks: its claims stay, and count, as they were."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from lingweave.studies.definition.study import BenchmarkSpec, Study, named


@dataclass(frozen=True)
class Restricted(Study):
    """A study of which some benchmarks are left out.

    Its claims are all there, so that what is decided of them is corrected for as many as in the
    whole study; what they say of benchmarks that are left out is not measured.
    """

    whole: dict[str, BenchmarkSpec] = field(default_factory=dict)
    """All benchmarks of the study."""

    @property
    def choice(self) -> str:
        """The chosen benchmarks in a folder's name."""
        return "+".join(self.benchmarks)


def with_benchmarks(study: Study, names: Sequence[str]) -> Study:
    """The study on some of its benchmarks, in its own order; on all of them it is the study itself.

    Raises:
        LingweaveError: a benchmark is not in the study.
    """
    for name in names:
        named("--benchmarks: the benchmark", name, study.benchmarks)
    kept = {name: spec for name, spec in study.benchmarks.items() if name in names}
    if len(kept) == len(study.benchmarks):
        return study
    given = {one.name: getattr(study, one.name) for one in fields(Study)}
    published = [one for one in study.published if one.benchmark in kept]
    return Restricted(**given | {"benchmarks": kept, "published": published},
                      whole=study.benchmarks)  # fmt: skip


def all_benchmarks(study: Study) -> Mapping[str, BenchmarkSpec]:
    """The study's benchmarks with those that are left out."""
    return study.whole if isinstance(study, Restricted) else study.benchmarks


def folder_name(study: Study, scale: str | None) -> str:
    """What the folder of a study's report is called: no choice of benchmarks overwrites another."""
    choice = f"-{study.choice}" if isinstance(study, Restricted) else ""
    return f"{study.name}-{scale or 'full'}{choice}"
