"""`lingweave audit` from files to figures and a page."""

import json
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from audit.words import WORDS
from data import lareqa_folder
from served import Served, serving
from tiny import tiny_model

from lingweave.audit.audit import audit_json
from lingweave.audit.config import AuditConfig
from lingweave.audit.run import _vectors, audit
from lingweave.cli import main
from lingweave.encoders.random_vectors import RandomVectors
from lingweave.errors import LingweaveError
from lingweave.evaluate import Evaluation
from lingweave.evaluate.again import benchmark_of
from lingweave.exchange.config import ExportConfig
from lingweave.exchange.run import export


@pytest.fixture
def drawn_by_others(monkeypatch):
    """No page, where a test is not about it: it takes most of an audit's time."""
    monkeypatch.setattr("lingweave.audit.page.page", lambda found: "")


def given(files, out, **options):
    fields = {"corpus": [str(files / "documents.jsonl")], "queries": [str(files / "queries.jsonl")],
              "qrels": [str(files / "qrels.txt")], "out": out, "resamples": 50}  # fmt: skip
    return AuditConfig(**fields | options)


def figures(found):
    """All figures of an audit, without what tells one run from another."""
    told = audit_json(found)
    return {name: told[name] for name in ("documents", "queries", "separability")} | {
        part: [one["mean"] for one in told[part]["bias"]] for part in ("judged", "probes")
    }


def test_judged_files_give_figures_and_a_page(files, tmp_path, capsys):
    words = ["audit", "--corpus", str(files / "documents.jsonl"), "--queries",
             str(files / "queries.jsonl"), "--qrels", str(files / "qrels.txt"),
             "--encoder", "random", "--out", str(tmp_path / "a"), "--resamples", "50"]  # fmt: skip
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "72 documents, 3 languages" in said
    assert "Who is favoured?" in said
    told = json.loads((tmp_path / "a" / "audit.json").read_text())
    assert told["documents"] == {"de": 24, "en": 24, "sw": 24}
    by_name = {one["name"]: one for one in told["judged"]["bias"]}
    # Vectors drawn at random know no language: the interval holds the level of chance.
    first = by_name["same_language_first"]
    assert first["low"] < first["chance"] < first["high"]
    assert told["separability"]["chance"] == pytest.approx(1 / 3)
    assert told["probes"]["comparison"]["queries"] > 0
    page = (tmp_path / "a" / "audit.html").read_text()
    for piece in ("Swahili (sw)", "What was found", "By language pair", "The space", "probe"):
        assert piece in page
    assert not re.search(r'(?:src|href)="(?!#|data:)', page)  # Nothing is fetched.


def test_without_judgements_and_languages_the_first_places_tell(files, tmp_path):
    found = audit(
        given(
            files,
            tmp_path / "a",
            encoder="tfidf",
            qrels=None,
            corpus=[str(files / "documents.bare.jsonl")],
            queries=[str(files / "queries.bare.jsonl")],
        )
    )
    assert found.judged is None
    assert set(found.benchmark.corpora) >= {"de", "en"}
    own = {one.figure.name: one for one in found.heads}["own_language_share_at_10"]
    # Shared letters are what TF-IDF knows: it stays in the query's language.
    assert own.value.low > own.chance
    assert found.separability is None
    assert "no judgements" in (tmp_path / "a" / "audit.html").read_text()


def test_shares_are_those_of_ones_own_queries_and_not_of_probes(files, tmp_path, drawn_by_others):
    found = audit(given(files, tmp_path / "a", encoder="random", qrels=None))
    by_name = {one.figure.name: one for one in found.figures}
    heads = {one.figure.name: one for one in found.heads}
    assert by_name["language_share_at_10"] is heads["language_share_at_10"]
    assert "rank_distance" in by_name  # Of the probes: queries without judgements do not tell it.


def test_what_was_found_on_other_texts_is_not_taken_for_new(files, tmp_path, drawn_by_others):
    options = {"encoder": "random", "qrels": None, "queries": None}
    rows = [{"id": n, "lang": x, "text": f"{WORDS[x]} {n}"} for n in range(3) for x in WORDS]
    probes = [tmp_path / "p1.jsonl", tmp_path / "p2.jsonl"]
    for n, path in enumerate(probes):
        path.write_text("\n".join(json.dumps(row) for row in rows[n:]) + "\n")
    audit(given(files, tmp_path / "a", probes=probes[0], **options))
    audit(given(files, tmp_path / "a", probes=probes[0], **options))
    with pytest.raises(LingweaveError, match="differs in"):
        audit(given(files, tmp_path / "a", probes=probes[1], **options))


def test_documents_alone_are_audited_with_probes(files, tmp_path):
    found = audit(given(files, tmp_path / "a", encoder="random", queries=None, qrels=None))
    assert found.judged is None
    assert not found.heads
    assert found.probed is not None
    assert found.main.comparison.languages == ("de", "en", "sw")


def test_own_statements_take_the_place_of_the_built_in_ones(files, tmp_path, drawn_by_others):
    rows = [{"id": n, "lang": x, "text": f"{WORDS[x]} {n}"} for n in range(3) for x in WORDS]
    path = tmp_path / "probes.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    found = audit(given(files, tmp_path / "a", encoder="random", probes=path))
    assert len(found.probed.evaluation.query_ids) == 9


