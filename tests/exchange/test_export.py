"""Other tools' formats: our figures by their tools, and texts that come back as they were."""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import ir_measures
import numpy as np
import pytest
from data import benchmark, lareqa_folder
from ir_measures import AP, RR, R, nDCG
from test_ranks import integer_scores

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.cli import main
from lingweave.encoders.scores import Scores
from lingweave.encoders.tfidf import tfidf_scores
from lingweave.errors import LingweaveError
from lingweave.evaluate import Evaluation, evaluate
from lingweave.evaluate import again as run_module
from lingweave.evaluate.again import benchmark_of
from lingweave.exchange.beir import write_beir
from lingweave.exchange.lists import Ask, asks, ranked, sampled
from lingweave.exchange.mteb import write_mteb
from lingweave.exchange.trec import Ids, open_runs, token, write_qrels
from lingweave.judgements import judgements_of
from lingweave.sources.beir import beir
from lingweave.sources.lareqa import lareqa
from lingweave.sources.named import Request

SETTINGS = ["mono", "cross", "multi"]
MEASURES = (AP, nDCG @ 10, R @ 1, R @ 10, RR @ 10)
OURS = ("mAP", "nDCG@10", "R@1", "R@10", "MRR@10")


def by_tool(qrels: Path, run: Path) -> dict[str, dict[Any, float]]:
    """What ir_measures makes of two files, by query."""
    values: dict[str, dict[Any, float]] = defaultdict(dict)
    read = ir_measures.read_trec_qrels(str(qrels)), ir_measures.read_trec_run(str(run))
    for value in ir_measures.iter_calc(MEASURES, *map(list, read)):
        values[value.query_id][value.measure] = value.value
    return values


def by_us(evaluation: Evaluation) -> dict[str, list[float]]:
    """Our values by the query ids of the files."""
    names, ids = evaluation.languages, evaluation.query_ids
    pairs, pools = evaluation.per_query()
    columns = [[*evaluation.macro["multi"]].index(name) for name in OURS]
    found = {}
    for x, q, values in zip(pools.query_language, pools.query, pools.values, strict=True):
        found[f"multi {names[x]}/{ids[q]}"] = values[columns].tolist()
    for x, y, q, values in zip(
        pairs.query_language, pairs.passage_language, pairs.query, pairs.values, strict=True
    ):
        where = f"mono {names[x]}" if x == y else f"cross {names[x]}:{names[y]}"
        found[f"{where}/{ids[q]}"] = values[columns].tolist()
    return found


@pytest.mark.parametrize("ties", ["pessimistic", "optimistic", "index"])
@pytest.mark.parametrize("seed", range(3))
def test_other_tools_give_our_figures(tmp_path: Path, seed: int, ties: str) -> None:
    made = benchmark(seed)
    values = integer_scores(made, seed, 4)
    scores = Scores(lambda x, rows: values[x][rows].copy(), None, {})
    expected = by_us(evaluate(made, scores, ties))
    judgements = judgements_of(made)
    ids = Ids(made, judgements)
    wanted = list(asks(judgements, SETTINGS))
    with open_runs(ids, real=False) as runs:
        for one in ranked(scores, judgements, wanted, ties, lambda ask: None):
            runs.write(tmp_path / f"{one.ask.setting}.run.gz", one)
    checked = 0
    for setting in {ask.setting for ask in wanted}:
        qrels = tmp_path / f"{setting}.qrels"
        write_qrels(qrels, [ask for ask in wanted if ask.setting == setting], ids, judgements)
        for query, values_of in by_tool(qrels, tmp_path / f"{setting}.run.gz").items():
            ours = expected[f"{setting} {query}"]
            np.testing.assert_allclose([values_of[m] for m in MEASURES], ours, atol=1e-6)
            checked += 1
    assert checked == len(expected) == len(wanted)


@pytest.mark.parametrize("ties", ["pessimistic", "optimistic", "index"])
def test_a_head_is_the_head_of_the_whole_list(ties: str) -> None:
    made = benchmark(5)
    values = integer_scores(made, 5, 3)
    scores = Scores(lambda x, rows: values[x][rows].copy(), None, {})
    judgements = judgements_of(made)
    wanted = list(asks(judgements, SETTINGS))
    whole = ranked(scores, judgements, wanted, ties, lambda ask: None)
    heads = ranked(scores, judgements, wanted, ties, lambda ask: 4)
    for long, short in zip(whole, heads, strict=True):
        assert long.ask == short.ask
        np.testing.assert_array_equal(long.positions[:4], short.positions)
        np.testing.assert_array_equal(long.scores[:4], short.scores)
        assert len(long.positions) == len(set(long.positions.tolist()))


