"""The search agrees with a loop over all pairs, holes, ties, repeats and block sizes included."""

import hashlib

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lingweave.benchmark import Benchmark
from lingweave.benchmark import Texts as Corpus
from lingweave.encoders.random_vectors import RandomVectors
from lingweave.encoders.tfidf import tfidf_scores
from lingweave.errors import LingweaveError
from lingweave.mining.run import hard_negatives, searched
from lingweave.mining.search import Found, Rule
from lingweave.mining.texts import Texts, texts_of
from lingweave.mining.vectors import Dense, Sparse, encoded, tfidf
from lingweave.table import SIDES, ParallelTable

LANGUAGES = ("de", "en", "ru")


def random_table(seed, records=14, holes=0.3):
    """Two data sets with holes, groups, questions asked twice and passages that stand twice."""
    random = np.random.default_rng(seed)
    columns = {}
    for language in LANGUAGES:
        for side, texts in (("query", 12), ("passage", 20)):
            # A few texts know no language, as names and code do.
            names = [f"{side} {random.integers(texts)} {language[: random.integers(3)]}".strip()
                     for _ in range(records)]  # fmt: skip
            there = random.random(records) >= holes
            columns[f"{side}:{language}"] = pa.array(names, mask=~there)
    groups = [f"g{g}" if g < 3 else None for g in random.integers(0, 9, records)]
    first = random.integers(1, records)
    return ParallelTable.build(
        pa.array([f"r{i}" for i in range(records)]),
        pa.array(["one"] * first + ["two"] * (records - first)),
        pa.array(groups, pa.string()),
        LANGUAGES,
        columns,
    )


class Integers:
    """Small whole numbers: sums are exact in any order, and ties are many."""

    def __init__(self):
        self.seen = []

    def encode_queries(self, texts, language):
        self.seen += texts
        digests = [hashlib.blake2b(text.encode()).digest()[:4] for text in texts]
        return (np.array([list(d) for d in digests]) % 4 - 1).astype(np.float32)

    encode_passages = encode_queries

    def describe(self):
        return {}


def vectors_of(table, folder, encoder=None, similarity="dot"):
    texts = {side: Texts(table, side) for side in SIDES}
    return encoded(encoder or Integers(), similarity, texts, folder, torch.device("cpu"))


def together(found):
    return Found(*map(np.concatenate, zip(*found, strict=True)))


def texts_in(table, side, row):
    column = {x: table.column(side, x)[row].as_py() for x in table.languages}
    return {x: text for x, text in column.items() if text is not None}


def naive(table, rule, score):
    """For each record its negatives, gaps and positive score, by the words of the definition."""
    rows = range(len(table))
    query = [texts_in(table, "query", r) for r in rows]
    passage = [texts_in(table, "passage", r) for r in rows]
    group = table.groups().to_pylist()
    results = []
    for r in rows:
        asked = [m for m in rows if {*query[m].values()} & {*query[r].values()}] + [r]
        answers = {text for m in asked for text in passage[m].values()}
        views = {}
        for scope in ("language", "pool") if rule.scope == "both" else (rule.scope,):
            for x, text in query[r].items():
                places = LANGUAGES if scope == "pool" else (x,)
                scores = {
                    m: max(score(text, passage[m][y]) for y in places if y in passage[m])
                    for m in rows
                    if any(y in passage[m] for y in places)
                }
                if r in scores:
                    views[scope, x] = {m: np.float32(s) for m, s in scores.items()}
        one, candidates = np.float32(1), []
        for m in rows:
            if (
                table.dataset(m) != table.dataset(r)
                or m in asked
                or (group[m] is not None and group[m] == group[r])
                or answers & {*passage[m].values()}
            ):
                continue
            both = [view for view in views.values() if m in view]
            if not both:
                continue
            gap = sum((v[m] - v[r] for v in both), np.float32(0)) / np.float32(len(both))
            barred = any(
                (
                    rule.share is not None
                    and v[m] > v[r] - abs(v[r]) * (one - np.float32(rule.share))
                )
                or (rule.margin > 0 and v[m] > v[r] - rule.margin)
                for v in both
            )
            candidates.append((-gap, m, barred))
        candidates.sort()
        depth = rule.per_record + rule.skip_top
        near = candidates[:depth]
        chosen = [(m, -gap) for gap, m, barred in candidates if not barred][rule.skip_top : depth]
        positive = [view[r] for view in views.values()]
        results.append(
            (
                [m for m, _ in chosen],
                [gap for _, gap in chosen],
                np.float32(sum(positive, np.float32(0)) / np.float32(len(positive)))
                if positive
                else np.float32(np.nan),
                len(near),
                sum(barred for _, _, barred in near),
                sum(gap < 0 for gap, _, _ in near),
            )
        )
    return results


