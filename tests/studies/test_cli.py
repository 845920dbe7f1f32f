"""`lingweave study ...`: mistakes are one line, verbs agree with each other, the guide is true."""

import json
import re
from pathlib import Path

import pytest

from lingweave.cli import main
from lingweave.studies.definition.given import opened
from lingweave.studies.definition.study import Study
from lingweave.studies.judging.figures import figure

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "studies.md").read_text()

STUDY = """
name: toy
title: A toy
question: Does it run?
seeds: [1]
resamples: 50
train: {{table: [toy], encoder: "start:warm", steps: 4, batch_size: 16, device: cpu, threads: 1}}
tables: {{toy: {{files: ["{rows}"]}}}}
starts:
  warm: {{train: {{encoder: static, recipe: x-y, steps: 3, vocabulary: 300, dimension: 16}}}}
axes: {{recipe: {{mono: {{train: {{recipe: x-x-mono}}}}, hybrid: {{train: {{recipe: hybrid}}}}}}}}
benchmarks: {{all: {{evaluate: {{benchmark: parallel, data: "{rows}"}}}}}}
floors: {{tfidf: {{encoder: tfidf}}}}
planned: []
claims:
  - {{text: It is., left: {{arm: {{recipe: hybrid}}}}, right: best, figures: [cross.mAP]}}
scales: {{less: {{axes: {{recipe: {{mono: null}}}}, claims: []}}}}
"""


@pytest.fixture(scope="module")
def written(table_file, tmp_path_factory):
    """A study file over the toy table, and an --out of its own."""
    folder = tmp_path_factory.mktemp("studies")
    (folder / "toy.yaml").write_text(STUDY.format(rows=table_file))
    return folder / "toy.yaml", folder / "out"


@pytest.fixture(scope="module")
def done(written):
    """The same with all runs done, each by the command that `study commands` prints."""
    path, out = written
    for line in commands(path, out):
        assert main(line.removeprefix("lingweave ").partition("  #")[0].split()) == 0
    return written


def commands(path, out):
    from lingweave.studies.config import StudyConfig
    from lingweave.studies.running.commands import command_lines
    from lingweave.studies.running.runs import runs_of

    config = StudyConfig(study=[str(path)], out=str(out))
    lines = command_lines(runs_of(config.opened(), config.folder), config)
    return [line for line in lines if "--only" in line]


