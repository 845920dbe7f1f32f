"""`lingweave read`."""

import errno
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from data import lareqa_folder

from lingweave.cli import main
from lingweave.errors import LingweaveError
from lingweave.evaluate import EvaluateConfig, Evaluation, run
from lingweave.evaluate.again import benchmark_of
from lingweave.reading import MKQA, SQUAD, sentence_match
from lingweave.reading import run as module
from lingweave.reading.config import ReadConfig
from lingweave.reading.run import _rules
from lingweave.reading.values import answer_sample
from lingweave.significance import (
    Arm,
    Resampling,
    language_intervals,
    macro_intervals,
    resampled_arms,
)
from lingweave.studies.judging.opening import opened


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


def test_what_each_query_came_to_stands_beside_the_evaluation(evaluated, tmp_path):
    folder, data = shutil.copytree(evaluated[0], tmp_path / "e"), evaluated[1]
    (folder / "reading.parquet").unlink(missing_ok=True)
    head = opened(folder)
    with pytest.raises(LingweaveError, match=r"holds no reading.parquet; run lingweave read"):
        answer_sample(folder, head)
    (told,) = module.read(ReadConfig([str(folder)], data=data, depth=3, resamples=20))
    values = answer_sample(folder, head)
    assert values.names == ("sentence_match@1", "sentence_match@3", "sentence_MRR@3")
    assert values.query_ids == head.query_ids
    (drawn,) = resampled_arms([Arm("a", (None,), (values,))], Resampling(20))
    for ours, theirs in zip(values.names, ("contains@1", "contains@3", "MRR@3"), strict=True):
        assert macro_intervals(drawn)[ours].mean == pytest.approx(told.value[theirs].mean)
        of_language = language_intervals(drawn)["th"][ours].mean
        assert of_language == pytest.approx(told.by_language["th"][theirs].mean)


def test_languages_that_rules_leave_out_have_no_values(evaluated, tmp_path):
    folder = shutil.copytree(evaluated[0], tmp_path / "e")
    config = ReadConfig([str(folder)], data=evaluated[1], depth=3, resamples=20, rules="tydi")
    (told,) = module.read(config)
    (drawn,) = resampled_arms(
        [Arm("a", (None,), (answer_sample(folder, opened(folder)),))], Resampling(20)
    )
    found = macro_intervals(drawn)["sentence_match@3"].mean
    assert found == pytest.approx(told.value["contains@3"].mean)
    assert np.isnan(language_intervals(drawn)["en"]["sentence_match@3"].mean)


def test_values_of_another_evaluation_are_refused(evaluated, tmp_path):
    folder = shutil.copytree(evaluated[0], tmp_path / "e")
    module.read(ReadConfig([str(folder)], data=evaluated[1], depth=3, resamples=20))
    head = opened(folder)
    other = replace(head, query_ids=tuple(f"other {id}" for id in head.query_ids))
    with pytest.raises(LingweaveError, match="is of another evaluation"):
        answer_sample(folder, other)
    (folder / "reading.parquet").write_bytes(b"PAR1")
    with pytest.raises(LingweaveError, match="damaged") as error:
        answer_sample(folder, head)
    assert "\n" not in str(error.value)


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


def test_english_alone_has_no_mean_under_the_rules_of_tydi(evaluated, tmp_path, capsys):
    run(EvaluateConfig(data=evaluated[1], encoder="random", languages=["en"], out=tmp_path / "e"))
    words = ["--rules", "tydi", "--data", str(evaluated[1]), "--resamples", "20"]
    assert main(["read", str(tmp_path / "e"), *words]) == 0
    printed = capsys.readouterr().out
    assert "–" in printed
    assert "nan" not in printed
    text = (tmp_path / "e" / "reading.json").read_text()
    (told,) = json.loads(text, parse_constant=lambda name: pytest.fail(name))["readings"]
    assert told["MRR@10"]["mean"] is None


def test_what_is_in_the_way_is_told_before_anything_is_read(evaluated, tmp_path, capsys):
    folder = shutil.copytree(evaluated[0], tmp_path / "e")
    (folder / "reading.json").unlink(missing_ok=True)
    (folder / "reading.json").mkdir()
    assert main(["read", str(folder), "--data", "nowhere"]) == 2
    assert "reading.json: is a folder" in capsys.readouterr().err


def test_a_full_disk_is_one_line(evaluated, monkeypatch):
    def full(path, value):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "write_json", full)
    config = ReadConfig([str(evaluated[0])], data=evaluated[1], resamples=20)
    with pytest.raises(LingweaveError, match=r"cannot write .*reading.json: No space left"):
        module.read(config)


@pytest.mark.parametrize("name", ["mkqa", "nq-crosslingual", "nq-crosslingual-answers"])
def test_mkqa_has_its_own_rules_wherever_its_questions_are_asked(evaluated, name):
    evaluation = Evaluation.open(evaluated[0])
    provenance = {**evaluation.provenance, "configuration": {"benchmark": name}}
    asked = replace(evaluation, summary={**evaluation.summary, "provenance": provenance})
    assert _rules(ReadConfig([str(evaluated[0])]), asked) is MKQA