def check(table, vectors, rule, score, block, candidates):
    found = together(searched(table, vectors, rule, block=block, candidates=candidates))
    for r, (negatives, gaps, positive, *counts) in enumerate(naive(table, rule, score)):
        there = found.negatives[r] >= 0
        assert found.negatives[r][there].tolist() == negatives
        assert not there[len(negatives) :].any()
        np.testing.assert_array_equal(found.gaps[r][there], np.array(gaps, np.float32))
        np.testing.assert_array_equal(found.positive[r], positive)
        assert [found.near[r], found.filtered[r], found.nearer[r]] == counts
    return found


@pytest.mark.parametrize(
    ("share", "margin", "limits"),
    [
        (None, 0.0, [np.inf, np.inf]),
        (None, 0.25, [0.25, -0.75]),
        (0.75, 0.0, [0.375, -0.625]),
        (0.75, 0.25, [0.25, -0.75]),
        (0.25, 0.25, [0.125, -0.875]),
    ],
)
def test_share_and_margin_each_count(share, margin, limits):
    rule = Rule(share=share, margin=margin)
    assert rule.limits(torch.tensor([0.5, -0.5])).tolist() == limits


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    rule=st.builds(
        Rule,
        scope=st.sampled_from(["language", "pool", "both"]),
        per_record=st.integers(1, 6),
        share=st.sampled_from([None, 0.5, 0.75, 1.0]),
        margin=st.sampled_from([0.0, 1.0]),
        skip_top=st.integers(0, 2),
    ),
    holes=st.sampled_from([0.0, 0.3, 0.7]),
    block=st.integers(1, 16),
    candidates=st.integers(1, 16),
)
def test_agrees_with_a_loop(tmp_path_factory, seed, rule, holes, block, candidates):
    table = random_table(seed, holes=holes)
    vectors = vectors_of(table, tmp_path_factory.mktemp("vectors"))
    encoder = Integers()

    def score(query, passage):
        one, other = encoder.encode_queries([query, passage], "en")
        return float(one @ other)

    check(table, vectors, rule, score, block, candidates)


def test_a_constant_encoder_keeps_the_order_of_the_table(tmp_path):
    class Constant(Integers):
        def encode_queries(self, texts, language):
            return np.ones((len(texts), 2), np.float32)

        encode_passages = encode_queries

    table = random_table(3, records=40, holes=0)
    vectors = vectors_of(table, tmp_path, Constant())
    found = check(table, vectors, Rule(per_record=5, share=None), lambda query, passage: 2.0, 7, 11)
    assert (found.gaps[found.negatives >= 0] == 0).all()
    # Whoever scores as high as the positive may be an answer.
    strict = together(searched(table, vectors, Rule(per_record=5)))
    assert (strict.negatives == -1).all()


