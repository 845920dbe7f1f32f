"""`lingweave debias`: what it writes is what it measures."""

import json

import numpy as np
import pytest
from data import lareqa_folder
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Router
from sentence_transformers.sentence_transformer.modules import Normalize
from tiny import tiny_model

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.cli import main
from lingweave.debias import Debias, DebiasConfig
from lingweave.debias.encoder import Remembering
from lingweave.debias.run import run
from lingweave.encoders import encoder_scores
from lingweave.encoders.choice import EncoderOptions, encoder_of, scores_of
from lingweave.encoders.routes import has_routes, task_of
from lingweave.encoders.sentence_transformer import SentenceTransformerEncoder
from lingweave.errors import LingweaveError
from lingweave.evaluate import Evaluation
from lingweave.sources.lareqa import lareqa


@pytest.fixture
def data(tmp_path):
    return lareqa_folder(tmp_path / "data", ("de", "en", "th"))


def options(data, tmp_path, **more) -> DebiasConfig:
    given = {"benchmark": "lareqa", "data": data, "resamples": 20, "progress": False}
    return DebiasConfig(**{**given, "out": tmp_path / "out", **more})


@pytest.mark.parametrize("method", ["mean", "lir", "shift"])
def test_the_checkpoint_loads_anywhere_and_does_what_the_map_does(
    data, tmp_path, method: str
) -> None:
    model = tiny_model(tmp_path / "model")
    (model / "lingweave.json").write_text('{"seen": []}')
    made = run(options(data, tmp_path, model=str(model), method=method))
    assert (tmp_path / "out" / "model" / "lingweave.json").read_text() == '{"seen": []}'
    debias = Debias.open(tmp_path / "out" / "languages.safetensors")
    assert dict(debias.about) == json.loads(json.dumps(dict(made.debias.about)))
    plain = SentenceTransformerEncoder(str(model), device="cpu")
    loaded = SentenceTransformer(
        str(tmp_path / "out" / "model"), device="cpu", trust_remote_code=False
    )
    routed = SentenceTransformerEncoder(str(tmp_path / "out" / "model"), device="cpu")
    assert (plain.by_language, routed.by_language) == (False, True)
    texts = ["sky grass", "snow", "grass : sky"]
    for language in ("de", "th", "fi", "en-GB"):
        for side, kind, task, encode, corrected in (
            ("queries", "query", "query", plain.encode_queries, routed.encode_queries),
            ("passages", "passage", "document", plain.encode_passages, routed.encode_passages),
        ):
            expected = debias.applied(encode(texts, language), language, side)
            route = task_of(loaded, kind, language)
            found = loaded.encode(texts, prompt_name=task, task=route)
            np.testing.assert_allclose(found, expected, atol=1e-5)
            np.testing.assert_allclose(corrected(texts, language), expected, atol=1e-5)
    unknown = debias.applied(plain.encode_queries(texts, "de"), "und", "queries")
    np.testing.assert_allclose(loaded.encode_query(texts), unknown, atol=1e-5)
    types = [m["type"] for m in json.loads((tmp_path / "out/model/modules.json").read_text())]
    assert all(one.startswith("sentence_transformers.") for one in types)
    assert task_of(SentenceTransformer(str(model), device="cpu"), "query", "de") is None
    assert has_routes(tmp_path / "out" / "model")
    assert not has_routes(model)


def shared_texts() -> Benchmark:
    """Equal texts in two languages, which a correction tells apart."""
    texts = ("sky grass", "snow", "grass : sky", "snow sky snow")
    sides = {
        "de": Texts(("1", "2", "3", "4"), texts),
        "en": Texts(("1", "2", "3", "4"), texts[::-1]),
    }
    gold = tuple(Gold(str(i), x, str(i)) for x in sides for i in range(1, 5))
    return Benchmark("shared", sides, sides, gold)


