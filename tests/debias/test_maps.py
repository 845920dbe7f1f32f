"""Corrections by hand and by their properties, on disk and in an index's files."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lingweave.debias import Debias, LanguageMaps, lir_maps, mean_maps, shift_maps
from lingweave.debias.maps import no_maps
from lingweave.debias.vectors import VectorFile, drawn_rows
from lingweave.encoders.unit import normalised
from lingweave.errors import LingweaveError

SEEDS = st.integers(0, 10_000)


def samples(seed: int = 0, dimension: int = 6) -> dict[str, np.ndarray]:
    """Three languages, each around a place of its own."""
    random = np.random.default_rng(seed)
    return {
        x: (3 * random.standard_normal(dimension) + random.standard_normal((n, dimension))).astype(
            np.float32
        )
        for x, n in (("en", 20), ("de", 9), ("th", 30))
    }


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_mean_removal_leaves_no_mean(seed: int) -> None:
    drawn = samples(seed)
    maps = mean_maps(drawn)
    assert maps.languages == ("de", "en", "th", "und")
    for language, vectors in drawn.items():
        moved = maps.applied(vectors, language)
        np.testing.assert_allclose(moved.mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(moved, vectors - vectors.mean(axis=0), atol=1e-5)
    everywhere = np.mean([v.mean(axis=0) for v in drawn.values()], axis=0)
    np.testing.assert_allclose(maps.applied(drawn["en"], "fi"), drawn["en"] - everywhere, atol=1e-5)


@settings(deadline=None, max_examples=20)
@given(SEEDS, st.integers(1, 5))
def test_lir_removes_the_first_singular_directions(seed: int, components: int) -> None:
    drawn = samples(seed)
    maps = lir_maps(drawn, components)
    for language, vectors in drawn.items():
        moved = maps.applied(vectors, language)
        _, values, rows = np.linalg.svd(vectors.astype(float), full_matrices=False)
        expected = vectors - vectors @ rows[:components].T @ rows[:components]
        np.testing.assert_allclose(moved, expected, atol=1e-4)
        np.testing.assert_allclose(maps.applied(moved, language), moved, atol=1e-4)
        left = np.linalg.svd(moved, compute_uv=False)
        np.testing.assert_allclose(left[: 6 - components], values[components:], atol=1e-4)
    np.testing.assert_array_equal(maps.applied(drawn["en"], "fi"), drawn["en"])


def test_shift_moves_means_to_the_source() -> None:
    drawn = samples()
    source = drawn["en"].mean(axis=0)
    for strength in (0.0, 0.6, 1.0):
        maps = shift_maps(drawn, "en", strength)
        np.testing.assert_allclose(maps.applied(drawn["en"], "en"), drawn["en"], atol=1e-6)
        moved = maps.applied(drawn["th"], "th").mean(axis=0)
        expected = (1 - strength) * drawn["th"].mean(axis=0) + strength * source
        np.testing.assert_allclose(moved, expected, atol=1e-5)
        np.testing.assert_array_equal(maps.applied(drawn["en"], "fi"), drawn["en"])
    with pytest.raises(LingweaveError, match="--source fr: no texts"):
        shift_maps(drawn, "fr")


@pytest.mark.parametrize("make", [mean_maps, lir_maps, lambda s: shift_maps(s, "de")])
def test_a_map_is_a_weight_and_a_bias(make) -> None:
    drawn = samples()
    maps: LanguageMaps = make(drawn)
    for language in (*drawn, "fi"):
        weight, bias = maps.weight_and_bias(language)
        np.testing.assert_allclose(
            maps.applied(drawn["en"], language), drawn["en"] @ weight.T + bias, atol=1e-5
        )


def test_languages_are_found_with_and_without_their_region() -> None:
    maps = mean_maps(samples())
    assert [maps.languages[maps.place(x)] for x in ("de", "de-AT", "en", "fi")] == [
        "de", "de", "en", "und",
    ]  # fmt: skip


def test_too_little_to_learn_from_is_told() -> None:
    with pytest.raises(LingweaveError, match="no texts"):
        mean_maps({})
    with pytest.raises(LingweaveError, match="no texts in de"):
        mean_maps({"de": np.empty((0, 3), np.float32), "en": np.ones((1, 3), np.float32)})
    with pytest.raises(LingweaveError, match="6 components of de"):
        lir_maps(samples(), 6)
    with pytest.raises(LingweaveError, match="the vectors have 5 dimensions, the map 6"):
        mean_maps(samples()).applied(np.ones((1, 5), np.float32), "en")


@pytest.mark.parametrize("unit_length", [True, False])
@pytest.mark.parametrize("own_queries", [True, False])
def test_a_correction_survives_the_disk(tmp_path, unit_length: bool, own_queries: bool) -> None:
    drawn = samples()
    maps = lir_maps(drawn, 2)
    queries = no_maps(maps) if own_queries else maps
    debias = Debias(queries, maps, unit_length, {"method": "lir", "ζ": 1})
    debias.save(tmp_path / "deep" / "map.safetensors")
    again = Debias.open(tmp_path / "deep" / "map.safetensors")
    assert (again.unit_length, again.about) == (unit_length, {"method": "lir", "ζ": 1})
    for side in ("queries", "passages"):
        for language in ("de", "fi"):
            np.testing.assert_array_equal(
                again.applied(drawn["de"], language, side),
                debias.applied(drawn["de"], language, side),
            )
    if unit_length:
        moved = debias.applied(drawn["de"], "de", "passages")
        np.testing.assert_allclose(np.linalg.norm(moved, axis=1), 1, atol=1e-6)
        np.testing.assert_allclose(
            moved, normalised(maps.applied(normalised(drawn["de"]), "de")), atol=1e-6
        )


def test_what_is_no_map_is_refused(tmp_path) -> None:
    with pytest.raises(LingweaveError, match="no such file"):
        Debias.open(tmp_path / "nothing")
    (tmp_path / "x").write_bytes(b"not a safetensors file at all")
    with pytest.raises(LingweaveError, match="not a map of `lingweave debias`"):
        Debias.open(tmp_path / "x")
    debias = Debias(*[mean_maps(samples())] * 2, True, {})
    debias.save(tmp_path / "map")
    whole = (tmp_path / "map").read_bytes()
    (tmp_path / "map").write_bytes(whole[:-10])
    with pytest.raises(LingweaveError, match="fit it again"):
        Debias.open(tmp_path / "map")


def test_rows_are_drawn_once_each() -> None:
    assert drawn_rows(5, 9, 0).tolist() == [0, 1, 2, 3, 4]
    some = drawn_rows(1000, 50, 3)
    assert len(set(some.tolist())) == 50
    assert (np.diff(some) > 0).all()
    assert some.tolist() == drawn_rows(1000, 50, 3).tolist() != drawn_rows(1000, 50, 4).tolist()


def test_vectors_of_an_index_are_corrected_row_by_row(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("lingweave.debias.vectors.ROWS", 4)
    drawn = samples()
    maps = mean_maps(drawn)
    debias = Debias(maps, maps, True, {})
    order = np.random.default_rng(0).permutation(59)
    codes = np.array(["en"] * 20 + ["de"] * 9 + ["th"] * 30, dtype=object)[order]
    codes[:3] = ["und", "de-AT", "fi"]
    rows = np.concatenate([drawn["en"], drawn["de"], drawn["th"]])[order]
    np.save(tmp_path / "index.npy", rows.astype(np.float16))
    (tmp_path / "languages.txt").write_text("\n".join(codes))
    file = VectorFile(tmp_path / "index.npy", tmp_path / "languages.txt")
    file.write(tmp_path / "out.npy", debias)
    found = np.load(tmp_path / "out.npy")
    half = rows.astype(np.float16).astype(np.float32)
    for row, code in enumerate(codes):
        expected = debias.applied(half[[row]], str(code), "passages")[0]
        np.testing.assert_allclose(found[row], expected, atol=1e-6)
    assert {x: len(v) for x, v in file.sampled("passages", 8, 0).items()} == {
        x: min(8, n) for x, n in Counter(codes).items() if x != "und"
    }


def test_arrays_by_name_are_corrected_by_side(tmp_path) -> None:
    drawn = samples()
    maps = shift_maps(drawn, "en")
    debias = Debias(no_maps(maps), maps, False, {})
    np.savez(tmp_path / "v.npz", q_de=drawn["de"], c_de=drawn["de"], c_th=drawn["th"])
    VectorFile(tmp_path / "v.npz").write(tmp_path / "out.npz", debias)
    with np.load(tmp_path / "out.npz") as found:
        assert sorted(found.files) == ["c_de", "c_th", "q_de"]
        np.testing.assert_array_equal(found["q_de"], drawn["de"])
        for x in ("de", "th"):
            expected = debias.applied(drawn[x], x, "passages")
            np.testing.assert_allclose(found[f"c_{x}"], expected, atol=1e-6)


def test_what_else_is_in_a_file_is_copied_as_it_is(tmp_path, caplog) -> None:
    maps = mean_maps(samples())
    ids = np.array(["a", "b", "ü"])
    objects = np.array([{}, None], dtype=object)
    np.savez_compressed(tmp_path / "v.npz", c_de=samples()["de"], ids=ids, objects=objects)
    VectorFile(tmp_path / "v.npz").write(tmp_path / "out.npz", Debias(maps, maps, True, {}))
    with np.load(tmp_path / "out.npz") as found:
        assert sorted(found.files) == ["c_de", "ids", "objects"]
        np.testing.assert_array_equal(found["ids"], ids)
        assert len(found["c_de"]) == 9
    assert "neither q_<language> nor c_<language>: ids, objects" in caplog.text


def test_malformed_vector_files_get_one_clear_line(tmp_path) -> None:
    good, lines = tmp_path / "v.npy", tmp_path / "l.txt"
    np.save(good, np.ones((3, 2), np.float32))

    def told(match: str, path=good, languages=lines) -> None:
        with pytest.raises(LingweaveError, match=match):
            VectorFile(path, languages)

    told("cannot be read")
    lines.write_text("de\nen\n")
    told("2 languages for the 3 rows")
    lines.write_text("de\nen\nklingonish\n")
    told("line 3: unknown language 'klingonish'")
    told("no such file", tmp_path / "nothing.npy")
    (tmp_path / "x.npz").write_bytes(b"nonsense")
    told("not a readable", tmp_path / "x.npz", None)
    np.savez(tmp_path / "n.npz", vectors=np.ones((2, 2)))
    told("no array is named q_<language> or c_<language>; it holds vec", tmp_path / "n.npz", None)
    np.savez(tmp_path / "d.npz", c_de=np.ones((2, 2)), c_en=np.ones((2, 3)))
    told("arrays of 2, 3 dimensions", tmp_path / "d.npz", None)
    np.save(tmp_path / "flat.npy", np.ones(3))
    told("expected rows of numbers", tmp_path / "flat.npy")
    lines.write_text("de\nen\nde\n")
    np.save(good, np.array([[1, 2], [np.nan, 0], [3, 4]], dtype=np.float32))
    with pytest.raises(LingweaveError, match="NaN or infinity in row 1"):
        VectorFile(good, lines).sampled("passages", 9, 0)


@pytest.mark.parametrize("length", [1e-25, 1, 1e25])
def test_a_correction_for_cosine_is_the_same_at_any_length(length: float) -> None:
    drawn = samples()
    maps = mean_maps({x: normalised(v) for x, v in drawn.items()})
    debias = Debias(maps, maps, True, {})
    long = drawn["de"] * np.float32(length)
    np.testing.assert_allclose(np.linalg.norm(normalised(long), axis=1), 1, rtol=1e-6)
    expected = debias.applied(drawn["de"], "de", "passages")
    np.testing.assert_allclose(debias.applied(long, "de", "passages"), expected, atol=1e-5)