def test_identical_candidates_tie_in_lists_too() -> None:
    made = Benchmark(
        "b", {"en": Texts(("q",), ("q",))}, {"en": Texts(("a", "b", "c"), ("x", "y", "x"))},
        (Gold("q", "en", "a"),),
    )  # fmt: skip
    rounded = np.array([[0.5, 0.4, np.nextafter(np.float32(0.5), np.float32(1))]], np.float32)
    scores = Scores(lambda x, rows: rounded[rows].copy(), np.array([0, 1, 0]), {})
    judgements = judgements_of(made)
    wanted = list(asks(judgements, ["multi"]))
    (index,) = ranked(scores, judgements, wanted, "index", lambda ask: None)
    (late,) = ranked(scores, judgements, wanted, "pessimistic", lambda ask: None)
    assert index.positions.tolist() == [0, 2, 1]
    assert late.positions.tolist() == [2, 0, 1]


def test_a_sample_is_the_same_queries_everywhere() -> None:
    wanted = [Ask("multi", x, q, None) for x in range(3) for q in range(40) if q % (x + 1) == 0]
    drawn = sampled(wanted, 10, 7)
    assert Counter(ask.query_language for ask in drawn) == {0: 10, 1: 10, 2: 10}
    assert drawn == sampled(wanted[::-1], 10, 7)
    assert drawn != sampled(wanted, 10, 8)
    first = {ask.query for ask in drawn if ask.query_language == 0}
    both = {ask.query for ask in drawn if ask.query_language == 1}
    assert {query for query in first if query % 2 == 0} <= both
    assert len(sampled(wanted, 100, 0)) == len(wanted)


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluated")
    lareqa_folder(folder / "data")
    words = ["--data", str(folder / "data"), "--encoder", "tfidf", "--out", str(folder / "out")]
    assert main(["evaluate", *words]) == 0
    return folder


def exported(evaluated: Path, to: Path, *words: str) -> Path:
    given = [str(evaluated / "out"), "--to", str(to), "--data", str(evaluated / "data")]
    assert main(["export", *given, *words]) == 0
    return to


def mean_of_languages(values: dict[str, dict[Any, float]], measure: Any) -> float:
    by_language: dict[str, list[float]] = defaultdict(list)
    for query, of_query in values.items():
        by_language[query.split("/")[0].split(":")[0]].append(of_query[measure])
    return float(np.mean([np.mean(some) for some in by_language.values()]))


def test_the_command_writes_qrels_and_runs(evaluated: Path, tmp_path: Path) -> None:
    words = ["--encoder", "tfidf", "--settings", *SETTINGS, "--depth", "5"]
    to = exported(evaluated, tmp_path / "a", *words, "--sample", "50")
    macro = Evaluation.open(evaluated / "out").macro
    for setting in SETTINGS:
        values = by_tool(to / f"{setting}.sample.qrels", to / f"{setting}.sample.run.gz")
        found = mean_of_languages(values, AP)
        assert found == pytest.approx(macro[setting]["mAP"], abs=1e-6)
        head = by_tool(to / f"{setting}.qrels", to / f"{setting}.top5.run.gz")
        found = mean_of_languages(head, R @ 1)
        assert found == pytest.approx(macro[setting]["R@1"], abs=1e-6)
    few = exported(evaluated, tmp_path / "b", *words, "--sample", "2", "--scores", "real")
    assert len(by_tool(few / "multi.sample.qrels", few / "multi.sample.run.gz")) == 6
    lines = gzip.decompress((few / "multi.top5.run.gz").read_bytes()).decode().splitlines()
    assert len(lines) == 18 * 5
    assert 0 < float(lines[0].split()[4]) <= 1.000001
    assert json.loads((few / "export.json").read_text())["sample"]["seed"] == 0
    again = exported(evaluated, tmp_path / "c", *words, "--sample", "2", "--scores", "real")
    for path in few.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes()