def test_each_text_is_encoded_once_and_its_file_kept(tmp_path):
    table = random_table(5)
    encoder = Integers()
    first = vectors_of(table, tmp_path, encoder)
    distinct = [text for side in SIDES for text in {*table.texts(side)}]
    assert sorted(encoder.seen) == sorted(distinct)
    (tmp_path / "passage-en.npy").unlink()
    again = Integers()
    second = vectors_of(table, tmp_path, again)
    assert 0 < len(again.seen) < len(distinct)
    assert {*again.seen} <= {text for text in table.column("passage", "en").to_pylist() if text}
    for language in range(len(LANGUAGES)):
        for side in SIDES:
            rows = slice(2, 11)
            block = first.block(side, language, rows)
            assert torch.equal(block, second.block(side, language, rows))
            texts = table.column(side, LANGUAGES[language])[2:11].to_pylist()
            for text, vector in zip(texts, block, strict=True):
                expected = np.zeros(4) if text is None else encoder.encode_queries([text], "")[0]
                assert vector.tolist() == expected.tolist()


def test_an_encoder_by_language_encodes_a_text_in_each_of_its_languages(tmp_path):
    class Routed(Integers):
        by_language = True

        def encode_queries(self, texts, language):
            return super().encode_queries([f"{language}: {text}" for text in texts], language)

        encode_passages = encode_queries

    table = random_table(5, records=40)
    vectors = encoded(Routed(), "dot", texts_of(table, Routed()), tmp_path, torch.device("cpu"))
    for side in SIDES:
        columns = [table.column(side, code).to_pylist() for code in LANGUAGES]
        assert {*columns[0]} & {*columns[1]} - {None}
        for language, code in enumerate(LANGUAGES):
            block = vectors.block(side, language, slice(0, len(table)))
            for text, vector in zip(columns[language], block, strict=True):
                expected = np.zeros(4) if text is None else Routed().encode_queries([text], code)[0]
                assert vector.tolist() == expected.tolist()


def test_cosine_is_of_unit_vectors(tmp_path):
    table = random_table(6)
    encoder = RandomVectors(1, dimension=16)
    vectors = vectors_of(table, tmp_path, encoder, "cosine")
    block = vectors.block("passage", 0, slice(0, len(table)))
    there = table.column("passage", "de").is_valid().to_numpy(False)
    np.testing.assert_allclose(block.norm(dim=1), there.astype(np.float32), atol=1e-6)
    scores = vectors.product(vectors.block("query", 0, slice(0, 9)), block[:9])
    paired = vectors.paired(vectors.block("query", 0, slice(0, 9)), block[:9])
    torch.testing.assert_close(scores.diagonal(), paired)


def test_tfidf_finds_what_its_scores_say():
    table = random_table(8, records=30, holes=0.2)
    texts = {side: Texts(table, side) for side in SIDES}
    vectors, definition = tfidf(texts)
    assert isinstance(vectors, Sparse)
    assert "2-4-grams" in definition
    dense = {
        side: {
            text: vectors.block(side, x, slice(row, row + 1)).toarray()[0]
            for x, code in enumerate(LANGUAGES)
            for row, text in enumerate(table.column(side, code).to_pylist())
            if text is not None
        }
        for side in SIDES
    }
    rule = Rule("pool", per_record=4, share=0.9)
    found = together(searched(table, vectors, rule, block=8, candidates=7))
    expected = naive(table, rule, lambda q, p: float(dense["query"][q] @ dense["passage"][p]))
    for r, (negatives, gaps, *_) in enumerate(expected):
        # Sums in another order: near ties may change places, their scores cannot.
        assert (found.negatives[r] >= 0).sum() == len(negatives)
        np.testing.assert_allclose(found.gaps[r][: len(gaps)], gaps, atol=1e-6)


