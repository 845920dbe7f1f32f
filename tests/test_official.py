"""The official measures of named benchmarks."""

import math

import published
import pytest
from data import benchmark

from lingweave.cli import main
from lingweave.encoders.random_vectors import RandomVectors
from lingweave.encoders.scores import encoder_scores
from lingweave.evaluate import Evaluation, evaluate
from lingweave.evaluate.official import means_of, official_measures
from lingweave.metrics import MEASURES, measure_named
from lingweave.sources.catalogue import CATALOGUE


@pytest.mark.parametrize("seed", range(3))
def test_means_over_languages_are_those_of_the_evaluation(seed):
    made = benchmark(seed)
    evaluation = evaluate(made, encoder_scores(RandomVectors(seed), made))
    means = means_of(evaluation, MEASURES)
    for measure in MEASURES:
        for x, of_pairs in means.pairs[measure.name].items():
            told = {
                y: figures[measure.name] for y, figures in evaluation.summary["pairs"][x].items()
            }
            assert of_pairs == pytest.approx({y: v for y, v in told.items() if v is not None})
        for setting in ("mono", "cross", "multi"):
            found = means.settings[setting][measure.name]
            assert found["all"] == pytest.approx(evaluation.macro[setting][measure.name])
            told = evaluation.summary["per_language"]
            for language in evaluation.languages:
                value = told[language][setting][measure.name]
                assert found.get(language) == (None if value is None else pytest.approx(value))


def test_measures_of_any_depth_have_names():
    for name in ("mAP", "R@100", "hit@1", "MRR@100", "nDCG@20"):
        measure = measure_named(name)
        assert measure is not None
        assert measure.name == name
    assert [measure_named(name) for name in ("EM", "F1", "R@", "nDCG", "P@5")] == [None] * 5


def test_every_benchmark_has_a_measure_that_ranks_or_reading_tell():
    for entry in CATALOGUE.values():
        told = {measure.name for measure in official_measures(entry)}
        assert told | {"EM", "F1"} >= set(entry.metrics), entry.name


def test_a_deeper_measure_sees_more():
    made = benchmark(7)
    evaluation = evaluate(made, encoder_scores(RandomVectors(7), made))
    few, many = (
        means_of(evaluation, [measure_named(f"R@{k}")]).settings["multi"] for k in (1, 1000)
    )
    assert many["R@1000"]["all"] == 1
    assert few["R@1"]["all"] < 1
    assert not math.isnan(few["R@1"]["all"])


def test_a_language_that_asks_about_others_is_printed_by_pair(tmp_path, capsys):
    folder = published.ciral_folder(tmp_path / "ciral")
    words = ["--benchmark", "ciral", "--data", str(folder), "--encoder", "random"]
    assert main(["evaluate", *words, "--out", str(tmp_path / "out")]) == 0
    evaluation = Evaluation.open(tmp_path / "out")
    means = means_of(evaluation, [measure_named("nDCG@20")])
    (line,) = [x for x in capsys.readouterr().out.splitlines() if "nDCG@20" in x]
    assert line.endswith(
        "{cross:.4f} cross, {multi:.4f} multi, {ha:.4f} en→ha, {yo:.4f} en→yo".format(
            **{x: of["nDCG@20"]["all"] for x, of in means.settings.items()},
            **means.pairs["nDCG@20"]["en"],
        )
    )
    assert means.settings["cross"]["nDCG@20"].keys() == {"all", "en"}
