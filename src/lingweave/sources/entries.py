"""The catalogue's entries but for BEIR and sentences: data, and a reader with its parameters."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lingweave.atlas import DEFAULT_LANGUAGES
from lingweave.benchmark import Benchmark
from lingweave.sources import layouts
from lingweave.sources.afriqa import afriqa
from lingweave.sources.atlas import SEED, atlas_benchmark
from lingweave.sources.beir import beir
from lingweave.sources.belebele import belebele
from lingweave.sources.entries_sentences import SENTENCES
from lingweave.sources.hub import hub_files
from lingweave.sources.ir_datasets import from_ir_datasets
from lingweave.sources.lareqa import lareqa, mlqa_r, xquad_r
from lingweave.sources.mkqa import mkqa
from lingweave.sources.mteb import from_mteb
from lingweave.sources.named import Named, Request, entry, refuse_split
from lingweave.sources.natural_questions import nq_crosslingual
from lingweave.sources.parallel import parallel
from lingweave.sources.squad import TYDI, squad
from lingweave.sources.trec import Layout, trec

Reader = Callable[[Path, Request], Benchmark]
SQUAD_DEV = ("xquad", "squad-dev", "squad-es", "squad-it", "squad-sv")
NQ = ("nq", "natural-questions", "mkqa")
TYDI_SETS = ("tydi", "tydiqa", "mr-tydi", "tydi-goldp", "miracl")
MRR = ("MRR@100", "R@100")


def _trec(name: str, layout: Layout) -> Reader:
    return lambda data, request: trec(data, layout, name, request.split, request.languages)


def _hub(
    name: str, repositories: Mapping[str, Sequence[str]], read: Reader
) -> Callable[[Request], Benchmark]:
    """The published files, from the hub; ``{lang}`` in a pattern becomes each asked language."""

    def load(request: Request) -> Benchmark:
        asked = list(request.languages or ("*",))
        wanted = {
            repository: [
                one
                for pattern in patterns
                for one in dict.fromkeys(pattern.format(lang=code) for code in asked)
            ]
            for repository, patterns in repositories.items()
        }
        return read(hub_files(wanted, name), request)

    return load


def _squad(name: str, templates: Sequence[str], split: str | None = None) -> Reader:
    return lambda data, request: squad(
        data, name, templates, request.split or split, TYDI, request.languages
    )


def _nq(by: str) -> Reader:
    return lambda data, request: nq_crosslingual(
        data, "answer" if by == "answer" else "passage", request.split, request.languages
    )


def _atlas(name: str, split: str) -> Callable[[Request], Benchmark]:
    def load(request: Request) -> Benchmark:
        refuse_split(name, request)
        seed = SEED if request.seed is None else request.seed
        return atlas_benchmark(split, request.languages or DEFAULT_LANGUAGES, seed)

    return load


def _generated(name: str, split: str) -> Named:
    return Named(
        name, f"generated questions about facts of CLDR, {split} split",
        "12, 50 and more on demand", "question -> sentence", "Unicode-3.0, Apache-2.0", ("mAP",),
        (), "lingweave", "none: it is generated", _atlas(name, split),
    )  # fmt: skip


ENTRIES: tuple[Named, ...] = (
    entry(
        "lareqa", title="any folder in the format of LAReQA", languages="those there",
        task="question -> sentence", licence="its own", metrics=("mAP",), overlaps=(),
        published="https://github.com/google-research-datasets/lareqa",
        form="de.json, en.json.gz, ...: SQuAD json with sentence_breaks",
        read=lambda data, request: lareqa(data), splits=False,
    ),
    entry(
        "xquad-r", title="XQuAD-R, held to its published counts",
        languages="ar de el en es hi ru th tr vi zh", task="question -> sentence",
        licence="CC BY-SA 4.0", metrics=("mAP",), overlaps=("xquad-r", *SQUAD_DEV), splits=False,
        published="https://github.com/google-research-datasets/lareqa",
        form="de.json, en.json.gz, ...", read=lambda data, request: xquad_r(data),
    ),
    entry(
        "mlqa-r", title="MLQA-R, held to its published counts", languages="ar de en es hi vi zh",
        task="question -> sentence", licence="CC BY-NC 4.0", metrics=("mAP",),
        overlaps=("mlqa-r", "mlqa"), splits=False,
        published="https://github.com/google-research-datasets/lareqa",
        form="de.json, en.json.gz, ...", read=lambda data, request: mlqa_r(data),
    ),
    entry(
        "belebele", title="Belebele", languages="122 variants",
        task="question -> FLORES passage", licence="CC BY-SA 4.0", metrics=("nDCG@10",),
        overlaps=("belebele", "flores", "flores-200", "sib-200"),
        published="https://huggingface.co/datasets/facebook/belebele",
        form="deu_Latn.jsonl, eng_Latn.jsonl, ...", splits=False,
        read=lambda data, request: belebele(data, request.languages),
        otherwise=_hub(
            "belebele", {"facebook/belebele": ("data/*.jsonl",)},
            lambda data, request: belebele(data, request.languages),
        ),
    ),
    entry(
        "miracl", title="MIRACL", task="question -> Wikipedia passage",
        languages="ar bn de en es fa fi fr hi id ja ko ru sw te th yo zh",
        licence="Apache-2.0 (Wikipedia: CC BY-SA 3.0)", metrics=("nDCG@10", "R@100"),
        overlaps=TYDI_SETS, published="https://huggingface.co/datasets/miracl/miracl",
        form="topics.miracl-v1.0-<lang>-dev.tsv, qrels.miracl-v1.0-<lang>-dev.tsv,"
        " miracl-corpus-v1.0-<lang>/docs-<n>.jsonl.gz, in any folders",
        read=_trec("miracl", layouts.MIRACL),
        otherwise=_hub(
            "miracl",
            {
                "miracl/miracl": ("miracl-v1.0-{lang}/*",),
                "miracl/miracl-corpus": ("miracl-corpus-v1.0-{lang}/*",),
            },
            _trec("miracl", layouts.MIRACL),
        ),
    ),
    entry(
        "mr-tydi", title="Mr.TyDi", languages="ar bn en fi id ja ko ru sw te th",
        task="question -> Wikipedia passage", licence="Apache-2.0 (Wikipedia: CC BY-SA 3.0)",
        metrics=MRR, overlaps=TYDI_SETS, published="https://github.com/castorini/mr.tydi",
        form="mrtydi-v1.1-<language>/topic.test.tsv, qrels.test.txt and collection/docs.jsonl.gz",
        read=_trec("mr-tydi", layouts.MR_TYDI),
        otherwise=lambda request: from_ir_datasets(
            {code: f"mr-tydi/{code}/{request.split or 'test'}" for code in TYDI.values()},
            "mr-tydi", request.languages, aligned=False,
        ),
    ),
    entry(
        "tydi-goldp", title="TyDi QA, gold passage task",
        languages="ar bn en fi id ko ru sw te", task="question -> its passage",
        licence="Apache-2.0 (Wikipedia: CC BY-SA 3.0)", metrics=("EM", "F1"), overlaps=TYDI_SETS,
        published="https://github.com/google-research-datasets/tydiqa",
        form="tydiqa-goldp-v1.1-dev.json, or tydiqa.goldp.<lang>.dev.json",
        read=_squad("tydi-goldp", layouts.TYDI_GOLDP, "dev"),
    ),
    entry(
        "xquad", title="XQuAD", languages="ar de el en es hi ro ru th tr vi zh",
        task="question -> paragraph", licence="CC BY-SA 4.0", metrics=("EM", "F1"), splits=False,
        overlaps=("xquad-r", *SQUAD_DEV), published="https://github.com/google-deepmind/xquad",
        form="xquad.de.json, xquad.en.json, ...", read=_squad("xquad", layouts.XQUAD),
    ),
    entry(
        "mlqa", title="MLQA", languages="ar de en es hi vi zh", task="question -> paragraph",
        licence="CC BY-SA 3.0", metrics=("EM", "F1"),
        overlaps=("mlqa", "mlqa-r"), published="https://github.com/facebookresearch/MLQA",
        form="test-context-de-question-de.json, ...", read=_squad("mlqa", layouts.MLQA, "test"),
    ),
    entry(
        "mkqa", title="MKQA, question to question", languages="26 (12 and 2 as MIA-2022 splits it)",
        task="question -> its translations", licence="CC BY-SA 3.0", metrics=("EM", "F1"),
        overlaps=NQ, published="https://github.com/apple/ml-mkqa",
        form="mkqa.jsonl.gz, or mkqa_mia2022.jsonl.gz",
        read=lambda data, request: mkqa(data, request.split, request.languages),
    ),
    *(
        entry(
            name, title=f"MKQA's questions, an NQ or Wikipedia passage set, gold by {by}",
            languages="26 -> en", task="question -> passage", licence="CC BY-SA 3.0",
            metrics=metrics, overlaps=NQ,
            published="https://github.com/apple/ml-mkqa, and BEIR's nq",
            form="mkqa.jsonl.gz, corpus.jsonl.gz" + more, read=_nq(by), splits=by == "passage",
        )
        for name, by, metrics, more in (
            ("nq-crosslingual", "passage", ("nDCG@10", "R@100"), ", queries.jsonl, qrels/test.tsv"),
            ("nq-crosslingual-answers", "answer", ("R@100", "hit@1"), " or psgs_w100.tsv.gz"),
        )
    ),
    entry(
        "neuclir", title="TREC NeuCLIR, topics of 2022 or 2023",
        languages="en fa ru zh -> fa ru zh", task="topic -> news",
        licence="ODC-BY (Common Crawl's terms)", metrics=("nDCG@20", "R@1000"),
        overlaps=("neuclir", "hc4"), published="https://neuclir.github.io",
        form="topics.0720.utf8.jsonl, 2022-qrels.all, data/fas-00000-of-00001.jsonl.gz, ...; of"
        " 2023 neuclir-2023-topics.0605.jsonl, qrels.final.gains",
        read=_trec("neuclir", layouts.NEUCLIR),
        otherwise=lambda request: from_ir_datasets(
            {x: f"neuclir/1/{x}/trec-{request.split or '2022'}" for x in ("fa", "ru", "zh")},
            "neuclir", request.languages, aligned=True,
        ),
    ),
    entry(
        "ciral", title="CIRAL", languages="en ha so sw yo -> ha so sw yo",
        task="question -> news passage", licence="Apache-2.0",
        metrics=("nDCG@20", "R@100"), overlaps=("ciral",),
        published="https://huggingface.co/datasets/CIRAL/ciral",
        form="topics.ciral-v1.0-<lang>-test-b.tsv, qrels.ciral-v1.0-<lang>-test-b.tsv,"
        " hausa_passages.jsonl ..., in any folders",
        read=_trec("ciral", layouts.CIRAL),
        otherwise=_hub(
            "ciral", {"CIRAL/ciral": ("ciral-*/*",), "CIRAL/ciral-corpus": ("passages-v1.0/*",)},
            _trec("ciral", layouts.CIRAL),
        ),
    ),
    *(
        entry(
            name, title="AfriQA, its gold passages as corpus" + more,
            languages="bem fon ha ig rw sw tw yo zu -> en fr", task="question -> Wikipedia passage",
            licence="CC BY 4.0 (Wikipedia: CC BY-SA 3.0)", metrics=("R@10", "EM", "F1"),
            overlaps=("afriqa",), published="https://github.com/masakhane-io/afriqa",
            form="data/gold_passages of the repository, or afriqa_gold.jsonl.gz",
            read=lambda data, request, pivot=pivot: afriqa(  # type: ignore[misc]
                data, request.split or "test", pivot, request.languages
            ),
        )
        for name, pivot, more in (
            ("afriqa", False, ""),
            ("afriqa-pivot", True, "; en and fr ask too, in translation"),
        )
    ),
    entry(
        "webfaq", title="WebFAQ retrieval", languages="49", task="question -> its answer",
        licence="CC BY 4.0", metrics=("nDCG@10",), overlaps=("webfaq", "mfaq"),
        published="https://huggingface.co/datasets/PaDaS-Lab/webfaq-retrieval",
        form="BEIR folders, one a language, named by its code",
        read=lambda data, request: beir(
            data, split=request.split or "test", name="webfaq", language=None,
            languages=request.languages, aligned=False, blank="keep", unknown="skip",
        ),
        otherwise=lambda request: from_mteb(
            "WebFAQRetrieval", "webfaq", request.split, request.languages, aligned=False
        ),
    ),
    *SENTENCES,
    entry(
        "parallel", title="one's own parallel rows", languages="those there",
        task="query -> its passage", licence="its own", metrics=("mAP",), overlaps=(),
        published="none", form="rows as `lingweave train` takes them",
        read=lambda data, request: parallel([data]), splits=False,
    ),
    _generated("atlas", "test"),
    _generated("atlas-validation", "validation"),
)  # fmt: skip
