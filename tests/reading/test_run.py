"""`lingweave read`."""

import json
from dataclasses import replace

import pytest
from data import lareqa_folder

from lingweave.cli import main
from lingweave.evaluate import EvaluateConfig, Evaluation, run
from lingweave.evaluate.again import benchmark_of
from lingweave.reading import MKQA, SQUAD, sentence_match
from lingweave.reading.config import ReadConfig
from lingweave.reading.run import _rules


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("read")
    data = lareqa_folder(folder / "data")
    run(EvaluateConfig(data=data, encoder="random", out=folder / "e"))
    return folder / "e", data


@pytest.mark.parametrize(("words", "rules"), [([], SQUAD), (["--rules", "mkqa"], MKQA)])
def test_figures_are_those_of_the_function(evaluated, capsys, words, rules):
    folder, data = evaluated
    words = [*words, "--data", str(data), "--depth", "3", "--resamples", "20"]
    assert main(["read", str(folder), *words]) == 0
    assert rules.title in " ".join(capsys.readouterr().out.split())
    (told,) = json.loads((folder / "reading.json").read_text())["readings"]
    evaluation = Evaluation.open(folder)
    benchmark = benchmark_of(evaluation, data)
    expected = sentence_match(evaluation.top(), benchmark, rules, (1, 3))
    assert told["contains@3"]["mean"] == expected.value["contains@3"].mean
    assert sorted(told["by_language"]) == ["de", "en", "th"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "one evaluation"),
        (["nowhere"], "nowhere"),
        (["{e}", "--depth", "0"], "--depth 0"),
        (["{e}", "--data", "nowhere"], "nowhere"),
    ],
)
def test_mistakes_are_one_line(evaluated, capsys, words, message):
    assert main(["read", *(word.format(e=evaluated[0]) for word in words)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("lingweave: ")
    assert error.count("\n") == 1
    assert message in error


@pytest.mark.parametrize("name", ["mkqa", "nq-crosslingual", "nq-crosslingual-answers"])
def test_mkqa_has_its_own_rules_wherever_its_questions_are_asked(evaluated, name):
    evaluation = Evaluation.open(evaluated[0])
    provenance = {**evaluation.provenance, "configuration": {"benchmark": name}}
    asked = replace(evaluation, summary={**evaluation.summary, "provenance": provenance})
    assert _rules(ReadConfig([str(evaluated[0])]), asked) is MKQA
