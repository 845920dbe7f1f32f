"""Claim: the balanced dial raises the worst language's recall on XQuAD-R for a biased model.

    python benchmarks/dial.py --model MODEL [--data XQUAD_R] [--cache FOLDER] [--every N] [--top K]
    python benchmarks/dial.py --vectors FILE.npz [--data XQUAD_R] [--every N] [--top K]
    python benchmarks/dial.py --tiny

Puts the sentences of all languages into one index and asks every question in every language under
each dial. A question's answers are the sentences that answer it in each language. Printed, with 95%
intervals of a paired bootstrap over paragraphs, all questions of a paragraph in all languages
drawn together:

- for each language of the answers, how often its answer is among the first 20 (--top), mean over
  the languages of the questions; the worst language is the one with the lowest such recall;
- the same over questions in other languages than the answer's (cross);
- how the answer in the question's own language fares (mono): recall, and reciprocal rank (0 past
  100 hits);
- rank distance within the first 100: places between the first and the last answer, those that are
  not there counted as the 101st;
- the share of the question's own language in those first ones.

Exit status 1 if the interval of the worst language's gain under the balanced dial includes 0.
--every N asks one paragraph in N only, of the same index. --tiny: a made-up benchmark and encoder.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.encoders.choice import encoder_of
from lingweave.encoders.options import EncoderOptions
from lingweave.encoders.scores import Encoder, prepared
from lingweave.index.embedded.store import EmbeddedStore
from lingweave.index.passages import Passage
from lingweave.index.requests import AsScored, Balanced, Dial, Hit, Preferred, Request
from lingweave.index.search import Searcher
from lingweave.significance import Arm, JointResampling, Resampled, intervals, macro
from lingweave.significance.samples import ValueSample
from lingweave.sources.lareqa import xquad_r

DEEP = 100
OTHERS = ("mono recall", "mono reciprocal rank", "rank distance", "own share")
FIGURES = ("worst recall", "mean recall", "worst cross recall", "mean cross recall", *OTHERS)
DIALS = ("as scored", "balanced", "preferred: own", "preferred: en")


def main() -> int:
    """Prints the figures; 0 if the claim holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    folder = Path(__file__).resolve().parents[2] / "shared" / "data" / "eval" / "xquad_r"
    parser.add_argument("--model", help="a model's folder")
    parser.add_argument("--vectors", type=Path, help="arrays q_<language> and c_<language>")
    parser.add_argument("--data", type=Path, default=folder, help="XQuAD-R's folder")
    parser.add_argument("--cache", type=Path, help="keep the model's vectors here")
    parser.add_argument("--every", type=int, default=1, help="one paragraph in so many")
    parser.add_argument("--top", type=int, default=20, help="hits that count, up to 100")
    parser.add_argument("--tiny", action="store_true", help="a made-up benchmark")
    options = parser.parse_args()
    encoder: Encoder
    if options.tiny:
        benchmark, encoder = made_up(), MadeUpEncoder()
    elif options.vectors is not None:
        benchmark = xquad_r(options.data)
        encoder = FileEncoder(options.vectors, benchmark)
    elif options.model is None:
        parser.error("give --model, a model's folder, --vectors or --tiny")
    else:
        benchmark = xquad_r(options.data)
        encoder = encoder_of(
            EncoderOptions(model=options.model, cache=options.cache, progress=False)
        )
    with tempfile.TemporaryDirectory() as temporary:
        searcher = indexed(benchmark, encoder, Path(temporary))
        samples = {
            name: measured(benchmark, searcher, name, options.every, options.top) for name in DIALS
        }
        searcher.store.close()
    draw = JointResampling()
    arms = {name: draw.resampled(Arm(name, (None,), (sample,))) for name, sample in samples.items()}
    return shown(arms, tuple(sorted(benchmark.corpora)))