def test_tfidf_is_that_of_evaluations():
    table = random_table(9, records=30, holes=0)
    texts = {side: Texts(table, side) for side in SIDES}
    vectors, _ = tfidf(texts)
    # Each distinct passage once, in the language where it appears first.
    sides = {
        side: {
            code: Corpus(tuple(map(str, range(start, end))), tuple(texts[side].of(start, end)))
            for code, (start, end) in zip(LANGUAGES, texts[side].spans, strict=True)
        }
        for side in SIDES
    }
    scores = tfidf_scores(Benchmark("same", sides["query"], sides["passage"], (), {}))
    passages = texts["passage"].numbers
    for x, code in enumerate(LANGUAGES):
        start, end = texts["query"].spans[x]
        expected = scores.block(code, slice(0, end - start))
        for row, number in enumerate(texts["query"].numbers[x]):
            if start <= number < end:
                query = vectors.block("query", x, slice(row, row + 1))
                for y in range(len(LANGUAGES)):
                    block = vectors.block("passage", y, slice(0, len(table)))
                    np.testing.assert_allclose(
                        vectors.product(query, block)[0], expected[number - start][passages[y]],
                        atol=1e-6,
                    )  # fmt: skip


def test_records_without_a_view_have_no_score():
    columns = {
        "query:de": ["a", "b", None],
        "passage:de": [None, None, None],
        "query:en": [None, None, None],
        "passage:en": ["x", "y", "z"],
    }
    table = ParallelTable.build(
        pa.array(["0", "1", "2"]), pa.array(["s"] * 3), pa.nulls(3, pa.string()), ("de", "en"),
        {name: pa.array(values, pa.string()) for name, values in columns.items()},
    )  # fmt: skip
    texts = {side: Texts(table, side) for side in SIDES}
    by_text = {"a": [1, 0], "b": [0, 1], "x": [1, 0], "y": [0.5, 1], "z": [0.25, 0.5]}
    arrays = {
        side: [np.array([by_text[t] for t in texts[side].of(*span)], np.float32).reshape(-1, 2)
               for span in texts[side].spans]
        for side in SIDES
    }  # fmt: skip
    vectors = Dense(arrays, texts, torch.device("cpu"))
    assert np.isnan(together(searched(table, vectors, Rule("language"))).positive).all()
    found = together(searched(table, vectors, Rule("pool", per_record=2)))
    assert found.positive.tolist()[:2] == [1, 1]
    assert np.isnan(found.positive[2])
    assert found.negatives.tolist() == [[1, 2], [2, 0], [-1, -1]]
    mined = hard_negatives(found, {})
    assert mined.offsets.tolist() == [0, 2, 4, 4]
    assert mined.scores.tolist() == [0.5, 0.25, 0.5, 0]


def test_many_repeats_are_still_excluded(tmp_path):
    # 300 records with one question: sums of single bytes would come out as 44 or as 0.
    records = 300
    table = ParallelTable.build(
        pa.array([str(i) for i in range(records)]), pa.array(["s"] * records),
        pa.nulls(records, pa.string()), ("en",),
        {
            "query:en": pa.array(["same"] * 256 + [f"q{i}" for i in range(256, records)]),
            "passage:en": pa.array([f"p{i}" for i in range(records)]),
        },
    )  # fmt: skip
    vectors = vectors_of(table, tmp_path)
    found = together(searched(table, vectors, Rule(per_record=300, share=None)))
    assert (found.negatives[:256][found.negatives[:256] >= 0] >= 256).all()
    assert ((found.negatives >= 0).sum(1)[:256] == records - 256).all()
    assert ((found.negatives >= 0).sum(1)[256:] == records - 1).all()


@pytest.mark.parametrize("values", [np.nan, np.inf])
def test_bad_vectors_are_named(tmp_path, values):
    class Bad(Integers):
        def encode_passages(self, texts, language):
            return np.full((len(texts), 4), values, np.float32)

    with pytest.raises(LingweaveError, match=r"vectors of passage texts in de: .* NaN or infinity"):
        vectors_of(random_table(1), tmp_path, Bad())
    assert not (tmp_path / "passage-de.npy").exists()
