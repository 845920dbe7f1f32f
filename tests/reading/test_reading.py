"""Answers in candidates and by a reader, on small benchmarks."""

import json

import numpy as np
import pyarrow as pa
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForQuestionAnswering, PreTrainedTokenizerFast

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.encoders import dense_scores
from lingweave.errors import LingweaveError
from lingweave.evaluate import evaluate
from lingweave.reading import MKQA, SQUAD, TYDI, contains, sentence_match
from lingweave.reading.figures import Row, reading_of
from lingweave.reading.reader import ExtractiveReader, best_span, read_gold, read_top
from lingweave.significance import Resampling

FEW = Resampling(resamples=50)


def quiz() -> Benchmark:
    """Two questions in English and German; an answer stands in one passage of each language."""
    return Benchmark(
        "quiz",
        {
            "de": Texts(("q0", "q1"), ("Welche Farbe hat der Himmel?", "Wer singt?")),
            "en": Texts(("q0", "q1"), ("Which colour is the sky?", "Who sings?")),
        },
        {
            "de": Texts(("a", "b"), ("Der Himmel ist blau.", "Die Amsel singt.")),
            "en": Texts(("a", "b", "c"), ("The sky is blue.", "A blackbird sings.", "bluebird")),
        },
        tuple(Gold(f"q{i}", y, "ab"[i]) for i in range(2) for y in ("de", "en")),
        answers={
            "q0": {"de": ("blau",), "en": ("blue",)},
            "q1": {"de": ("Amsel", "eine Amsel"), "en": ("blackbird",)},
        },
    )


def ranked(made: Benchmark, order: dict[tuple[str, int], list[int]]):
    """An evaluation whose pool lists are in the order given: places in (de a, b; en a, b, c)."""
    queries = {x: np.zeros((2, 20), dtype=np.float32) for x in made.queries}
    pool = np.zeros((5, 20), dtype=np.float32)
    for i, ((x, row), places) in enumerate(order.items()):
        queries[x][row, i] = 1
        for place, p in enumerate(places):
            pool[p, i] = 9 - place
    passages = {"de": pool[:2], "en": pool[2:]}
    return evaluate(made, dense_scores(queries, passages, "dot", {}))


def test_the_first_candidates_are_searched_for_the_answer() -> None:
    made = quiz()
    evaluation = ranked(
        made,
        {
            ("de", 0): [0, 1, 2, 3, 4],  # "blau" in the first
            ("de", 1): [4, 3, 2, 1, 0],  # "blackbird" in the second: an answer, in English
            ("en", 0): [4, 1, 0, 2, 3],  # "bluebird" holds no "blue"; "blau" is in the third
            ("en", 1): [0, 2, 4, 1, 3],  # only in the fourth
        },
    )
    found = sentence_match(evaluation.top(), made, SQUAD, (1, 3), FEW)
    assert found.rules == "SQuAD v1.1"
    assert found.queries == 4
    by = {x: {n: i.mean for n, i in f.items()} for x, f in found.by_language.items()}
    assert by["de"] == {"contains@1": 0.5, "contains@3": 1, "MRR@3": 0.75}
    assert by["en"] == {"contains@1": 0, "contains@3": 0.5, "MRR@3": pytest.approx(1 / 6)}
    assert found.value["contains@3"].mean == 0.75
    assert found.value["contains@3"].low <= 0.75 <= found.value["contains@3"].high
    without_english = sentence_match(evaluation.top(), made, TYDI, (1, 3), FEW)
    assert without_english.value["contains@3"].mean == 1


def test_a_mean_without_english_is_null_where_only_english_was_asked() -> None:
    made = quiz()
    names = ("exact", "f1")
    rows = [Row("en", "q0", (1, 1)), Row("de", "q0", (0, 0.5)), Row("fi", "q1", (1, 0.7))]
    squad, tydi = (reading_of("t", rules, names, rows, made, FEW).value for rules in (SQUAD, TYDI))
    assert [squad[name].mean for name in names] == pytest.approx([2 / 3, 2.2 / 3])
    assert [tydi[name].mean for name in names] == pytest.approx([0.5, 0.6])
    told = reading_of("t", TYDI, names, rows[:1], made, FEW).as_json()
    assert told["f1"] == {"mean": None, "low": None, "high": None}
    assert told["by_language"]["en"]["f1"]["mean"] == 1
    json.dumps(told, allow_nan=False)


def test_no_more_candidates_are_looked_at_than_are_kept() -> None:
    made = quiz()
    order = {(x, row): [0, 1, 2, 3, 4] for x in ("de", "en") for row in (0, 1)}
    top = ranked(made, order).top()
    whole = sentence_match(top, made, SQUAD, (1, 1000), FEW)
    assert whole.value["contains@1000"].mean == 1  # The pool has five, and all of them are kept.
    cut = top.filter(pa.array(top["rank"].to_numpy() <= 3))
    sentence_match(cut, made, SQUAD, (1, 3), FEW)
    with pytest.raises(LingweaveError, match=r"--depth 4: .* keeps the first 3 candidates"):
        sentence_match(cut, made, SQUAD, (1, 4), FEW)


