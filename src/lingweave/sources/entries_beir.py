"""The catalogue's BEIR sets (Thakur et al., arXiv 2104.08663) and their translations."""

from collections.abc import Callable
from pathlib import Path

from lingweave.benchmark import Benchmark
from lingweave.errors import LingweaveError
from lingweave.sources.beir import beir
from lingweave.sources.ir_datasets import from_ir_datasets
from lingweave.sources.mteb import from_mteb
from lingweave.sources.named import Named, Request, entry

FORM = "a BEIR folder: corpus.jsonl, queries.jsonl, qrels/<split>.tsv, .gz or not"
FORMS = "BEIR folders, one a language, named by its code"

# Name -> the set in ir_datasets, what it is, its licence, the data sets that share its texts.
_FORUMS = ("android", "english", "gaming", "gis", "mathematica", "physics", "programmers", "stats",
           "tex", "unix", "webmasters", "wordpress")  # fmt: skip
_SETS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "arguana": ("arguana", "argument -> counter-argument", "CC BY 4.0", ("arguana",)),
    "climate-fever": (
        "climate-fever", "claim -> Wikipedia", "not stated", ("climate-fever", "fever")),
    "dbpedia-entity": ("dbpedia-entity/test", "query -> entity", "CC BY-SA 3.0", ("dbpedia",)),
    "fever": ("fever/test", "claim -> Wikipedia", "CC BY-SA 3.0", ("fever",)),
    "fiqa": ("fiqa/test", "finance question -> answer", "not stated", ("fiqa",)),
    "hotpotqa": ("hotpotqa/test", "question -> Wikipedia", "CC BY-SA 4.0", ("hotpotqa",)),
    "msmarco": ("msmarco/dev", "web query -> passage", "non-commercial research",
                ("msmarco", "mmarco")),
    "nfcorpus": ("nfcorpus/test", "health query -> article", "not stated", ("nfcorpus",)),
    "nq": ("nq", "question -> Wikipedia", "CC BY-SA 3.0", ("nq", "natural-questions")),
    "quora": ("quora/test", "question -> its duplicate", "not stated", ("quora",)),
    "scidocs": ("scidocs", "paper -> cited paper", "GPL-3.0", ("scidocs", "s2orc")),
    "scifact": ("scifact/test", "claim -> abstract", "CC BY-NC 2.0", ("scifact",)),
    "trec-covid": ("trec-covid", "topic -> article", "Dataset License Agreement", ("cord-19",)),
    "webis-touche2020": ("webis-touche2020/v2", "question -> argument", "CC BY 4.0", ("touche",)),
    **{
        f"cqadupstack-{forum}": (f"cqadupstack/{forum}", "question -> its duplicate",
                                 "Apache-2.0", ("cqadupstack", "stackexchange"))
        for forum in _FORUMS
    },
}  # fmt: skip

# Translations in mteb: family -> language, and the names of its tasks by the names above.
_CASE = {
    "arguana": "ArguAna", "climate-fever": "ClimateFEVER", "dbpedia-entity": "DBPedia",
    "fever": "FEVER", "fiqa": "FiQA2018", "hotpotqa": "HotpotQA", "msmarco": "MSMARCO",
    "nfcorpus": "NFCorpus", "nq": "NQ", "quora": "Quora", "scidocs": "SCIDOCS",
    "scifact": "SciFact", "trec-covid": "TRECCOVID", "webis-touche2020": "Touche2020",
}  # fmt: skip
_TRANSLATED: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "pl": ("Polish", "{}-PL", ("arguana", "dbpedia-entity", "fiqa", "hotpotqa", "msmarco",
           "nfcorpus", "nq", "quora", "scidocs", "scifact", "trec-covid", "webis-touche2020")),
    "nl": ("Dutch", "{}-NL", tuple(_CASE)),
    "fa": ("Persian", "{}-Fa", ("climate-fever", "dbpedia-entity", "hotpotqa", "msmarco",
           "nfcorpus", "nq")),
    "vi": ("Vietnamese", "{}-VN", tuple(_CASE)),
}  # fmt: skip
_TASKS = {("pl", "fiqa"): "FiQA-PL", ("nl", "msmarco"): "mMARCO-NL"}
_NANO = {
    **_CASE, "climate-fever": "ClimateFever", "webis-touche2020": "Touche2020",
}  # fmt: skip


