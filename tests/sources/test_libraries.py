"""Benchmarks through mteb, ir_datasets and the hub: on stand-ins of the packages, and on the real
ones, which have no network here, for the one line that says so."""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import published as p
import pytest

from lingweave.benchmark import Benchmark, Gold
from lingweave.errors import LingweaveError
from lingweave.sources.catalogue import named
from lingweave.sources.ir_datasets import from_ir_datasets
from lingweave.sources.named import Request


class Task:
    """What a task of mteb has."""

    def __init__(
        self,
        eval_langs: Mapping[str, list[str]] | list[str],
        data: dict[str, Any],
        type: str = "Retrieval",
        **dataset: Any,
    ) -> None:
        self.metadata = SimpleNamespace(
            type=type, dataset={"path": "mteb/x", "revision": "r", **dataset}, license="cc-by-4.0",
            eval_splits=["test", "dev"], eval_langs=eval_langs,
        )  # fmt: skip
        self._data, self.dataset = data, {}

    def load_data(self) -> None:
        self.dataset = self._data


def retrieval(code: str, gold: str = "d0") -> dict[str, Any]:
    return {
        "test": {
            "corpus": [
                {"id": "d0", "title": "T", "text": f"{code} 0"},
                {"id": "d1", "title": None, "text": f"{code} 1"},
            ],
            "queries": [{"id": "q0", "text": f"{code} q?"}, {"id": "q1", "text": "no gold"}],
            "relevant_docs": {"q0": {gold: 1}},
        }
    }


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> dict[str, Task]:
    """The tasks that a stand-in of mteb knows."""
    known: dict[str, Task] = {}

    def get_task(name: str) -> Task:
        if name not in known:
            raise KeyError(f"KeyError: '{name}' not found")
        return known[name]

    module = ModuleType("mteb")
    module.get_task = get_task  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mteb", module)
    return known


def load(name: str, **request: Any) -> Benchmark:
    return named(name).load(Request(**request))


def test_a_task_in_one_language(tasks: dict[str, Task]) -> None:
    tasks["NQ-PL"] = Task(["pol-Latn"], {"default": retrieval("pl")})
    made = load("mteb:NQ-PL")
    assert list(made.corpora["pl"].texts) == ["T pl 0", "pl 1"]
    assert list(made.queries["pl"].ids) == ["q0"]
    assert made.gold == (Gold("q0", "pl", "d0"),)
    assert made.source["revision"] == "r"
    assert load("beir-pl-nq").name == "beir-pl-nq"


def test_a_task_in_several_languages(tasks: dict[str, Task]) -> None:
    langs = {"de": ["deu-Latn"], "ar": ["arb-Arab"]}
    same = {code: retrieval(code) for code in langs}
    tasks["MultilingualNanoNQRetrieval"] = Task(langs, same)
    assert list(load("nano-beir-nq").queries["de"].ids) == ["q0"]
    assert sorted(load("nano-beir-nq", languages=["de"]).queries) == ["de"]
    tasks["Apart"] = Task(langs, {"de": retrieval("de"), "ar": retrieval("ar", "d1")})
    assert load("mteb:Apart").queries["arb"].ids == ("arb/q0",)


def test_scripts_are_told_where_a_language_has_two(tasks: dict[str, Task]) -> None:
    langs = {x: [x.replace("_", "-")] for x in ("ace_Arab", "ace_Latn", "deu_Latn")}
    tasks["Two"] = Task(langs, {x: retrieval(x) for x in langs})
    assert sorted(load("mteb:Two").queries) == ["ace-Arab", "ace-Latn", "de"]


def test_a_subset_of_two_languages_has_documents_in_the_first(tasks: dict[str, Task]) -> None:
    langs = {"de-en": ["deu-Latn", "eng-Latn"]}
    tasks["Cross"] = Task(langs, {"de-en": retrieval("x")})
    made = load("mteb:Cross")
    assert (list(made.corpora), list(made.queries)) == (["de"], ["en"])


def test_bitext(tasks: dict[str, Task]) -> None:
    data = {"test": {"sentence1": ["eins", "zwei"], "sentence2": ["one", "two"]}}
    tasks["Tatoeba"] = Task(
        {"deu-eng": ["deu-Latn", "eng-Latn"]}, {"deu-eng": data}, "BitextMining"
    )
    made = load("tatoeba")
    assert list(made.queries["de"].texts) == ["eins", "zwei"]
    assert Gold("deu-eng/2", "en", "deu-eng/2") in made.gold
    parallel = Task(
        {"deu_Latn-eng_Latn": ["deu-Latn", "eng-Latn"]},
        {"test": {"deu_Latn": ["eins"], "eng_Latn": ["one"]}},
        "BitextMining",
    )
    parallel.parallel_subsets = True  # type: ignore[attr-defined]
    tasks["FloresBitextMining"] = parallel
    assert list(load("mteb:FloresBitextMining").corpora["en"].texts) == ["one"]


