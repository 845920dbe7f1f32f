"""Planted texts are found, by every method and in every language, and others are left alone."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from data import shared_data

from lingweave.altering.altered import altered
from lingweave.altering.spec import Altered
from lingweave.benchmark import Benchmark, Texts
from lingweave.building.blocks import WHOLE, blocks
from lingweave.building.decontamination import (
    Articles,
    InBenchmark,
    Options,
    decontaminated,
    titles_of,
    with_evidence,
)
from lingweave.building.decontamination.report import Remains
from lingweave.errors import LingweaveError
from lingweave.sources.lareqa import xquad_r
from lingweave.sources.seen import seen_in
from lingweave.table.layout import latest
from tests.building.decontamination.planted import (
    CODES,
    Record,
    benchmark,
    changed,
    innocent,
    other_signs,
    sentence,
    table,
)


@pytest.fixture(scope="module")
def filter() -> InBenchmark:
    return InBenchmark(benchmark(0))


def methods(found: InBenchmark, records: list[Record]) -> list[set[str]]:
    """By record, the methods that found it."""
    made = table(records)
    by_row: list[set[str]] = [set() for _ in records]
    for block in blocks(made, records=7):
        verdicts = found(block)
        assert (verdicts.languages == WHOLE).all()
        for row, reason in zip(verdicts.rows, verdicts.reasons, strict=True):
            name, _, method = reason.rpartition(":")
            assert name == found.name
            by_row[row].add(method)
    return by_row


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("side", ["query", "passage"])
def test_planted_texts_are_found(filter: InBenchmark, code: str, side: str) -> None:
    rng = random.Random(f"{code} {side}")
    sides = filter.benchmark.queries if side == "query" else filter.benchmark.corpora
    texts = sides[code].texts
    plain = sentence(code, rng, 6)

    def planted(some: list[str]) -> list[Record]:
        # In a cell of another language and on the other side: any cell is looked at.
        return [
            {"sw": (plain, text)} if i % 2 else {code: (text, plain)} for i, text in enumerate(some)
        ]

    assert methods(filter, planted(list(texts))) == [{"exact"}] * len(texts)
    for change in (
        [text.upper() for text in texts],
        [text.casefold() for text in texts],
        [other_signs(text, rng) for text in texts],
    ):
        assert all(found & {"exact", "normalised"} for found in methods(filter, planted(change)))
    noisy = [changed(text, code, rng) for text in texts]
    kept = [text for text in noisy if text is not None]
    assert len(kept) > len(texts) / 2
    assert all(methods(filter, planted(kept)))


def test_innocent_records_are_left_alone(filter: InBenchmark) -> None:
    found = methods(filter, innocent(1, 60))
    assert not any(found)


def test_texts_inside_texts_are_found_both_ways(filter: InBenchmark) -> None:
    rng = random.Random(5)
    question = filter.benchmark.queries["en"].texts[0]
    passage = max(filter.benchmark.corpora["de"].texts, key=len)
    around = sentence("en", rng, 25) + " " + question.upper() + " " + sentence("en", rng, 25)
    part = " ".join(passage.split()[2:16])
    found = methods(
        filter,
        [
            {"en": (sentence("en", rng, 6), around)},
            {"de": (part, sentence("de", rng, 30))},
            {"de": (" ".join(passage.split()[2:7]), sentence("de", rng, 30))},
        ],
    )
    assert found == [{"contained"}, {"contained"}, set()]


def test_short_texts_are_found_as_they_are_alone() -> None:
    short = Benchmark("short", {"zh": Texts(("1", "2"), ("德", "…"))}, {}, ())
    found = methods(
        InBenchmark(short),
        [{"zh": (text, "北方的河流")} for text in ("德", "德。", "德国", "…", "!", "……")],
    )
    assert found == [{"exact"}, {"normalised"}, set(), {"exact"}, set(), set()]


def test_hard_negatives_are_looked_at(filter: InBenchmark) -> None:
    passage = filter.benchmark.corpora["hi"].texts[3]
    made = table(innocent(2, 3), negatives={(1, "hi"): ["नदी", passage]})
    done = decontaminated(made, filter)
    assert [some.rows.tolist() for some in done.verdicts] == [[1]]
    assert done.verdicts[0].details[0].startswith("negative in hi: ")
    assert done.report.by_language == {"hi": {"exact": 1}}


def test_passages_are_chosen(filter: InBenchmark) -> None:
    given = filter.benchmark
    more = Texts((*given.corpora["en"].ids, "far"), (*given.corpora["en"].texts, "A far passage."))
    with_far = Benchmark("far", given.queries, {**given.corpora, "en": more}, given.gold)
    records = [
        {"en": ("What is far?", text)}
        for text in ("A far passage.", given.corpora["en"].texts[0], given.queries["en"].texts[0])
    ]
    counts = {
        corpus: sum(map(bool, methods(InBenchmark(with_far, Options(corpus=corpus)), records)))
        for corpus in ("all", "gold", "none")
    }
    assert counts == {"all": 3, "gold": 2, "none": 1}


def test_blocks_and_their_size_do_not_matter(filter: InBenchmark) -> None:
    rng = random.Random(9)
    records = innocent(3, 20)
    for row in range(0, 20, 4):
        text = changed(filter.benchmark.queries["th"].texts[row], "th", rng)
        records[row]["th"] = (text or "", records[row]["th"][1])
    made = table(records)
    whole, parts = decontaminated(made, filter), decontaminated(made, filter, records=3)
    assert whole.report == parts.report
    again = with_evidence(made, filter, [filter(block) for block in blocks(made, records=5)])
    assert again.report == whole.report
    assert whole.report.removed == 5


def test_ids_and_articles_are_shared_by_named_evidence(filter: InBenchmark) -> None:
    asked = filter.benchmark.queries["en"].ids
    records = innocent(4, 7)
    records[5]["de"] = (filter.benchmark.queries["de"].texts[0], records[5]["de"][1])
    groups = [
        "Super_Bowl_50/3",
        "squad:29:0",
        "Warsaw/1",
        None,
        "squad:29:4",
        "squad:7:1",
        "squad:7:2",
    ]
    ids = ["a", f"squad:{asked[4]}", "c", "d", "e", "f", asked[5][:12]]
    made = table(records, ids, groups)
    known = Articles("titles of the benchmark", frozenset({"Super Bowl 50", "Normans"}))
    done = decontaminated(made, filter, [known])
    removed = {row for some in done.verdicts for row in some.rows.tolist()}
    assert removed == {1, 5}
    assert done.report.found == {"exact": 1, "ids": 1}
    assert done.report.articles == (
        Remains("titles of the benchmark", records=1, articles=1, removed=False),
        Remains("articles of records that were found", records=2, articles=2, removed=False),
    )
    strict = InBenchmark(filter.benchmark, Options(articles="remove"))
    done = decontaminated(made, strict, [known])
    assert {row for some in done.verdicts for row in some.rows.tolist()} == {0, 1, 4, 5, 6}
    assert all(one.removed for one in done.report.articles)


def test_data_sets_that_the_catalogue_lists_share_articles() -> None:
    given = benchmark(1, queries=3, codes=("en",))
    named = Benchmark("xquad-r", given.queries, given.corpora, given.gold)
    made = table(innocent(5, 4, ("en",)), groups=["squad:29:0", "squad:29:1", "squad:3:0", None],
                 dataset="squad_dev")  # fmt: skip
    (shared,) = decontaminated(made, InBenchmark(named)).report.articles
    assert "squad_dev" in shared.evidence
    assert (shared.records, shared.articles, shared.removed) == (4, 2, False)


def test_what_evaluations_print(filter: InBenchmark) -> None:
    clean = table(innocent(6, 4, ("en",)))
    entry = json.loads(json.dumps(decontaminated(clean, filter).report.unseen()))
    assert entry["benchmark"] == "planted"
    assert entry["fingerprint"] == filter.fingerprint
    assert (entry["looked_at"], entry["removed"]) == (4, 0)
    other = replace(filter.benchmark, name="other")
    methods = "exact, normalised, near, contained, ids"
    training = {"seen": None, "unseen": [entry], "datasets": ["made-up"]}
    assert seen_in(training, filter.benchmark) == f"unseen (decontaminated: {methods})"
    assert entry["table_languages"] == ["en"]
    assert seen_in(training | {"languages": ["en"]}, filter.benchmark) == seen_in(
        training, filter.benchmark
    )
    assert seen_in(training | {"languages": ["de", "en"]}, filter.benchmark) == (
        f"unseen (decontaminated in 1 of 2 languages: {methods})"
    )
    assert seen_in(training, other) is None
    assert seen_in({**training, "seen": ["planted (half)"]}, filter.benchmark) == "seen (half)"
    known = Articles("titles", frozenset({"Warsaw"}))
    records = innocent(7, 2, ("en",))
    shared = decontaminated(table(records, groups=["Warsaw/0", "Rhine/0"]), filter, [known])
    entries = [shared.report.unseen()]
    assert seen_in({"unseen": entries}, filter.benchmark) == "seen (articles)"
    # Of two builds the last one tells.
    assert (
        seen_in({"unseen": [*entries, entry]}, filter.benchmark)
        == f"unseen (decontaminated: {methods})"
    )
    assert seen_in({"unseen": [entry, *entries]}, filter.benchmark) == "seen (articles)"
    strict = InBenchmark(filter.benchmark, Options(articles="remove"))
    gone = decontaminated(table(records, groups=["Warsaw/0", "Rhine/0"]), strict, [known])
    assert gone.report.removed == 1
    assert seen_in({"unseen": [gone.report.unseen()]}, filter.benchmark) == (
        f"unseen (decontaminated: {methods}, articles)"
    )


def test_clearance_is_of_texts_and_not_of_a_name(filter: InBenchmark) -> None:
    """People call many files test.jsonl."""
    given = filter.benchmark
    entry = decontaminated(table(innocent(6, 4, ("en",))), filter).report.unseen()
    training = {"unseen": json.loads(json.dumps([entry]))}
    assert str(seen_in(training, given)).startswith("unseen (decontaminated")
    assert str(seen_in(training, given.select(["de", "en"]))).startswith("unseen (decontaminated")
    asked = altered(given, Altered("typos", share=1.0, seed=1))
    assert asked.queries != given.queries
    assert seen_in(training, asked) == seen_in(training, given)
    another = replace(benchmark(99), name=given.name)
    assert seen_in(training, another) is None
    both = replace(given, corpora=given.corpora | {"en": another.corpora["en"]}, gold=())
    assert seen_in(training, both) is None
    by_name = {"benchmark": given.name, "methods": ["exact"], "articles": []}
    assert seen_in({"unseen": [by_name]}, given) is None
    whole = by_name | {"fingerprint": filter.fingerprint}
    assert seen_in({"unseen": [whole]}, given) == "unseen (decontaminated: exact)"
    of_another = InBenchmark(another)
    entries = [entry, decontaminated(table(innocent(6, 4)), of_another).report.unseen()]
    assert latest([*entries, entry]) == entries
    assert seen_in({"unseen": entries}, given) == seen_in(training, given)


def test_the_report_tells_languages_and_samples(filter: InBenchmark) -> None:
    records = innocent(8, 3, ("de", "th"))
    records[2]["th"] = (records[2]["th"][0], filter.benchmark.corpora["th"].texts[1])
    report = decontaminated(table(records), filter).report
    lines = "\n".join(report.lines())
    assert report.by_language == {"th": {"exact": 1}}
    assert "1 of 3 records removed" in lines
    assert "the passage 0/1/0 (th)" in lines


def test_verdicts_depend_on_the_benchmark_and_the_options() -> None:
    small = benchmark(2, queries=2, codes=("en",))
    keys = [
        InBenchmark(small).key,
        InBenchmark(benchmark(3, queries=2, codes=("en",))).key,
        InBenchmark(small, Options(same=0.9)).key,
    ]
    assert len(set(map(json.dumps, keys))) == 3
    assert InBenchmark(small).key == keys[0]


@pytest.mark.parametrize(
    ("options", "named"),
    [({"same": 0.0}, "--same"), ({"shared": 1.5}, "--shared"), ({"shortest": 0}, "--shortest"),
     ({"corpus": "some"}, "--corpus"), ({"articles": "keep"}, "--articles")],
)  # fmt: skip
def test_mistakes_are_named(options: dict[str, object], named: str) -> None:
    with pytest.raises(LingweaveError, match=named):
        Options(**options)  # type: ignore[arg-type]


def test_titles(tmp_path: Path) -> None:
    file = tmp_path / "en.json"
    file.write_text('{"data": [{"title": "Warsaw", "paragraphs": []}]}')
    assert titles_of([file]) == Articles("titles in en.json", frozenset({"Warsaw"}))
    file.write_text('{"data": [{"paragraphs": []}]}')
    with pytest.raises(LingweaveError, match=r"en\.json: no titles"):
        titles_of([file])


def test_empty_benchmark() -> None:
    with pytest.raises(LingweaveError, match="no texts"):
        InBenchmark(Benchmark("none", {}, {}, ()))


def test_xquad_r_planted() -> None:
    real = xquad_r(shared_data("eval/xquad_r")).select(["en", "th", "zh"])
    filter = InBenchmark(real)
    rng = random.Random(50)
    for code in real.languages:
        texts = [*real.queries[code].texts[::12], *real.corpora[code].texts[::12]]
        records: list[Record] = [{code: ("x", text)} for text in texts]
        assert all(found == {"exact"} for found in methods(filter, records))
        letters = [text for text in texts if any(sign.isalnum() for sign in text)]
        records = [{code: ("x", other_signs(text, rng).casefold())} for text in letters]
        assert all(methods(filter, records))
        noisy = [text for text in (changed(text, code, rng) for text in texts) if text]
        assert all(methods(filter, [{code: ("x", text)} for text in noisy]))