@pytest.mark.parametrize("kept", [None, "cache", "shards", "memory"])
def test_a_corrected_checkpoint_is_measured_with_its_correction(tmp_path, kept) -> None:
    """Its scores are those of the map on the model's vectors, equal texts of two languages too."""
    model = tiny_model(tmp_path / "model")
    rows = [
        {"_id": f"{x}{i}", "text": f"{word} snow {word}", "lang": x}
        for x, words in (("de", "sky :"), ("en", "grass snow"))
        for i, word in enumerate(words.split())
    ]
    (tmp_path / "own.jsonl").write_text("\n".join(map(json.dumps, rows)))
    learned = DebiasConfig(
        model=str(model), corpus=tmp_path / "own.jsonl", out=tmp_path / "out", progress=False
    )
    debias = run(learned).debias
    plain = SentenceTransformerEncoder(str(model), device="cpu")
    made = shared_texts()
    expected = {
        (side, x): debias.applied(encode(texts.texts, x), x, side)
        for side, encode, sides in (
            ("queries", plain.encode_queries, made.queries),
            ("passages", plain.encode_passages, made.corpora),
        )
        for x, texts in sides.items()
    }
    folder = {kept: tmp_path / "kept"} if kept in ("cache", "shards") else {}
    config = EncoderOptions(
        model=str(tmp_path / "out" / "model"), device="cpu", progress=False, **folder
    )
    pool = np.concatenate([expected["passages", y] for y in sorted(made.corpora)])
    remembering = Remembering(encoder_of(config))
    for _ in range(2):  # The second time, from what was kept.
        scores = encoder_scores(remembering, made) if kept == "memory" else scores_of(config, made)
        assert scores.first_equal.tolist() == list(range(8))
        for x in made.queries:
            np.testing.assert_allclose(
                scores.block(x, slice(0, 4)), expected["queries", x] @ pool.T, atol=1e-4
            )


def test_before_and_after_are_evaluations_of_the_same_benchmark(data, tmp_path) -> None:
    model = tiny_model(tmp_path / "model")
    made = run(options(data, tmp_path, model=str(model)))
    before, after = (Evaluation.open(tmp_path / "out" / name) for name in ("before", "after"))
    assert made.comparison.arm("before").macro["multi.mAP"].mean == pytest.approx(
        before.macro["multi"]["mAP"]
    )
    assert made.comparison.arm("after").difference["multi.mAP"].mean == pytest.approx(
        after.macro["multi"]["mAP"] - before.macro["multi"]["mAP"]
    )
    record = json.loads((tmp_path / "out" / "debias.json").read_text())
    distance = record["bias"]["rank_distance"]
    assert distance["before"]["mean"] == pytest.approx(before.macro["rank_distance"])
    assert distance["after"]["mean"] == pytest.approx(after.macro["rank_distance"])
    assert record["about"]["texts"] == {"de": 9, "en": 9, "th": 9}


def test_a_biased_encoder_becomes_fairer_and_better(data, tmp_path) -> None:
    """Vectors of one meaning a sentence, far from each other by language: the mean is all bias."""
    made = lareqa(data)
    random = np.random.default_rng(0)
    n = len(made.corpora["de"].ids)
    meanings = random.standard_normal((n, 16)).astype(np.float32)
    asked = [made.corpora["de"].ids.index(g.passage_id) for g in made.gold if g.language == "de"]
    arrays = {}
    for x in made.languages:
        place = 6 * random.standard_normal(16).astype(np.float32)
        arrays[f"c_{x}"] = meanings + place
        arrays[f"q_{x}"] = meanings[asked] + place
    np.savez(tmp_path / "v.npz", **arrays)
    changed = run(options(data, tmp_path, vectors=tmp_path / "v.npz", resamples=200))
    named = {one.figure.name: one for one in changed.changes}
    before = {one.figure.name: one for one in changed.before}
    after = {one.figure.name: one for one in changed.after}
    assert before["own_language_share_at_10"].value.mean > 0.8
    assert after["rank_distance"].value.mean < 4
    assert named["rank_distance"].difference.high < 0
    assert changed.comparison.arm("after").difference["multi.mAP"].low > 0
    assert after["own_language_share_at_10"].value.mean < 0.5