def refused(words, capsys):
    """The one line that a mistake gets."""
    capsys.readouterr()
    assert main([str(word) for word in words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("lingweave: ")
    assert printed.err.count("\n") == 1
    return printed.err


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["study"], "give one of study run, study plan"),
        (["study", "rum", "paper"], "study rum: give one of study run"),
        (["study", "run"], "give one study"),
        (["study", "run", "a", "b"], "give one study"),
        (["study", "plan", "no-such"], "no-such: there is no such study; give "),
        (["study", "run", "TOY", "--scale", "more"], "there is no scale 'more'; choose from less"),
        (["study", "run", "TOY", "--benchmarks", "al"], "'al' is not in the study: choose"),
        (["study", "run", "TOY", "--workers", "0"], "--workers 0: must be 1 or more"),
        (["study", "run", "TOY", "--only", "abc"], "--only abc: is no run or measure of"),
        (["study", "plan", "TOY", "--device", "abacus"], "'abacus' is not known; choose from a100"),
        (["study", "run", "TOY", "--sede", "1"], "--sede"),
        (["study", "plan", "TOY", "--workers", "2"], "--workers: only goes with study run, not"),
        (["study", "status", "TOY", "--only", "a"], "--only: only goes with study run, not with"),
        (["study", "commands", "TOY", "--only", "a"], "--only: only goes with study run, not"),
        (["study", "report", "TOY", "--only", "a"], "not with study report; leave it out"),
    ],
)  # fmt: skip
def test_a_mistake_on_the_command_line(words, line, written, capsys):
    path, out = written
    given = [path if word == "TOY" else word for word in words]
    assert line in refused([*given, *(["--out", out] if path in given else [])], capsys)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("recipe: hybrid}", "recipe: hybird}", "study toy: arm hybrid: recipe 'hybird'"),
        ("recipe: x-x-mono", 'recipe: "pivot(fr,*)=1"', "study toy: mono 1: "),
        ("steps: 4", "step: 4", "train.step: there is no such field; choose from steps"),
        ("batch_size: 16", "batch_size: 4000", "study toy: start warm: data set "),
        ("benchmark: parallel, data:", "benchmark: parallel, languages: [fr], data:", "fr"),
        ("benchmark: parallel, data: ", "benchmark: parallel, data: /none", "no such file"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_told_before_any_run(old, new, line, written, capsys):
    path, out = written
    wrong = path.with_name("wrong.yaml")
    assert old in path.read_text()
    wrong.write_text(path.read_text().replace(old, new))
    assert line in refused(["study", "run", wrong, "--out", out], capsys)
    assert not (out / "models").exists() or not list(out.glob("models/*/run.json"))


@pytest.mark.parametrize("verb", ["plan", "status", "commands", "report"])
def test_mistakes_are_told_by_every_verb(verb, written, capsys):
    """A name that leads elsewhere writes nothing there; a missing file of negatives is a line."""
    path, out = written
    wrong = path.with_name("wrong.yaml")
    wrong.write_text(path.read_text().replace("name: toy", "name: ../escaped"))
    assert "'../escaped' is not possible" in refused(["study", verb, wrong, "--out", out], capsys)
    assert not list(out.parent.glob("escaped*"))
    wrong.write_text(path.read_text().replace("recipe: hybrid}", "recipe: hybird}"))
    assert "arm hybrid: recipe 'hybird'" in refused(["study", verb, wrong, "--out", out], capsys)
    gone = "steps: 4, negatives: 1, mined: gone.parquet"
    wrong.write_text(path.read_text().replace("steps: 4", gone))
    if verb == "plan":
        assert main(["study", verb, str(wrong), "--out", str(out / "gone"), "--device", "cpu"]) == 0
    else:
        line = refused(["study", verb, wrong, "--out", out], capsys)
        assert "train.mined: gone.parquet: cannot be read" in line


def test_a_plan_starts_nothing(written, capsys):
    path, out = written
    assert main(["study", "plan", str(path), "--out", str(out / "plan"), "--device", "cpu"]) == 0
    printed = capsys.readouterr().out
    assert "hybrid" in printed
    assert not list(out.glob("plan/models/*"))


def test_commands_status_and_report_agree(done, capsys):
    path, out = done
    capsys.readouterr()
    assert main(["study", "status", str(path), "--out", str(out)]) == 0
    assert "3 of 3 runs and 3 of 3 measures are done" in capsys.readouterr().out
    assert main(["study", "report", str(path), "--out", str(out)]) == 0
    assert "It is." in capsys.readouterr().out
    report = json.loads((out / "toy-full" / "report.json").read_text())
    assert [one["claim"]["text"] for one in report["claims"]] == ["It is."]
    before = (out / "toy-full" / "report.md").read_bytes()
    assert main(["study", "run", str(path), "--out", str(out)]) == 0
    assert (out / "toy-full" / "report.md").read_bytes() == before


def test_a_scale_shares_its_runs_and_has_a_report_of_its_own(done, capsys):
    path, out = done
    words = ["study", "run", str(path), "--scale", "less", "--out", str(out)]
    models = sorted(out.glob("models/*"))
    assert main(words) == 0
    assert sorted(out.glob("models/*")) == models
    assert (out / "toy-less" / "report.md").exists()


def test_every_shipped_study_is_listed(capsys):
    assert main(["study", "list"]) == 0
    assert "--scale tiny" in capsys.readouterr().out


def test_the_guide_has_the_example_as_it_is():
    text = (ROOT / "examples" / "study.yaml").read_text()
    assert f"```yaml\n{text}```" in GUIDE
    assert opened(str(ROOT / "examples" / "study.yaml")).name == "example"


def test_the_guide_tells_of_every_field():
    for name in (*Study.__dataclass_fields__, "scales"):
        assert re.search(rf"^\| .*`{name}`.* \|", GUIDE, re.MULTILINE), name


def test_the_guide_names_figures_that_there_are():
    for name in re.findall(
        r"`((?:mono|cross|multi)\.[a-zA-Z@0-9]+|rank_distance\w*|sentence\w+@\d+)`", GUIDE
    ):
        figure(name)
    for selector in re.findall(r"`\.\.\.\\(\|[\w=]+)`", GUIDE):
        figure(f"mono.mAP{selector}")
