"""The first half of a build: from the options to a table with all languages, nothing judged."""

import dataclasses
import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from lingweave.atomic import write_json
from lingweave.building.config import BuildConfig
from lingweave.building.given import only
from lingweave.building.joining import JoinCounts, joined
from lingweave.building.mates import with_mates
from lingweave.building.mining import MiningOptions, mono_set
from lingweave.building.translation import TranslationCounts, TranslationOptions, translated
from lingweave.building.translators.choice import FILE, TranslatorOptions, translator_of
from lingweave.building.workers import WorkerOptions
from lingweave.encoders.choice import encoder_of
from lingweave.errors import LingweaveError
from lingweave.languages import canonical
from lingweave.sources.rows import cache_folder
from lingweave.sources.training import training_data
from lingweave.table import ParallelTable

GIVEN, MINED = "given.arrow", "mined.arrow"
JOINED, TRANSLATED = "joined.arrow", "translated.arrow"
_VERSION = 1
"""Raised when sentences, marks or answers are made otherwise: older tables are made again."""


class Parallel(NamedTuple):
    """A table before anything is taken out."""

    table: ParallelTable
    """The table, memory-mapped."""
    source: str
    """The language that the others are translations of."""
    format: str
    """As what the pairs were read."""
    left_out: dict[str, int]
    """What of the files was not taken, such as questions without an answer, and how much."""
    translation: TranslationCounts | None = None
    """What was translated; None where nothing was."""
    join: JoinCounts | None = None
    """What became of translations that were there already; None where there were none."""


def parallel(config: BuildConfig) -> Parallel:
    """Reads the pairs, and translates, joins or mines the languages that they lack.

    Raises:
        LingweaveError: anything the user can mend; what was translated before is kept.
    """
    data = training_data(config.from_, config.format, config.language, config.split)
    given = data.table if config.languages is None else only(data.table, config.languages)
    given = _kept_as(config, GIVEN, given)
    source = _source(config, given)
    if not config.mine and config.translator_kind != "file":
        check_enough(config, len({*given.languages, *map(canonical, config.to)}))
    made = Parallel(given, source, data.format, data.left_out)
    if config.mine:
        given = _mined(config, given, source)
        made = made._replace(table=given)
    if config.translator_kind == "file":
        file = Path((config.translator or "").removeprefix(FILE))
        table, counts = joined(given, [file], source, config.folder / JOINED, config.to or None)
        return made._replace(table=table, join=counts)
    if config.translator_kind is None:
        return made
    table, translation = _translated(config, given, source)
    return made._replace(table=table, translation=translation)


def check_enough(config: BuildConfig, languages: int) -> None:
    """Refuses a table in which no record can have enough languages.

    Raises:
        LingweaveError: there are fewer languages.
    """
    if config.least_languages > languages:
        raise LingweaveError(
            f"--least_languages {config.least_languages}: the table has {languages} languages"
        )


def _kept_as(config: BuildConfig, name: str, table: ParallelTable) -> ParallelTable:
    """The table as a file, so that other processes can read it too."""
    if table.path is not None:
        return table
    return ParallelTable.open(table.write(config.folder / name))


def _mined(config: BuildConfig, given: ParallelTable, source: str) -> ParallelTable:
    """The pairs with their mates in other languages."""
    assert config.encoder is not None
    options = config.encoder
    if options.model is not None and options.cache is None and options.shards is None:
        options = dataclasses.replace(options, cache=config.folder / "vectors")
    others = training_data(
        config.mine, config.format, config.mine_language or config.language, config.split
    ).table
    codes = [code for code in others.languages if code not in given.languages]
    if not codes:
        raise LingweaveError(
            f"--mine: its pairs are in {', '.join(others.languages)}, as those of --from; give"
            " other languages (--mine_language where the files do not say)"
        )
    table = with_mates(
        given,
        mono_set(given, source),
        [mono_set(others, code) for code in codes],
        encoder_of(options),
        MiningOptions(config.margin),
    )
    return _kept_as(config, MINED, table)


def _source(config: BuildConfig, given: ParallelTable) -> str:
    """The language to translate from, and that cells are compared with."""
    if config.source is not None:
        source = canonical(config.source)
        if source not in given.languages:
            raise LingweaveError(
                f"--source {source}: the pairs have none in it, only in"
                f" {', '.join(given.languages)}"
            )
        return source
    if len(given.languages) == 1:
        return given.languages[0]
    raise LingweaveError(
        f"--source: the pairs are in {', '.join(given.languages)}; say which one to translate from"
        " and compare the others with"
    )


def _translated(
    config: BuildConfig, given: ParallelTable, source: str
) -> tuple[ParallelTable, TranslationCounts]:
    """The table with the asked languages; the one of an earlier run if nothing has changed."""
    make = partial(translator_of, _translator(config))
    translator = make()
    targets = [canonical(code) for code in config.to]
    translator.check(source, targets)
    options = TranslationOptions(
        config.negatives, config.sentence_limit, retry_failed=config.retry_failed
    )
    assert given.path is not None
    with given.path.open("rb") as file:  # All of it: the fingerprint leaves answers out.
        content = hashlib.file_digest(file, "sha256").hexdigest()
    key = _key(_VERSION, content, source, targets, translator.identity(), options)
    done, path = config.folder / "translated.json", config.folder / TRANSLATED
    if not config.retry_failed and (kept := _kept(done, key)):
        counts, fingerprint = kept
        before = _opened(path)
        if before is not None and before.fingerprint == fingerprint:
            known = counts.translated + counts.remembered
            return before, counts._replace(translated=0, remembered=known, seconds=0.0)
    done.unlink(missing_ok=True)
    translation = translated(
        given,
        source,
        targets,
        make,
        path,
        config.translations or cache_folder() / "translations",
        WorkerOptions(1 if config.ray else config.workers, config.ray),
        options,
        config.progress,
    )
    made, counts = translation
    about = {"key": key, "table": made.fingerprint, "counts": counts._asdict()}
    write_json(done, about)
    return made, counts


def _opened(path: Path) -> ParallelTable | None:
    """A table of an earlier run; None if it is not there, or is damaged."""
    try:
        return ParallelTable.open(path)
    except LingweaveError:
        return None


def _translator(config: BuildConfig) -> TranslatorOptions:
    """The options of the translator alone: they are sent to other processes."""
    fields = dataclasses.fields(TranslatorOptions)
    return TranslatorOptions(**{one.name: getattr(config, one.name) for one in fields})


def _key(*parts: Any) -> str:
    """Changes with what a translated table depends on."""
    text = json.dumps(parts, sort_keys=True, default=dataclasses.asdict)
    return hashlib.sha256(text.encode()).hexdigest()


def _kept(done: Path, key: str) -> tuple[TranslationCounts, str] | None:
    """The counts of an earlier run of this key, and the fingerprint of its table."""
    try:
        stored = json.loads(done.read_text(encoding="utf-8"))
        found = TranslationCounts(**stored["counts"]), str(stored["table"])
        return found if stored["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
