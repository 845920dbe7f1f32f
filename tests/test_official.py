"""The official measures of named benchmarks."""

import math

import pytest
from data import benchmark

from lingweave.encoders.random_vectors import RandomVectors
from lingweave.encoders.scores import encoder_scores
from lingweave.evaluate import evaluate
from lingweave.evaluate.official import means_of, official_measures
from lingweave.metrics import MEASURES, measure_named
from lingweave.sources.catalogue import CATALOGUE


@pytest.mark.parametrize("seed", range(3))
def test_means_over_languages_are_those_of_the_evaluation(seed):
    made = benchmark(seed)
    evaluation = evaluate(made, encoder_scores(RandomVectors(seed), made))
    means = means_of(evaluation, MEASURES)
    for setting in ("mono", "multi"):
        for measure in MEASURES:
            found = means[setting][measure.name]
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
    few, many = (means_of(evaluation, [measure_named(f"R@{k}")])["multi"] for k in (1, 1000))
    assert many["R@1000"]["all"] == 1
    assert few["R@1"]["all"] < 1
    assert not math.isnan(few["R@1"]["all"])