def test_an_index_is_corrected_with_a_map_of_before(data, tmp_path) -> None:
    random = np.random.default_rng(0)
    np.save(tmp_path / "i.npy", random.standard_normal((30, 4)).astype(np.float32))
    (tmp_path / "l.txt").write_text("de\nen\nth\n" * 10)
    first = run(
        DebiasConfig(
            vectors=tmp_path / "i.npy", vector_languages=tmp_path / "l.txt", out=tmp_path / "a"
        )
    )
    second = run(
        DebiasConfig(
            vectors=tmp_path / "i.npy",
            vector_languages=tmp_path / "l.txt",
            map=tmp_path / "a" / "languages.safetensors",
            out=tmp_path / "b",
        )
    )
    assert first.comparison is None
    np.testing.assert_array_equal(
        np.load(tmp_path / "a" / "vectors.npy"), np.load(tmp_path / "b" / "vectors.npy")
    )
    assert dict(second.debias.about)["texts"] == {"de": 10, "en": 10, "th": 10}


@pytest.mark.parametrize("unknown", ["und", "zxx"])
def test_rows_of_unknown_language_get_the_map_of_unknown_languages(tmp_path, unknown: str) -> None:
    vectors = np.random.default_rng(0).standard_normal((40, 4)).astype(np.float32)
    np.save(tmp_path / "i.npy", vectors)
    (tmp_path / "l.txt").write_text(f"de\nen\nth\n{unknown}\n" * 10)
    made = run(
        DebiasConfig(
            vectors=tmp_path / "i.npy", vector_languages=tmp_path / "l.txt", out=tmp_path / "a"
        )
    )
    assert made.debias.passages.languages == ("de", "en", "th", "und")
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    everywhere = np.mean([unit[i::4].mean(axis=0) for i in range(3)], axis=0)
    moved = unit[3::4] - everywhere
    expected = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    np.testing.assert_allclose(np.load(tmp_path / "a" / "vectors.npy")[3::4], expected, atol=1e-5)


def index(tmp_path, **more) -> DebiasConfig:
    """Of thirty vectors in three languages."""
    if not (tmp_path / "i.npy").exists():
        random = np.random.default_rng(0)
        np.save(tmp_path / "i.npy", random.standard_normal((30, 4)).astype(np.float32))
        (tmp_path / "l.txt").write_text("de\nen\nth\n" * 10)
    given = {"vectors": tmp_path / "i.npy", "vector_languages": tmp_path / "l.txt"}
    return DebiasConfig(**{**given, "out": tmp_path / "out", **more})


def test_a_map_is_applied_under_the_similarity_that_it_was_learned_for(tmp_path) -> None:
    run(index(tmp_path))
    with pytest.raises(LingweaveError, match="was learned for --similarity cosine; give that"):
        run(
            index(
                tmp_path,
                map=tmp_path / "out" / "languages.safetensors",
                similarity="dot",
                out=tmp_path / "b",
            )
        )
    assert not (tmp_path / "b").exists()


def test_another_correction_takes_no_folder_that_holds_one(data, tmp_path) -> None:
    run(index(tmp_path))
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    with pytest.raises(LingweaveError, match=r"differs in components, method; choose another"):
        run(index(tmp_path, method="lir", components=2))
    again = index(tmp_path, map=tmp_path / "out" / "languages.safetensors")
    with pytest.raises(LingweaveError, match=r"holds a correction that differs in .*map"):
        run(again)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    run(index(tmp_path))  # The same command is taken up again.
    (tmp_path / "out" / "debias.json").write_text('{"format_version": 1}')
    with pytest.raises(LingweaveError, match=r"debias.json: does not tell what it was made with"):
        run(index(tmp_path))


