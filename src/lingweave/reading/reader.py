"""Exact match and F1 of an extractive reader: spans of passages, as SQuAD's models choose them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from lingweave.benchmark import Benchmark
from lingweave.encoders.sentence_transformer import model_folder
from lingweave.errors import LingweaveError
from lingweave.reading.figures import Reading, Row, reading_of
from lingweave.reading.rules import RuleSet
from lingweave.reading.sentences import check_depth, passage_texts, top_places
from lingweave.significance import Resampling


class Answer(NamedTuple):
    """A span of a passage."""

    text: str
    """Its characters; empty where the passage has no tokens."""
    score: float
    """The sum of the logits of its first and last token; comparable for one question only."""


class ExtractiveReader:
    """A question answering model of transformers, from safetensors, without code from its folder.

    Args:
        model: A folder, or a name on the hub.
        batch_size: Windows read together.
        device: Where to read ("cpu", "cuda").
        max_length: Tokens of a window: question and passage.
        stride: Tokens that neighbouring windows of a long passage share.
        longest: Tokens of the longest answer.

    Raises:
        LingweaveError: the model is not there, pickled, or does not answer questions.
    """

    def __init__(
        self,
        model: str,
        batch_size: int = 32,
        device: str | None = None,
        max_length: int = 384,
        stride: int = 128,
        longest: int = 30,
    ) -> None:
        folder = model_folder(model)
        self.name = model
        self.batch_size, self.longest = batch_size, longest
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder, **options)
            self._model, loading = AutoModelForQuestionAnswering.from_pretrained(
                folder, use_safetensors=True, output_loading_info=True, **options
            )
        except Exception as error:  # The libraries below raise almost anything for a bad folder.
            reason = " ".join(str(error).split())[:300]
            raise LingweaveError(f"reader {model}: cannot be loaded ({reason})") from error
        if any("qa_outputs" in key for key in loading["missing_keys"]):
            raise LingweaveError(
                f"reader {model}: its weights have no head for answers; give a model that was"
                " trained on question answering, such as one for SQuAD"
            )
        if not self._tokenizer.is_fast:
            raise LingweaveError(f"reader {model}: has no tokenizer.json; save its fast tokenizer")
        limit = min(max_length, self._tokenizer.model_max_length)
        self._max_length, self._stride = limit, min(stride, limit // 4)
        self._model.to(self.device).eval()

    def answers(self, questions: Sequence[str], passages: Sequence[str]) -> list[Answer]:
        """The best span of each passage for the question beside it."""
        if not questions:
            return []
        windows = self._tokenizer(
            [self._shortened(question) for question in questions],
            list(passages),
            truncation="only_second",
            max_length=self._max_length,
            stride=self._stride,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            padding=True,
        )
        best = [Answer("", -float("inf"))] * len(questions)
        names = [n for n in self._tokenizer.model_input_names if n in windows]
        for begin in range(0, len(windows["input_ids"]), self.batch_size):
            part = range(begin, min(begin + self.batch_size, len(windows["input_ids"])))
            batch = {n: torch.tensor([windows[n][i] for i in part]).to(self.device) for n in names}
            with torch.inference_mode():
                output = self._model(**batch)
            starts = output.start_logits.float().cpu().numpy()
            ends = output.end_logits.float().cpu().numpy()
            for row, window in enumerate(part):
                which = windows["overflow_to_sample_mapping"][window]
                inside = np.array([s == 1 for s in windows.sequence_ids(window)])
                span = best_span(starts[row], ends[row], inside, self.longest)
                if span is not None and span.score > best[which].score:
                    offsets = windows["offset_mapping"][window]
                    text = passages[which][offsets[span.first][0] : offsets[span.last][1]]
                    best[which] = Answer(text, span.score)
        return best

    def _shortened(self, question: str) -> str:
        """The question cut to half a window, so that the passage has the other half."""
        cut = self._tokenizer(
            question,
            truncation=True,
            max_length=self._max_length // 2 - 4,
            add_special_tokens=False,
            return_offsets_mapping=True,
        )
        offsets = cut["offset_mapping"]
        return question[: offsets[-1][1]] if offsets else question


class Span(NamedTuple):
    """Tokens of a window, both ends included."""

    first: int
    last: int
    score: float
    """The sum of their logits."""


def best_span(
    starts: NDArray[np.float32], ends: NDArray[np.float32], inside: NDArray[np.bool_], longest: int
) -> Span | None:
    """The span with the highest start plus end logit among those of the passage's tokens.

    Args:
        starts: (tokens,) logits of the first token.
        ends: (tokens,) logits of the last one.
        inside: (tokens,) whether a token is the passage's.
        longest: Tokens a span may have.
    """
    tokens = np.flatnonzero(inside)
    if not len(tokens):
        return None
    scores = starts[tokens][:, None] + ends[tokens][None, :]
    length = tokens[None, :] - tokens[:, None]
    scores = np.where((length >= 0) & (length < longest), scores, -np.inf)
    first, last = np.unravel_index(int(scores.argmax()), scores.shape)
    return Span(int(tokens[first]), int(tokens[last]), float(scores[first, last]))


def read_gold(
    benchmark: Benchmark,
    reader: ExtractiveReader,
    rules: RuleSet,
    resampling: Resampling | None = None,
) -> Reading:
    """Exact match (``exact``) and ``f1`` when the gold passage in the query's language is read.

    With several gold passages the first of the benchmark is read. Queries without a gold passage
    or an answer in their own language take no part.

    Raises:
        LingweaveError: no query has both.
    """
    gold: dict[tuple[str, str], str] = {}
    for one in benchmark.gold:
        if one.grade > 0:
            gold.setdefault((one.query_id, one.language), one.passage_id)
    texts = passage_texts(benchmark, {(y, id) for (_, y), id in gold.items()})
    rows = []
    for language, side in benchmark.queries.items():
        asked = [
            (id, text)
            for id, text in zip(side.ids, side.texts, strict=True)
            if (id, language) in gold and benchmark.answers.get(id, {}).get(language)
        ]
        passages = [texts[language, gold[id, language]] for id, _ in asked]
        found = reader.answers([text for _, text in asked], passages)
        for (id, _), answer in zip(asked, found, strict=True):
            score = rules.score(answer.text, benchmark.answers[id][language], language)
            rows.append(Row(language, id, score))
    task = f"the gold passage, read by {reader.name}"
    return reading_of(task, rules, ("exact", "f1"), rows, benchmark, resampling)


def read_top(
    top: pa.Table,
    benchmark: Benchmark,
    reader: ExtractiveReader,
    rules: RuleSet,
    depth: int = 1,
    resampling: Resampling | None = None,
) -> Reading:
    """Exact match (``exact``) and ``f1`` when the first candidates of the pool are read.

    The span with the highest score among the first `depth` candidates is the answer. It is held
    against the right answers in its candidate's language, and wrong where there are none.

    Args:
        top: An evaluation's `top()`.
        benchmark: With `answers`; queries without any take no part.
        reader: What reads.
        rules: When an answer is right.
        depth: Candidates read.
        resampling: How intervals are drawn.

    Raises:
        LingweaveError: no query has an answer, or the lists end before this depth.
    """
    check_depth(top, benchmark, depth)
    lists = [p for p in top_places(top, depth) if benchmark.answers.get(p.query_id)]
    texts = passage_texts(benchmark, {pair for one in lists for pair in one.candidates})
    questions = {
        (x, id): text
        for x, side in benchmark.queries.items()
        for id, text in zip(side.ids, side.texts, strict=True)
    }
    pairs = [(one, candidate) for one in lists for candidate in one.candidates]
    read = iter(
        reader.answers(
            [questions[one.language, one.query_id] for one, _ in pairs],
            [texts[candidate] for _, candidate in pairs],
        )
    )
    rows = []
    for one in lists:
        answers = [(next(read), language) for language, _ in one.candidates]
        answer, language = max(answers, key=lambda found: found[0].score)
        right = benchmark.answers[one.query_id].get(language)
        score = rules.score(answer.text, right, language) if right else (0.0, 0.0)
        rows.append(Row(one.language, one.query_id, score))
    task = f"the first {depth} of the pool, read by {reader.name}"
    return reading_of(task, rules, ("exact", "f1"), rows, benchmark, resampling)