class Broken(Task):
    def load_data(self) -> None:
        raise ConnectionError("no\nnetwork")


def test_what_a_task_cannot_do_is_one_line(tasks: dict[str, Task]) -> None:
    tasks["Code"] = Task(["deu-Latn"], {}, trust_remote_code=True)
    tasks["STS"] = Task(["deu-Latn"], {}, "STS")
    tasks["Fine"] = Task({"de": ["deu-Latn"]}, {"de": retrieval("de")})
    tasks["Broken"] = Broken(["deu-Latn"], {})
    for name, request, message in (
        ("mteb:Absent", {}, "mteb:Absent: .*'Absent' not found"),
        ("mteb:Code", {}, "needs code from the hub, which is never run"),
        ("mteb:STS", {}, "a STS task; name a retrieval or bitext one"),
        ("mteb:Fine", {"split": "train"}, "no split 'train': choose from test, dev"),
        ("mteb:Fine", {"languages": ["fr"]}, "has none of the languages fr"),
        (
            "mteb:Broken",
            {},
            "mteb/x cannot be had .no network.: .* a local copy .a BEIR folder",
        ),
    ):
        with pytest.raises(LingweaveError, match=message) as caught:
            load(name, **request)
        assert "\n" not in str(caught.value)


def test_a_task_from_a_local_copy(tmp_path: Path) -> None:
    p.beir_folder(tmp_path / "de", "de")
    made = load("mteb:NQ-PL", data=tmp_path)
    assert made.gold[0] == Gold("q0", "de", "d0")


class Doc(NamedTuple):
    doc_id: str
    title: str
    text: str

    def default_text(self) -> str:
        return f"{self.title} {self.text}"


class Query(NamedTuple):
    query_id: str
    text: str

    def default_text(self) -> str:
        return self.text


class Set:
    """What a set of ir_datasets has."""

    def __init__(self, code: str | None, gold: str = "d0", whole: bool = True) -> None:
        self.code, self.gold, self.whole = code, gold, whole

    def has_docs(self) -> bool:
        return True

    def has_queries(self) -> bool:
        return self.whole

    has_qrels = has_queries

    def docs_lang(self) -> str | None:
        return self.code

    queries_lang = docs_lang

    def docs_iter(self) -> list[Doc]:
        return [Doc("d0", "T", "zero"), Doc("d1", "", "")]

    def queries_iter(self) -> list[Query]:
        return [Query("q0", "q?")]

    def qrels_iter(self) -> list[Any]:
        return [SimpleNamespace(query_id="q0", doc_id=self.gold, relevance=1)]


@pytest.fixture
def sets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Set]:
    """The sets that a stand-in of ir_datasets knows."""
    known: dict[str, Set] = {}
    module = ModuleType("ir_datasets")
    module.load = known.__getitem__  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ir_datasets", module)
    monkeypatch.setenv("LINGWEAVE_CACHE", str(tmp_path / "cache"))
    return known


def test_sets_of_ir_datasets(sets: dict[str, Set]) -> None:
    sets["beir/scifact/test"] = sets["own/x"] = Set("en")
    for name in ("beir-scifact", "ir_datasets:own/x"):
        made = load(name)
        assert list(made.corpora["en"].texts) == ["T zero", ""]
        assert made.gold == (Gold("q0", "en", "d0"),)
    for code in ("bn", "sw"):
        sets[f"mr-tydi/{code}/test"] = Set(code)
    made = load("mr-tydi", languages=["bn", "sw"])
    assert {code: list(side.ids) for code, side in made.queries.items()} == {
        "bn": ["bn/q0"], "sw": ["sw/q0"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "split", "id"),
    [
        ("beir-nq", "test", "nq"),
        ("beir-webis-touche2020", "test", "webis-touche2020/v2"),
        ("beir-cqadupstack-gis", "test", "cqadupstack/gis"),
        ("beir-fiqa", "dev", "fiqa/dev"),
        ("beir-msmarco", None, "msmarco/dev"),
        ("beir-msmarco", "test", "msmarco/test"),
    ],
)
def test_sets_have_splits_or_none(
    sets: dict[str, Set], name: str, split: str | None, id: str
) -> None:
    sets[f"beir/{id}"] = Set("en")
    assert load(name, split=split).source["ir_datasets"] == f"beir/{id}"


def test_a_split_that_a_set_does_not_have_is_one_line(sets: dict[str, Set]) -> None:
    sets["beir/nq"] = Set("en")
    with pytest.raises(LingweaveError, match="--split dev: ir_datasets has only test of beir-nq"):
        load("beir-nq", split="dev")
    with pytest.raises(LingweaveError, match="knows no such set"):
        load("beir-fiqa", split="nonsense")