def test_what_is_in_the_way_of_the_map_is_told_and_nothing_is_made_with_it(tmp_path) -> None:
    (tmp_path / "out" / "languages.safetensors").mkdir(parents=True)
    with pytest.raises(LingweaveError, match=r"cannot write .*languages.safetensors: Is a direct"):
        run(index(tmp_path))
    assert not (tmp_path / "out" / "vectors.npy").exists()


@pytest.mark.parametrize("own_router", [False, True])
def test_a_model_that_routes_texts_gets_a_map_and_no_model(tmp_path, caplog, own_router) -> None:
    """Its routes would not be those that were measured: of a corrected model, or of its own."""
    model = tiny_model(tmp_path / "model")
    rows = [
        {"_id": f"{x}{i}", "text": f"{word} snow", "lang": x}
        for x in ("de", "en")
        for i, word in enumerate(("sky", "grass"))
    ]
    (tmp_path / "own.jsonl").write_text("\n".join(map(json.dumps, rows)))
    given = {"corpus": tmp_path / "own.jsonl", "progress": False}
    if own_router:
        plain = SentenceTransformer(str(model), device="cpu")
        asked, kept = [Normalize()], [Normalize()]
        router = Router.for_query_document(asked, kept)
        routed = SentenceTransformer(modules=[*plain.children(), router], device="cpu")
        routed.save(str(tmp_path / "routed"), create_model_card=False)
        model = tmp_path / "routed"
    else:
        run(DebiasConfig(model=str(model), out=tmp_path / "first", **given))
        model = tmp_path / "first" / "model"
    made = run(DebiasConfig(model=str(model), out=tmp_path / "out", **given))
    assert "no model is written" in caplog.text
    names = {path.name for path in made.written}
    assert names == {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"languages.safetensors", "debias.json"}


@pytest.mark.parametrize("link", [False, True])
def test_nothing_of_the_users_is_overwritten(data, tmp_path, link: bool) -> None:
    (tmp_path / "own").mkdir()
    np.savez(tmp_path / "own" / "vectors.npz", c_de=np.eye(4))
    kept = (tmp_path / "own" / "vectors.npz").read_bytes()
    model = tiny_model(tmp_path / "own" / "model")
    out = tmp_path / "own"
    if link:
        out = tmp_path / "link"
        out.symlink_to(tmp_path / "own")
    with pytest.raises(LingweaveError, match=r"would overwrite .*vectors.npz; give another folder"):
        DebiasConfig(vectors=tmp_path / "own" / "vectors.npz", out=out)
    with pytest.raises(LingweaveError, match=r"would overwrite .*model; give another folder"):
        options(data, tmp_path, model=str(model), out=out)
    assert (tmp_path / "own" / "vectors.npz").read_bytes() == kept


def test_texts_without_letters_are_not_learned_from(tmp_path) -> None:
    texts = ("12", "Das Wetter ist schön", "")
    rows = [{"_id": str(i), "text": text} for i, text in enumerate(texts)]
    (tmp_path / "own.jsonl").write_text("\n".join(map(json.dumps, rows)))
    made = run(DebiasConfig(encoder="random", corpus=tmp_path / "own.jsonl", out=tmp_path / "out"))
    assert made.debias.passages.languages == ("de", "und")


def test_texts_of_ones_own_are_learned_from(tmp_path, caplog) -> None:
    data = lareqa_folder(tmp_path / "data", ("de", "en", "th"))
    rows = [
        {"_id": f"{x}{i}", "text": f"{word} {word} snow", "lang": x}
        for i, word in enumerate(("sky", "grass"))
        for x in ("de", "en")
    ]
    (tmp_path / "own.jsonl").write_text("\n".join(map(json.dumps, rows)))
    model = tiny_model(tmp_path / "model")
    made = run(options(data, tmp_path, model=str(model), corpus=tmp_path / "own.jsonl"))
    assert made.debias.passages.languages == ("de", "en", "und")
    assert "no map was learned for th" in caplog.text
    assert "fewer than 100 texts to learn from in de (2), en (2)" in caplog.text