def indexed(benchmark: Benchmark, encoder: Encoder, folder: Path) -> Searcher:
    """All passages of all languages in one index."""
    store: EmbeddedStore | None = None
    for language, side in sorted(benchmark.corpora.items()):
        vectors = prepared("cosine")(encoder.encode_passages(side.texts, language))
        passages = [
            Passage(f"{language}:{id}", f"{language}:{id}", text, language)
            for id, text in zip(side.ids, side.texts, strict=True)
        ]
        store = store or EmbeddedStore(folder, vectors.shape[1])
        store.upsert(passages, vectors)
    assert store is not None
    print(f"{sum(store.counts().values())} passages in {len(store.counts())} languages", flush=True)
    return Searcher(store, encoder)


def measured(
    benchmark: Benchmark, searcher: Searcher, name: str, every: int, top: int
) -> ValueSample:
    """The values of every question in every language under a dial."""
    gold: dict[str, list[str]] = {}
    for one in benchmark.gold:
        gold.setdefault(one.query_id, []).append(f"{one.language}:{one.passage_id}")
    languages = tuple(sorted(benchmark.corpora))
    clusters = {group: i for i, group in enumerate(sorted({benchmark.group(id) for id in gold}))}
    ids = tuple(id for id in sorted(gold) if clusters[benchmark.group(id)] % every == 0)
    rows: list[list[float]] = []
    asked_in: list[int] = []
    asked: list[int] = []
    for x, language in enumerate(languages):
        side = benchmark.queries[language]
        text = dict(zip(side.ids, side.texts, strict=True))
        here = [id for id in ids if id in text]
        dial = dial_of(name, language)
        for start in range(0, len(here), 64):
            some = here[start : start + 64]
            answers = searcher.answers(
                [Request(text[id], k=DEEP, language=language, dial=dial) for id in some]
            )
            rows += [
                values(hits, gold[id], language, languages, top)
                for id, hits in zip(some, answers, strict=True)
            ]
        asked += [ids.index(id) for id in here]
        asked_in += [x] * len(here)
    print(f"{name}: {len(rows)} searches", flush=True)
    return ValueSample(
        source=name,
        benchmark=benchmark.name,
        ties="index",
        languages=languages,
        query_ids=ids,
        groups=np.array([clusters[benchmark.group(id)] for id in ids]),
        names=(*languages, *(f"cross {x}" for x in languages), *OTHERS),
        query_language=np.array(asked_in),
        query=np.array(asked),
        values=np.array(rows),
    )


def dial_of(name: str, language: str) -> Dial:
    """The dial by its name in the table, for questions in a language."""
    match name:
        case "as scored":
            return AsScored()
        case "balanced":
            return Balanced()
        case "preferred: own":
            return Preferred((language,))
        case _:
            return Preferred(("en",))


def values(
    hits: Sequence[Hit], gold: Sequence[str], language: str, languages: Sequence[str], top: int
) -> list[float]:
    """Recall by language of the answers, the same without the question's, and OTHERS."""
    place = {hit.passage.id: i for i, hit in enumerate(hits, 1)}
    places: dict[str, list[int]] = {x: [] for x in languages}
    for one in gold:
        places[one.partition(":")[0]].append(place.get(one, DEEP + 1))
    recall = {
        x: sum(p <= top for p in some) / len(some) if some else np.nan for x, some in places.items()
    }
    first = {x: min(some) for x, some in places.items() if some}
    own = first.get(language)
    return [
        *(recall[x] for x in languages),
        *(np.nan if x == language else recall[x] for x in languages),
        recall[language],
        np.nan if own is None else (1 / own if own <= DEEP else 0.0),
        max(first.values()) - min(first.values()),
        sum(hit.passage.language == language for hit in hits[:top]) / top,
    ]