def test_a_folder_and_the_endpoint_that_serves_it_give_the_same(files, tmp_path, drawn_by_others):
    from sentence_transformers import SentenceTransformer

    folder = tiny_model(tmp_path / "tiny")
    model = SentenceTransformer(str(folder), device="cpu")
    here = audit(given(files, tmp_path / "here", model=str(folder), device="cpu", progress=False))
    with serving(Served(lambda texts: model.encode(list(texts), prompt=""))) as served:
        there = audit(
            given(
                files,
                tmp_path / "there",
                model="tiny",
                endpoint=served.url,
                progress=False,
                query_prompt="Query: ",
                passage_prompt="Passage: ",
            )
        )
        once = served.texts.copy()
        audit(given(files, tmp_path / "there", model="tiny", endpoint=served.url, progress=False,
                    query_prompt="Query: ", passage_prompt="Passage: "))  # fmt: skip
        assert served.texts == once
    one, other = figures(here), figures(there)
    assert one["judged"] == pytest.approx(other["judged"], nan_ok=True)
    assert one["probes"] == pytest.approx(other["probes"], nan_ok=True)


def test_the_pivot_is_known_by_any_of_its_names_or_said_to_be_absent(
    files, tmp_path, drawn_by_others
):
    options = {"encoder": "random", "probe": False, "debias": False}
    there = audit(given(files, tmp_path / "a", pivot="EN", **options))
    assert "direction_to_en" in {one.figure.name for one in there.judged.bias}
    assert not there.notes
    absent = audit(given(files, tmp_path / "a", pivot="th", **options))
    assert any("No directions to th" in note for note in absent.notes)


def test_an_evaluation_of_a_benchmark_is_read_again_and_one_of_ones_own_files_says_why_not(
    files, tmp_path, drawn_by_others
):
    data = lareqa_folder(tmp_path / "data", ("de", "en"))
    options = {"encoder": "random", "probe": False, "debias": False, "resamples": 5}
    found = audit(AuditConfig(benchmark="lareqa", data=data, out=tmp_path / "a", **options))
    evaluation = str(tmp_path / "a" / "evaluation")
    export(ExportConfig([evaluation], to=tmp_path / "beir", format="beir", data=data))
    export(ExportConfig([evaluation], to=tmp_path / "trec", data=data, encoder="random"))
    asked = Evaluation.open(tmp_path / "a" / "evaluation")
    assert benchmark_of(asked, data).gold == found.benchmark.gold
    audit(given(files, tmp_path / "b", **options))
    with pytest.raises(LingweaveError, match="does not say how its benchmark is read"):
        benchmark_of(Evaluation.open(tmp_path / "b" / "evaluation"), None)


def test_what_has_no_language_or_no_text_is_searched_and_not_learned_from(
    tmp_path, drawn_by_others
):
    rows = [{"_id": f"{x}{n}", "text": f"{WORDS[x]} {n}", "lang": x} for n in range(3) for x in
            ("de", "en")]  # fmt: skip
    rows += [{"_id": "n1", "text": "12"}, {"_id": "n2", "text": "34"},
             {"_id": "e", "text": "", "lang": "en"}]  # fmt: skip
    (tmp_path / "docs.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "queries.jsonl").write_text(json.dumps(rows[0] | {"_id": "q"}))
    (tmp_path / "qrels.txt").write_text("q 0 de0 1\nq 0 n1 1\n")
    config = AuditConfig(
        corpus=[str(tmp_path / "docs.jsonl")],
        queries=[str(tmp_path / "queries.jsonl")],
        qrels=[str(tmp_path / "qrels.txt")],
        encoder="random",
        probe=False,
        resamples=5,
        out=tmp_path / "a",
    )
    found = audit(config)
    assert {y: len(side.ids) for y, side in found.benchmark.corpora.items()} == {
        "de": 3, "en": 4, "zxx": 2}  # fmt: skip
    (summary,) = found.judged.comparison.arm("means removed").summaries
    assert summary["provenance"]["encoder"]["debias"]["texts"] == {"de": 3, "en": 3}
    assert {y: len(points) for y, points in found.points.items()} == {"de": 3, "en": 3}
    assert _vectors(config, found.benchmark.select(["zxx"]), RandomVectors(0), 10) == {}


@pytest.mark.slow
def test_killed_midway_it_encodes_nothing_twice(files, tmp_path):
    vectors = np.random.default_rng(0).normal(size=(1000, 8))

    def slow(texts):
        time.sleep(0.2)
        return np.stack([vectors[hash(text) % 1000] for text in texts])

    with serving(Served(slow)) as served:
        words = ["audit", "--corpus", str(files / "documents.jsonl"), "--endpoint", served.url,
                 "--model", "tiny", "--out", str(tmp_path / "a"), "--batch-size", "4",
                 "--concurrency", "1", "--resamples", "20", "--query-prompt", "q: "]  # fmt: skip
        started = subprocess.Popen([sys.executable, "-m", "lingweave.cli", *words])
        while sum(served.texts.values()) < 40:
            time.sleep(0.05)
        started.send_signal(signal.SIGKILL)
        started.wait()
        assert main(words) == 0
        twice = [text for text, count in served.texts.items() if count > 1]
    # One batch may have been in flight, and the probe of an endpoint is one text.
    assert len(twice) <= 4 + 1
