"""Language pairs in line-aligned files: Tatoeba as LASER tests it (arXiv 1812.10464)."""

from collections.abc import Sequence
from pathlib import Path

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.errors import LingweaveError
from lingweave.languages import canonical
from lingweave.sources.aligned import TRIVIAL, shared_passages
from lingweave.sources.bitext import sentence_lines
from lingweave.sources.layout import matching, missing
from lingweave.sources.provenance import checksums


def language_pairs(
    folder: Path,
    name: str,
    left: str,
    right: str,
    languages: Sequence[str] | None = None,
) -> Benchmark:
    """Files of language pairs as a benchmark.

    Each pair has sentences of its own, so query ids are ``<pair>/<line>``. A language's corpus
    joins its side of all pairs, each distinct text once: in Tatoeba English has tens of thousands
    of candidates and not the 1,000 of each pair, which makes figures lower than published
    accuracies unless `languages` names one pair.

    Args:
        folder: where the files lie.
        name: what to call the benchmark.
        left, right: templates of a pair's two files, with ``{lang}`` and ``{other}``.
        languages: only pairs of these.

    Raises:
        LingweaveError: naming file and line.
    """
    wanted = None if languages is None else {canonical(code) for code in languages}
    second = {(one.language, one.other): one.file for one in matching(folder, [right])}
    rows: dict[str, list[tuple[str, str]]] = {}
    used: list[Path] = []
    for one in matching(folder, [left]):
        if one.language is None or one.other is None:
            continue
        pair = (one.language, one.other)
        if wanted is not None and not wanted >= set(pair):
            continue
        if pair not in second:
            raise LingweaveError(f"{one.file}: the pair's other file is missing: {right}")
        files = (one.file, second[pair])
        lines = [sentence_lines(file) for file in files]
        if len(lines[0]) != len(lines[1]):
            short = int(len(lines[1]) < len(lines[0]))
            raise LingweaveError(
                f"{files[short]}: line {len(lines[short])}: the file ends here,"
                f" {files[1 - short].name} has {len(lines[1 - short])} lines: aligned files have"
                " one sentence a line"
            )
        used += files
        for code, texts in zip(pair, lines, strict=True):
            rows.setdefault(code, []).extend(
                (f"{pair[0]}-{pair[1]}/{number}", text) for number, text in enumerate(texts, 1)
            )
    if not rows:
        raise missing(folder, f"files of {name}", (left, right))
    corpora, queries, gold = {}, {}, []
    for code, some in sorted(rows.items()):
        corpora[code], passage_of = shared_passages(some)
        queries[code] = Texts(tuple(id for id, _ in some), tuple(text for _, text in some))
        gold += [Gold(id, code, passage) for id, passage in passage_of.items()]
    return Benchmark(
        name=name,
        queries=queries,
        corpora=corpora,
        gold=tuple(gold),
        source={"folder": str(folder), "mono": TRIVIAL, **checksums(used, folder)},
    )
