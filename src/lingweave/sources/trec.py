"""Collections with TREC topics and qrels in one folder: MIRACL, Mr.TyDi, CIRAL, NeuCLIR.

What differs between them is where their files lie, so that is data: a `Layout`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lingweave.benchmark import Benchmark, Texts
from lingweave.languages import canonical
from lingweave.sources.collection import collection
from lingweave.sources.layout import Match, matching, missing
from lingweave.sources.parts import Part, joined
from lingweave.sources.provenance import checksums
from lingweave.sources.qrels import golds, read_qrels
from lingweave.sources.topics import read_topics


@dataclass(frozen=True)
class Layout:
    """Where a collection's files lie: templates as `layout.matching` takes them.

    ``{lang}`` is the language of the documents; a file without ``{split}`` serves all splits. Of
    topics and judgements the first template that has files counts, so that none is read twice.
    """

    topics: tuple[str, ...]
    """Questions in the language of the documents, or, where `aligned`, in all languages."""
    qrels: tuple[str, ...]
    """The judgements."""
    corpus: tuple[str, ...]
    """The documents; several files of a language follow one another."""
    split: str
    """The split that is taken where none is asked for."""
    asked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Questions about the same documents in other languages: their code to their templates."""
    aligned: bool = False
    """Whether a topic id means the same question in every language."""
    faulty: bool = False
    """Whether the published files repeat ids and judge what they do not hold: such lines are left
    out, with a warning."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Names of languages in paths to their codes."""


def trec(
    folder: Path,
    layout: Layout,
    name: str,
    split: str | None = None,
    languages: Sequence[str] | None = None,
) -> Benchmark:
    """The collection in a folder, in every language that has documents there.

    Unless `layout.aligned`, topic ids become ``<language>/<id>``: numbers of different languages
    do not mean one question. Documents without a text are kept, with a warning: published
    collections have some. Where judgements of all languages stand in one file and only some are
    asked for, those of documents that are not read are left out, with a warning.

    Raises:
        LingweaveError: naming what was looked for, or the file and line that is wrong.
    """
    split = split or layout.split
    wanted = None if languages is None else {canonical(code) for code in languages}
    files: dict[str | None, list[Path]] = {}
    for found in matching(folder, layout.corpus, layout.names):
        if wanted is None or found.language in wanted or found.language is None:
            files.setdefault(found.language, []).append(found.file)
    if not files:
        raise missing(folder, f"documents of {name}", layout.corpus)
    corpora: dict[str, Texts] = {}
    for code, some in files.items():
        corpora |= collection(some, "document", language=code, blank="keep")
    used = [file for some in files.values() for file in some]
    parts: dict[str, Part] = {}
    for code in [None] if layout.aligned else list(corpora):
        asked, read = _asked(folder, layout, f"{split} topics of {name}", split, code)
        judgements = _first(
            one
            for one in matching(folder, layout.qrels, layout.names)
            if one.split in (None, split)
            and code in (None, one.language)
            and (wanted is None or one.language is None or one.language in wanted)
        )
        if not judgements:
            raise missing(folder, f"{split} qrels of {name}{_in(code)}", layout.qrels)
        here = corpora if code is None else {code: corpora[code]}
        lines = [line for one in judgements for line in read_qrels(one.file)]
        narrowed = layout.aligned and wanted is not None
        judged = golds(lines, asked, here, "skip" if layout.faulty or narrowed else "refuse")
        parts[code or ""] = Part(asked, here, judged)
        used += [*read, *(one.file for one in judgements)]
    source = {"folder": str(folder), "split": split, **checksums(used, folder)}
    return joined(parts, name, source, layout.aligned)


def _asked(
    folder: Path, layout: Layout, what: str, split: str, code: str | None
) -> tuple[dict[str, Texts], list[Path]]:
    """The questions about the documents of a language, in the languages that ask them."""
    asked: dict[str, Texts] = {}
    files: list[Path] = []
    for spoken, templates in [(None, layout.topics), *layout.asked.items()]:
        found = _first(
            one
            for one in matching(folder, templates, layout.names)
            if one.split in (None, split) and code in (None, one.language)
        )
        for one in found:
            asked |= read_topics(
                one.file, spoken or one.language, "first" if layout.faulty else "refuse"
            )
        files += [one.file for one in found]
    if not asked:
        every = [*layout.topics, *(t for some in layout.asked.values() for t in some)]
        raise missing(folder, f"{what}{_in(code)}", every)
    return asked, files


def _first(found: Iterable[Match]) -> list[Match]:
    """The files of the first template that has any."""
    some = list(found)
    return [one for one in some if one.template == some[0].template]


def _in(code: str | None) -> str:
    return f" in {code!r}" if code else ""