def test_the_command_prints_changes(data, tmp_path, capsys) -> None:
    model = tiny_model(tmp_path / "model")
    status = main(
        ["debias", "--model", str(model), "--benchmark", "lareqa", "--data", str(data),
         "--method", "lir", "--components", "2", "--fit-queries", "--resamples", "20",
         "--progress", "false", "--out", str(tmp_path / "out")]
    )  # fmt: skip
    assert status == 0
    printed = capsys.readouterr().out
    assert "rank_distance" in printed
    assert f"wrote {tmp_path / 'out' / 'model'}" in printed


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"model": "m"}, "nothing to learn from"),
        ({"encoder": "tfidf", "benchmark": "lareqa"}, "has no vectors to correct"),
        ({"model": "m", "benchmark": "lareqa", "components": 2}, "only goes with --method lir"),
        ({"model": "m", "benchmark": "lareqa", "source": "de"}, "only goes with --method shift"),
        ({"model": "m", "benchmark": "lareqa", "sample": 1}, "must be 2 or more"),
        ({"model": "m", "benchmark": "lareqa", "method": "shift", "strength": 2}, "between 0 and"),
        ({"model": "m", "corpus": "c", "fit_queries": True}, "a --benchmark's queries"),
        ({"model": "m", "corpus": "c", "map": "m"}, "--corpus: a --map is applied as it is"),
        ({"model": "m", "map": "m", "method": "lir"}, "--method: a --map"),
        ({"model": "m", "map": "m", "components": 2}, "--components: a --map"),
        ({"model": "m", "map": "m", "strength": 0.5}, "--strength: a --map"),
        ({"model": "m", "map": "m", "sample": 9}, "--sample: a --map"),
        ({"model": "m", "corpus": "c", "seed": -1}, "--seed -1: must be 0 or more"),
        ({"model": "m", "corpus": "c", "data": "d"}, "give --benchmark too"),
        ({"model": "m", "corpus": "c", "vector_languages": "l"}, "only goes with --vectors"),
        ({"model": "m", "corpus": "c", "shards": "s"}, "--shards: debias keeps vectors"),
        ({"vectors": "v.npy"}, "give --vector_languages"),
        ({"vectors": "v.npy", "vector_languages": "l", "benchmark": "x"}, "need an .npz"),
        ({"vectors": "v.npz", "vector_languages": "l"}, "leave it out"),
        ({"vectors": "v.npz", "corpus": "c"}, "learned from themselves"),
    ],
)
def test_options_that_do_not_go_together(given, match) -> None:
    from pathlib import Path

    paths = {"corpus", "data", "map", "shards", "vector_languages", "vectors"}
    with pytest.raises(LingweaveError, match=match):
        DebiasConfig(**{k: Path(v) if k in paths else v for k, v in given.items()})


def test_languages_of_ones_own_texts_are_detected(tmp_path) -> None:
    texts = (
        "The weather is fine today and we are going for a long walk.",
        "Das Wetter ist heute schön und wir machen einen langen Spaziergang.",
        "Погода сегодня прекрасная, и мы идём на долгую прогулку.",
    )
    rows = [{"_id": str(i), "text": text} for i, text in enumerate(texts)]
    (tmp_path / "own.jsonl").write_text("\n".join(map(json.dumps, rows)))
    made = run(DebiasConfig(encoder="random", corpus=tmp_path / "own.jsonl", out=tmp_path / "out"))
    assert made.debias.passages.languages == ("de", "en", "ru", "und")
    assert {path.name for path in made.written} == {"languages.safetensors", "debias.json"}