def test_without_the_encoder_what_is_kept_is_written(evaluated: Path, tmp_path: Path) -> None:
    to = exported(evaluated, tmp_path / "a")
    values = by_tool(to / "multi.qrels", to / "multi.top100.run")
    evaluation = Evaluation.open(evaluated / "out")
    # The pool holds 27 passages, so that even whole lists are kept; equals stand in pool order.
    pools = evaluation.per_query("index")[1]
    by_language = [
        pools.values[pools.query_language == x, 0].mean() for x in np.unique(pools.query_language)
    ]
    assert mean_of_languages(values, AP) == pytest.approx(np.mean(by_language), abs=1e-6)


def test_a_beir_folder_gives_the_same_figures(evaluated: Path, tmp_path: Path) -> None:
    to = exported(evaluated, tmp_path / "a", "--format", "beir")
    made = beir(to, language=None)
    assert made.languages == ("de", "en", "th")
    macro = Evaluation.open(evaluated / "out").macro
    assert evaluate(made, tfidf_scores(made)).macro == macro
    rows = [json.loads(line) for line in (to / "queries.jsonl").read_text().splitlines()]
    assert {row["question"] for row in rows if row["lang"] == "th"} == {
        row["question"] for row in rows if row["lang"] == "de"
    }


def test_a_beir_folder_is_read_again_as_it_was(evaluated: Path, tmp_path: Path) -> None:
    folder = exported(evaluated, tmp_path / "beir", "--format", "beir")
    words = ["--benchmark", f"beir:{folder}", "--encoder", "random", "--out", str(tmp_path / "o")]
    assert main(["evaluate", *words]) == 0
    assert main(["export", str(tmp_path / "o"), "--to", str(tmp_path / "to")]) == 0
    # 18 queries with a gold passage in each of three languages.
    assert len((tmp_path / "to" / "multi.qrels").read_text().splitlines()) == 54


