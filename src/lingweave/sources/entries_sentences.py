"""The catalogue's translated sentences: data, and a reader with its parameters."""

from collections.abc import Callable
from pathlib import Path

from lingweave.benchmark import Benchmark
from lingweave.sources import layouts
from lingweave.sources.bitext import parallel_lines, tables, wide
from lingweave.sources.layout import matching
from lingweave.sources.layouts import Sentences
from lingweave.sources.mteb import from_mteb
from lingweave.sources.named import Named, Request, entry
from lingweave.sources.pairs import language_pairs
from lingweave.sources.records import Fields


def _sentences(name: str, shape: Sentences) -> Callable[[Path, Request], Benchmark]:
    def read(data: Path, request: Request) -> Benchmark:
        found = [data] if data.is_file() else [one.file for one in matching(data, shape.table)]
        if found:
            return wide(
                found[0], name, shape.id, shape.group, shape.other, request.split,
                request.languages,
            )  # fmt: skip
        if shape.tables:
            fields = Fields(id=("index_id",), text=("text",), title=())
            return tables(data, name, shape.tables, fields, request.split, request.languages)
        split = request.split or shape.split
        return parallel_lines(data, name, shape.lines, split, request.languages)

    return read


SENTENCES: tuple[Named, ...] = (
    entry(
        "tatoeba", title="Tatoeba as LASER tests it, all pairs in one pool", languages="112 and en",
        task="sentence -> its translation", licence="CC BY 2.0", metrics=("hit@1",),
        overlaps=("tatoeba",), published="https://github.com/facebookresearch/LASER",
        form="data/tatoeba/v1 of the repository: tatoeba.deu-eng.deu, tatoeba.deu-eng.eng, ...",
        read=lambda data, request: language_pairs(
            data, "tatoeba", *layouts.TATOEBA, request.languages
        ),
        otherwise=lambda request: from_mteb("Tatoeba", "tatoeba", None, request.languages),
        splits=False,
    ),
    entry(
        "ntrex", title="NTREX-128", languages="128", task="sentence -> its translations",
        licence="CC BY-SA 4.0", metrics=("hit@1",), overlaps=("ntrex", "newstest2019", "wmt19"),
        published="https://github.com/MicrosoftTranslator/NTREX",
        form="NTREX-128 of the repository, or ntrex128.parquet",
        read=_sentences("ntrex", layouts.NTREX), splits=False,
    ),
    entry(
        "flores", title="FLORES-200, dev or devtest", languages="204",
        task="sentence -> its translations", licence="CC BY-SA 4.0", metrics=("hit@1",),
        overlaps=("flores", "flores-200", "belebele", "sib-200"),
        published="https://github.com/facebookresearch/flores",
        form="flores200_dataset: devtest/deu_Latn.devtest, ...",
        read=_sentences("flores", layouts.FLORES),
    ),
    entry(
        "sib-200", title="FLORES-200 sentences as in SIB-200", languages="205",
        task="sentence -> its translations", licence="CC BY-SA 4.0 (labels Apache-2.0)",
        metrics=("hit@1",), overlaps=("flores", "flores-200", "belebele", "sib-200"),
        published="https://github.com/dadelani/sib-200",
        form="data/annotated of the repository, or flores_sib200.parquet",
        read=_sentences("sib-200", layouts.SIB),
    ),
)  # fmt: skip
