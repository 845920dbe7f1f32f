"""The options of `lingweave build`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lingweave.building.checks import check_places, check_together, check_values
from lingweave.building.filters.options import FilterOptions
from lingweave.building.translators.choice import TranslatorOptions
from lingweave.sources.training.reading import Format


@dataclass(frozen=True, kw_only=True)
class BuildConfig(TranslatorOptions, FilterOptions):
    """Which pairs to start from, what to make of them, and what must not be in the table."""

    from_: list[str] = field(default_factory=list)
    """Files or folders with pairs (--from): SQuAD, MLQA, TyDi, DPR, BEIR, MS MARCO triples, MFAQ,
    or rows in JSON lines or Parquet; told by what they hold."""
    format: Format | None = None
    """What the files are, where that is not told rightly; see docs/building.md."""
    language: str | None = None
    """Language of the pairs, where the files do not say it."""
    languages: list[str] | None = None
    """Languages of the pairs to keep; by default all that the files have."""
    split: str | None = "train"
    """Split of the files to take: train, validation, test, or null for all rows."""
    source: str | None = None
    """Language to translate from; by default the only one that the pairs are in."""
    to: list[str] = field(default_factory=list)
    """Languages to translate into, such as de,sw."""
    mine: list[str] = field(default_factory=list)
    """Files with pairs in other languages, among which --encoder looks for translations; the filter
    similarity is then applied only with a rule of its own, such as --similarity."""
    mine_language: str | None = None
    """With --mine: language of its pairs, where the files do not say it."""
    margin: float = 1.06
    """With --mine: how much nearer than their neighbours two texts must be (ratio margin)."""
    out: Path = Path("table.arrow")
    """The table to write; beside it go <name>.removed.parquet, what was left out and why, and
    <name>.json, how it was made."""
    work: Path | None = None
    """Folder for what is made on the way, so that a run that was stopped goes on; by default
    <out>.build."""
    translations: Path | None = None
    """Folder where translations are kept, so that nothing is translated twice; shared by all
    tables, and by default in lingweave's cache."""
    sentence_limit: int | None = None
    """Characters of the longest sentence; longer ones are cut; by default as the script needs."""
    negatives: bool = True
    """Whether hard negatives are translated too."""
    retry_failed: bool = False
    """Ask again for the sentences that had no translation in an earlier run."""
    duplicates: Literal["pair", "query", "passage", "none"] = "pair"
    """What of a later record must repeat an earlier one for it to go."""
    near: float | None = 0.8
    """Least similarity (Jaccard, of shingles) of near-duplicates; null: only equal words."""
    against: list[str] = field(default_factory=list)
    """Benchmarks whose texts must not be in the table: a name, or name=FOLDER with its files."""
    same: float = 0.8
    """Share of the words of a benchmark's text that must be the same for one with changes."""
    corpus: Literal["all", "gold", "none"] = "all"
    """Which passages of a benchmark count: all, those that answer a query (for a corpus that is all
    of Wikipedia), or none."""
    articles: Literal["report", "remove"] = "report"
    """What is done with records of articles that a benchmark has too."""
    titles: list[str] = field(default_factory=list)
    """SQuAD-shaped files with the titles of the benchmarks' articles."""
    least_languages: int = 1
    """Languages in which a record must have a query and a passage in the end."""
    workers: int = 1
    """Processes that translate and filter."""
    ray: str | None = None
    """Address of a Ray cluster that translates instead; local starts one."""
    progress: bool = True
    """Whether to show progress, where the terminal can."""

    def __post_init__(self) -> None:
        TranslatorOptions.__post_init__(self)
        FilterOptions.__post_init__(self)
        check_values(self)
        check_together(self)
        check_places(self)

    @property
    def folder(self) -> Path:
        """Where the work is."""
        return self.work or self.out.with_name(self.out.name + ".build")

    @property
    def record(self) -> Path:
        """The file that says how the table was made."""
        return self.out.with_name(self.out.stem + ".json")