def test_benchmarks_that_are_made_by_their_languages(
    evaluated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation = Evaluation.open(evaluated / "out")
    made = lareqa(evaluated / "data")
    asked: list[Any] = []

    class Made:
        def load(self, request: Request) -> Benchmark:
            asked.append(request.languages)
            if request.languages is None:
                raise LingweaveError("which languages?")
            return made

    monkeypatch.setattr(run_module, "named", lambda name: Made())
    assert benchmark_of(evaluation, None).languages == made.languages
    assert asked == [["de", "en", "th"]]


def test_benchmarks_that_are_others_where_languages_are_named(
    evaluated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation = Evaluation.open(evaluated / "out")
    made = lareqa(evaluated / "data")

    class Made:
        def load(self, request: Request) -> Benchmark:
            return made if request.languages is None else replace(made, source={"other": "one"})

    monkeypatch.setattr(run_module, "named", lambda name: Made())
    assert benchmark_of(evaluation, None).source == made.source


def test_a_generated_benchmark_is_made_again_by_its_seed(
    evaluated: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = lareqa(evaluated / "data")

    def atlas(split: str, languages: Iterable[str], seed: int) -> Benchmark:
        return replace(made, source={"seed": str(seed)})

    monkeypatch.setattr("lingweave.sources.entries.atlas_benchmark", atlas)
    words = ["--benchmark", "atlas", "--seed", "5", "--encoder", "tfidf"]
    assert main(["evaluate", *words, "--out", str(tmp_path / "o")]) == 0
    export = ["export", str(tmp_path / "o"), "--format", "beir", "--to"]
    assert main([*export, str(tmp_path / "a")]) == 0
    capsys.readouterr()
    assert main([*export, str(tmp_path / "b"), "--seed", "6"]) == 2
    said = capsys.readouterr().err
    assert "atlas: is not the data that the evaluation was made on" in said
    assert "None" not in said
    whole = ["--encoder", "tfidf", "--to", str(tmp_path / "c")]
    assert main(["export", str(tmp_path / "o"), *whole]) == 0


def test_a_beir_folder_keeps_every_gold_and_odd_ids(tmp_path: Path) -> None:
    made = Benchmark(
        "b",
        {"de": Texts(("q 1", "q%201"), ("wo?", "wer?"))},
        {"de": Texts(("p\t1",), ("hier",)), "en": Texts(("p\t1",), ("here\nnow",))},
        (Gold("q 1", "de", "p\t1", 2), Gold("q%201", "en", "p\t1"), Gold("q 1", "en", "p\t1", 0)),
    )
    write_beir(tmp_path / "b", made)
    back = beir(tmp_path / "b", language=None)
    assert back.corpora["en"].texts[0] == "here\nnow"
    golds: Iterable[Gold] = back.gold
    assert {(g.query_id, g.passage_id, g.grade) for g in golds if g.grade} == {
        ("de/q%201", "de/p%091", 2),
        ("de/q%25201", "en/p%091", 1),
    }
    assert token("a\u2003b") != token("a b")


def mteb_file(evaluated: Path, to: Path) -> Path:
    exported(evaluated, to, "--format", "mteb")
    return to / "lareqa.json"


def test_an_mteb_results_file(evaluated: Path, tmp_path: Path) -> None:
    content = json.loads(mteb_file(evaluated, tmp_path / "a").read_text())
    summary = Evaluation.open(evaluated / "out").summary
    rows = {row["hf_subset"]: row for row in content["scores"]["test"]}
    assert len(rows) == 9 + 3
    figures = summary["pairs"]["de"]["th"]
    assert rows["de-th"]["main_score"] == rows["de-th"]["ndcg_at_10"] == figures["nDCG@10"]
    assert rows["de-th"]["languages"] == ["deu-Latn", "tha-Thai"]
    assert rows["th"]["languages"] == ["tha-Thai"]
    assert rows["th-pool"]["map"] == summary["per_language"]["th"]["multi"]["mAP"]


def test_a_language_without_a_code_of_three_letters_is_exported_too(tmp_path: Path) -> None:
    sides = {x: Texts(("1", "2"), (f"{x} a", f"{x} b")) for x in ("de", "x-own")}
    gold = tuple(Gold(id, x, id) for x in sides for id in ("1", "2"))
    made = Benchmark("b", sides, sides, gold)
    written = write_mteb(tmp_path, evaluate(made, tfidf_scores(made)))
    rows = {
        row["hf_subset"]: row["languages"]
        for row in json.loads(written.read_text())["scores"]["test"]
    }
    assert rows["x-own"] == ["und-Zzzz"]
    assert rows["de-x-own"] == ["deu-Latn", "und-Zzzz"]


@pytest.mark.slow
def test_mteb_reads_its_results_file(evaluated: Path, tmp_path: Path) -> None:
    from mteb.results import TaskResult

    result = TaskResult.from_disk(mteb_file(evaluated, tmp_path / "a"), load_historic_data=False)
    pairs = Evaluation.open(evaluated / "out").summary["pairs"]
    assert result.get_score(languages=["deu"]) > 0
    assert result.only_main_score().scores["test"][0]["main_score"] == pairs["de"]["de"]["nDCG@10"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "give the folder of one evaluation"),
        (["OUT", "OUT"], "give the folder of one evaluation"),
        (["OUT", "--format", "mteb", "--encoder", "tfidf"], "needs no encoder"),
        (["OUT", "--settings", "other"], "--settings other: choose from mono, cross, multi"),
        (["OUT", "--depth", "0"], "--depth 0: must be 1 or more"),
        (["OUT", "--sample-seed", "-1"], "--sample_seed -1: must be 0 or more"),
        (["OUT", "--encoder", "random", "--seed", "-1"], "--seed -1: must be 0 or more"),
        (["OUT", "--settings", "cross"], "--settings: goes with --format trec and the options of"),
        (["OUT", "--depth", "50"], "--depth: goes with --format trec"),
        (["OUT", "--format", "beir", "--sample", "5"], "--sample: goes with --format trec"),
        (["OUT", "--scores", "real"], "--scores: goes with --format trec"),
        (["OUT", "--encoder", "bm25", "--data", "DATA"], "with another encoder: encoder differ"),
        (["OUT", "--data", "OTHER"], "is not the data that the evaluation was made on"),
        (["OUT", "--to", "DATA"], "holds something; choose a new folder"),
        (["DATA"], "holds no evaluation.json"),
    ],
)
def test_mistakes(
    evaluated: Path,
    tmp_path: Path,
    words: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = lareqa_folder(tmp_path / "other", ("de", "en", "th"))
    (other / "de.json").write_text((other / "de.json").read_text().replace("sky", "sea"))
    places = {"OUT": evaluated / "out", "DATA": evaluated / "data", "OTHER": other}
    given = [str(places.get(word, word)) for word in words]
    if "--to" not in words:
        given += ["--to", str(tmp_path / "to")]
    capsys.readouterr()
    assert main(["export", *given]) == 2
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1
    assert not (tmp_path / "to").exists()