def _read(name: str, language: str | None) -> Callable[[Path, Request], Benchmark]:
    return lambda data, request: beir(
        data,
        split=request.split or ("dev" if name == "beir-msmarco" else "test"),
        language=language,
        name=name,
        languages=request.languages,
        blank="keep",
        unknown="skip",
    )


def _original(short: str) -> Named:
    set, task, licence, overlaps = _SETS[short]
    name = f"beir-{short}"

    def otherwise(request: Request) -> Benchmark:
        base, _, own = set.rpartition("/")
        if own in ("dev", "test"):
            return from_ir_datasets(f"beir/{base}/{request.split or own}", name)
        if request.split not in (None, "test"):
            raise LingweaveError(f"--split {request.split}: ir_datasets has only test of {name}")
        return from_ir_datasets(f"beir/{set}", name)

    return entry(
        name,
        title=f"BEIR: {short}",
        languages="en",
        task=task,
        licence=licence,
        metrics=("nDCG@10", "R@100"),
        overlaps=overlaps,
        published="https://github.com/beir-cellar/beir",
        form=FORM,
        read=_read(name, "en"),
        otherwise=otherwise,
        family="beir-*",
    )


def _translation(code: str, short: str) -> Named:
    language, pattern, _ = _TRANSLATED[code]
    name = f"beir-{code}-{short}"
    task = _TASKS.get((code, short), pattern.format(_CASE[short]))
    return entry(
        name,
        title=f"BEIR in {language}: {short}",
        languages=code,
        task=_SETS[short][1],
        licence=f"as {short}: {_SETS[short][2]}",
        metrics=("nDCG@10", "R@100"),
        overlaps=_SETS[short][3],
        published=f"mteb task {task}",
        form=FORM,
        read=_read(name, code),
        otherwise=lambda request: from_mteb(task, name, request.split),
        family=f"beir-{code}-*",
    )


def _nano(short: str) -> Named:
    name = f"nano-beir-{short}"
    task = f"MultilingualNano{_NANO[short]}Retrieval"
    return entry(
        name,
        title=f"NanoBEIR in eleven languages: {short}",
        languages="ar de en es fr it ja ko no pt sv",
        task=f"{_SETS[short][1]} (50 queries)",
        licence="CC BY 4.0",
        metrics=("nDCG@10",),
        overlaps=_SETS[short][3],
        published=f"mteb task {task}",
        form=FORMS,
        read=_read(name, None),
        otherwise=lambda request: from_mteb(
            task, name, request.split, request.languages, aligned=True
        ),
        family="nano-beir-*",
    )


def _folders(name: str, title: str, languages: str, published: str) -> Named:
    return entry(
        name,
        title=title,
        languages=languages,
        task="as in BEIR",
        licence="as the original sets",
        metrics=("nDCG@10",),
        overlaps=("beir",),
        published=published,
        form=f"{FORM}; or {FORMS}",
        read=_read(name, languages if languages == "hi" else None),
    )


BEIR: tuple[Named, ...] = (
    *(_original(short) for short in _SETS),
    *(_nano(short) for short in _CASE if short != "trec-covid"),
    *(_translation(code, short) for code, (_, _, some) in _TRANSLATED.items() for short in some),
    _folders("hindi-beir", "Hindi-BEIR, one set at a time", "hi", "arXiv 2408.09437"),
    _folders(
        "bharat-nanobeir", "NanoBEIR in 21 languages of India, one set at a time",
        "as awa bho bn gu hi hne kn ks mag mai ml mni mr ne or pa sa ta te ur (those there)",
        "https://huggingface.co/carlfeynman (--split train)",
    ),
)  # fmt: skip