def test_what_a_set_cannot_do_is_one_line(sets: dict[str, Set], tmp_path: Path) -> None:
    sets["mute"], sets["docs"] = Set(None), Set("en", whole=False)
    for name, message in (
        ("ir_datasets:absent", "ir_datasets knows no such set"),
        ("ir_datasets:mute", "does not tell its language"),
        ("ir_datasets:docs", "the set has no queries; name one of its splits"),
    ):
        with pytest.raises(LingweaveError, match=message):
            load(name)
    with pytest.raises(LingweaveError, match="give local files as beir:<folder>"):
        load("ir_datasets:docs", data=tmp_path)


@pytest.mark.parametrize("module", ["mteb", "ir_datasets"])
def test_a_package_that_is_not_installed(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(LingweaveError, match=f"needs the package {module}: pip install"):
        load(f"{module}:x")


def test_the_hub_offline_says_what_it_looked_for() -> None:
    for name, words in (
        ("belebele", r"data/\*.jsonl of the data set facebook/belebele .*deu_Latn.jsonl"),
        ("miracl", r"miracl-v1.0-sw/\* of the data set miracl/miracl .*topics.miracl"),
    ):
        with pytest.raises(LingweaveError, match=words) as caught:
            load(name, languages=["sw"])
        assert "give --data a local copy" in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_the_real_packages_offline_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, words in (
        ("beir-scifact", "ir_datasets:beir/scifact/test: cannot be had"),
        ("beir-pl-nq", "mteb:NQ-PL: mteb/NQ-PL cannot be had"),
        ("nano-beir-webis-touche2020", "MultilingualNanoTouche2020Retrieval cannot be had"),
        ("webfaq", "WebFAQRetrieval cannot be had"),
        ("tatoeba", "mteb/tatoeba-bitext-mining cannot be had"),
        ("mteb:BelebeleRetrieval", "mteb/belebele cannot be had"),
        ("ir_datasets:nosuch/set", "knows no such set"),
    ):
        with pytest.raises(LingweaveError, match=words) as caught:
            load(name, languages=["de", "en"] if name.startswith(("mteb", "tat")) else None)
        assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_every_task_and_set_of_the_catalogue_exists() -> None:
    import ir_datasets
    import mteb

    from lingweave.sources.entries_beir import BEIR

    known = {task.metadata.name for task in mteb.get_tasks(task_types=["Retrieval"])}
    for one in BEIR:
        if one.published.startswith("mteb task "):
            assert one.published.removeprefix("mteb task ") in known
    from lingweave.sources.entries_beir import _SETS

    for id, *_ in _SETS.values():
        assert ir_datasets.load(f"beir/{id}").has_qrels()


HUB_CARD = """---
configs:
- config_name: default
  data_files:
  - split: test
    path: judged.jsonl
- config_name: corpus
  data_files:
  - split: corpus
    path: corpus.jsonl
- config_name: queries
  data_files:
  - split: queries
    path: queries.jsonl
---
"""


@pytest.mark.slow
def test_a_real_task_of_mteb_on_a_folder_in_the_hubs_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mteb

    p.beir_folder(tmp_path)
    p.write(tmp_path / "README.md", HUB_CARD)
    rows = [("q0", "d0", 1), ("q1", "d2", 2)]
    names = ("query-id", "corpus-id", "score")
    p.jsonl(tmp_path / "judged.jsonl", [dict(zip(names, row, strict=True)) for row in rows])
    task: Any = mteb.get_task("NQ")
    monkeypatch.setitem(task.metadata.dataset, "path", str(tmp_path))
    monkeypatch.setattr(mteb, "get_task", lambda name: task)
    made = load("mteb:NQ")
    assert made.gold == load("beir-nq", data=tmp_path).gold
    assert made.corpora == load("beir-nq", data=tmp_path).corpora


@pytest.mark.slow
def test_a_real_set_of_ir_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ir_datasets

    monkeypatch.setenv("LINGWEAVE_CACHE", str(tmp_path / "cache"))
    files = {
        "docs_tsv": p.tsv(tmp_path / "docs.tsv", [("d0", "zero"), ("d1", "one")]),
        "queries_tsv": p.tsv(tmp_path / "queries.tsv", [("q0", "none?")]),
        "qrels_trec": p.write(tmp_path / "qrels.txt", "q0 0 d1 2\n"),
    }
    made = ir_datasets.create_dataset(**{k: str(v) for k, v in files.items()})
    ir_datasets.registry.register("lingweave-test", made)
    benchmark = from_ir_datasets("lingweave-test", language="en")
    assert list(benchmark.corpora["en"].texts) == ["zero", "one"]
    assert benchmark.gold == (Gold("q0", "en", "d1", 2),)
    with pytest.raises(LingweaveError, match="does not tell its language"):
        load("ir_datasets:lingweave-test")