def shown(arms: dict[str, Resampled], languages: Sequence[str]) -> int:
    """Prints figures, differences and recall by language; 0 if balanced helps the worst one."""
    before = arms["as scored"]
    print(f"\n| | {' | '.join(FIGURES)} |\n|{'---|' * (1 + len(FIGURES))}")
    for name, arm in arms.items():
        observed, _ = figures(arm, len(languages))
        print(f"| {name} | {' | '.join(f'{value:.4f}' for value in observed)} |")
    low = 0.0
    for name, arm in arms.items():
        if arm is before:
            continue
        (a, drawn_a), (b, drawn_b) = (figures(one, len(languages)) for one in (arm, before))
        found = intervals(a - b, drawn_a - drawn_b, arm.confidence)
        cells = (f"{one.mean:+.4f} [{one.low:+.4f}, {one.high:+.4f}]" for one in found)
        print(f"| {name}, change | {' | '.join(cells)} |")
        low = found[0].low if name == "balanced" else low
    for what, start in (("", 0), ("cross ", len(languages))):
        print(f"\n| {what}recall of answers in | {' | '.join(languages)} |")
        print("|---|" + "---|" * len(languages))
        for name, arm in arms.items():
            recall = macro(arm.observed)[start : start + len(languages)]
            print(f"| {name} | {' | '.join(f'{value:.3f}' for value in recall)} |")
    return int(not low > 0)


def figures(arm: Resampled, languages: int) -> tuple[np.ndarray, np.ndarray]:
    """(figures,) and (resamples, figures): FIGURES on all questions, and in every resample."""

    def of(all_figures: np.ndarray) -> np.ndarray:
        means = macro(all_figures)
        sides = means[..., :languages], means[..., languages : 2 * languages]
        heads = [one for x in sides for one in (x.min(axis=-1), x.mean(axis=-1))]
        return np.concatenate([np.stack(heads, axis=-1), means[..., 2 * languages :]], axis=-1)

    return of(arm.observed), of(arm.draws)


class FileEncoder:
    """Vectors that were made before."""

    by_language = True

    def __init__(self, path: Path, benchmark: Benchmark) -> None:
        self._known: dict[tuple[str, str, str], np.ndarray] = {}
        with np.load(path) as arrays:
            for kind, sides in (("q", benchmark.queries), ("c", benchmark.corpora)):
                for language, side in sides.items():
                    rows = arrays[f"{kind}_{language}"]
                    for text, row in zip(side.texts, rows, strict=True):
                        self._known[kind, language, text] = row

    def encode_queries(self, texts: Sequence[str], language: str) -> np.ndarray:
        """(texts, d) float32."""
        return np.stack([self._known["q", language, text] for text in texts])

    def encode_passages(self, texts: Sequence[str], language: str) -> np.ndarray:
        """(texts, d) float32."""
        return np.stack([self._known["c", language, text] for text in texts])

    def describe(self) -> dict[str, object]:
        """What it is."""
        return {"encoder": "vectors of a file"}


class MadeUpEncoder:
    """What a text means, blurred, and far more strongly which language it is in."""

    def encode_queries(self, texts: Sequence[str], language: str) -> np.ndarray:
        """(texts, 24) float32."""
        return self._encoded(texts, 1)

    def encode_passages(self, texts: Sequence[str], language: str) -> np.ndarray:
        """(texts, 24) float32."""
        return self._encoded(texts, 2)

    def describe(self) -> dict[str, object]:
        """What it is."""
        return {"encoder": "made up"}

    def _encoded(self, texts: Sequence[str], side: int) -> np.ndarray:
        found = []
        for text in texts:
            number, language = map(int, text.split())
            own = np.random.default_rng([3, language]).standard_normal(24)
            meaning = np.random.default_rng([4, number]).standard_normal(24)
            noise = np.random.default_rng([side, number, language]).standard_normal(24)
            found.append(3 * own + meaning + noise / 2)
        return np.array(found, np.float32)


def made_up(languages: int = 5, sentences: int = 60) -> Benchmark:
    """Every sentence is asked for in every language."""
    codes = ("de", "en", "sw", "th", "zh")[:languages]
    ids = tuple(map(str, range(sentences)))
    sides = {
        code: Texts(ids, tuple(f"{number} {x}" for number in range(sentences)))
        for x, code in enumerate(codes)
    }
    gold = tuple(Gold(id, code, id) for id in ids for code in codes)
    return Benchmark("made up", sides, sides, gold, {id: str(int(id) // 3) for id in ids})


if __name__ == "__main__":
    sys.exit(main())