def test_answers_stand_as_whole_words_save_where_words_are_not_parted() -> None:
    assert contains("It was the U.S.!", ["The US"], "en", SQUAD)
    assert not contains("bluebird", ["blue"], "en", SQUAD)
    assert contains("天空是蓝色的", ["蓝色"], "zh-CN", SQUAD)
    assert contains("天空是蓝色的", ["蓝色"], "zh", MKQA)
    assert not contains("anything", ["the"], "en", SQUAD)
    assert not contains("anything", [], "en", SQUAD)


def test_a_benchmark_without_answers_says_so() -> None:
    made = quiz()
    bare = Benchmark("bare", made.queries, made.corpora, made.gold)
    evaluation = ranked(bare, {("de", 0): [0]})
    with pytest.raises(LingweaveError, match="bare has no answers"):
        sentence_match(evaluation.top(), bare, SQUAD)


def test_the_best_span_is_that_of_all_spans() -> None:
    random = np.random.default_rng(0)
    for longest in (1, 3, 30):
        starts, ends = random.standard_normal((2, 12)).astype(np.float32)
        inside = np.array([False] * 4 + [True] * 7 + [False])
        spans = [
            (starts[i] + ends[j], i, j)
            for i in range(12)
            for j in range(i, min(12, i + longest))
            if inside[i] and inside[j]
        ]
        span = best_span(starts, ends, inside, longest)
        assert (span.score, span.first, span.last) == pytest.approx(max(spans))
    assert best_span(starts, ends, np.zeros(12, dtype=bool), 3) is None


WORDS = [
    "[UNK]",
    "[PAD]",
    "[CLS]",
    "[SEP]",
    "the",
    "sky",
    "is",
    "blue",
    "a",
    "blackbird",
    "sings",
    "who",
]


@pytest.fixture(scope="module")
def reader_folder(tmp_path_factory):
    """A random reader of one layer."""
    folder = tmp_path_factory.mktemp("reader")
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", [("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", model_max_length=64
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=64,
    )  # fmt: skip
    BertForQuestionAnswering(config).save_pretrained(folder)
    return folder


def test_answers_are_spans_of_their_passages(reader_folder) -> None:
    reader = ExtractiveReader(str(reader_folder), batch_size=3, device="cpu")
    short, long = "the sky is blue", "the sky " * 200 + "is blue"
    passages = [short, long, "", short]
    found = reader.answers(["who sings", "who " * 100, "who", "who sings"], passages)
    for answer, passage in zip(found, passages, strict=True):
        assert answer.text in passage
    assert found[0] == found[3]
    assert found[2].text == ""
    assert found[1].text
    # Longer than a window: some window of it holds the answer, and all were looked at.
    wide = ExtractiveReader(str(reader_folder), batch_size=64, device="cpu")
    again = wide.answers(["who " * 100], [long])[0]
    assert (again.text, again.score) == (found[1].text, pytest.approx(found[1].score, abs=1e-5))


def test_a_reader_is_scored_on_gold_and_on_the_first_candidates(reader_folder) -> None:
    made = quiz()
    reader = ExtractiveReader(str(reader_folder), device="cpu")
    found = read_gold(made, reader, MKQA, FEW)
    assert (found.rules, found.queries, set(found.by_language)) == ("MKQA", 4, {"de", "en"})
    spans = reader.answers([made.queries["en"].texts[0]], ["The sky is blue."])
    expected = MKQA.score(spans[0].text, ("blue",), "en")
    second = MKQA.score(
        reader.answers(["Who sings?"], ["A blackbird sings."])[0].text, ("blackbird",), "en"
    )
    english = found.by_language["en"]
    assert english["exact"].mean == pytest.approx((expected.exact + second.exact) / 2)
    assert english["f1"].mean == pytest.approx((expected.f1 + second.f1) / 2)
    evaluation = ranked(made, {("en", 0): [2, 3], ("en", 1): [3], ("de", 0): [2], ("de", 1): [3]})
    top = read_top(evaluation.top(), made, reader, MKQA, 1, FEW)
    assert top.by_language["en"]["f1"].mean == pytest.approx(english["f1"].mean)
    two = read_top(evaluation.top(), made, reader, MKQA, 2, FEW)
    assert two.queries == 4


def test_what_is_no_reader_is_refused(tmp_path, reader_folder) -> None:
    with pytest.raises(LingweaveError, match="no such folder"):
        ExtractiveReader(str(tmp_path / "nothing"))
    from transformers import BertModel

    folder = tmp_path / "encoder"
    BertModel(
        BertConfig(
            vocab_size=12, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=16,
        )
    ).save_pretrained(folder)  # fmt: skip
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((reader_folder / name).read_bytes())
    with pytest.raises(LingweaveError, match="no head for answers"):
        ExtractiveReader(str(folder))
