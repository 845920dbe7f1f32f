"""What a study's report writes: the same bytes however the study came about."""

import json
import re
from dataclasses import replace
from shutil import copytree

import numpy as np
import pytest
from studies.reported import QUALITY, a_study, costs, measured, verdicts

from lingweave.atlas import ALL_LANGUAGES
from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.encoders.scores import dense_scores
from lingweave.errors import LingweaveError
from lingweave.evaluate import evaluate
from lingweave.studies.definition.study import Altered, BenchmarkSpec, Choice
from lingweave.studies.judging.drawn import drawn_figures
from lingweave.studies.judging.measurements import MeasuredArm, Measurements
from lingweave.studies.reporting.contents import Fact
from lingweave.studies.reporting.madeof import described
from lingweave.studies.reporting.report import as_json, contents_of, write_report

STABLE = ("report.md", "report.json")


@pytest.fixture(scope="module")
def study():
    return a_study()


@pytest.fixture(scope="module")
def written(study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    write_report(study, measured(study), verdicts(study), costs(study), folder, scale="tiny")
    return folder


def test_all_files_are_written(written):
    assert {path.name for path in written.iterdir()} == {
        "report.md", "report.json", "report.html", "costs.md", "costs.json",
    }  # fmt: skip


def test_the_report_does_not_change_with_time_place_or_order(study, written, tmp_path):
    given = measured(study)
    turned = {name: dict(reversed(arms.items())) for name, arms in given.benchmarks.items()}
    slower = [one._replace(seconds=99.25, device="another") for one in costs(study)]
    write_report(
        study,
        Measurements(given.choices, turned, given.missing),
        verdicts(study),
        slower,
        tmp_path / "deep" / "er",
        scale="tiny",
    )
    for name in STABLE:
        assert (tmp_path / "deep" / "er" / name).read_bytes() == (written / name).read_bytes()
    assert "99" in (tmp_path / "deep" / "er" / "costs.md").read_text()


def test_no_time_and_no_place_stands_in_it(written):
    for name in STABLE:
        text = (written / name).read_text(encoding="utf-8")
        assert not re.search(r"20\d\d-\d\d-\d\d|\d\d:\d\d:\d\d|/tmp/|/home/", text)
        assert str(written) not in text
        assert "13.5" not in text  # a run's seconds
    costs_text = (written / "costs.json").read_text()
    assert json.loads(costs_text)[0]["seconds"] == 13.5


def test_json_holds_everything(study, written):
    told = json.loads((written / "report.json").read_text(encoding="utf-8"))
    assert [claim["status"] for claim in told["claims"]] == [
        "supported", "undecided", "refuted", "not measured",
    ]  # fmt: skip
    assert told["comparisons"] == 5
    arm = told["benchmarks"]["facts"]["arms"]["hybrid/xlm-r"]
    assert arm["seeds"] == [1, 2, 3]
    assert len(arm["figures"]["mono.mAP"]["by_seed"]) == 3
    assert {"cross.mAP", "multi.mAP|unseen"} <= set(arm["figures"])
    assert set(arm["by_group"]["multi.mAP"]["language"]) == {"ar", "de", "en", "sw", "th", "zh"}
    assert told["benchmarks"]["elsewhere"]["arms"] == {}
    assert told["published"][0]["status"] == "undecided"
    assert told["scale"] == "tiny"
    assert told["costs"][0] == {
        "arm": "x-x-mono/xlm-r", "seed": 1, "steps": 100, "pairs": 3200, "tokens": 80_000,
        "parameters": 10**6,
    }  # fmt: skip


def test_figures_are_those_that_judge_the_claims(study):
    given = measured(study)
    figures = drawn_figures(study, given)
    made = contents_of(study, given, (), (), figures=figures)
    again = contents_of(study, given, (), ())
    assert as_json(made) == as_json(again)
    cell = figures["facts"].arms["x-y/labse"].cells["rank_distance"]
    assert made.parts[0].row("x-y/labse").figures["rank_distance"].interval == cell.interval


def test_nothing_measured_is_a_report_too(study, tmp_path):
    empty = measured(study)
    empty = Measurements(empty.choices, {}, {"facts": tuple(empty.choices)})
    contents = write_report(study, empty, (), (), tmp_path)
    assert all(not part.rows for part in contents.parts)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "Not measured: x-x-mono/xlm-r," in text
    assert "not measured" in text
    assert not (tmp_path / "costs.md").exists()


def test_an_arm_with_fewer_seeds_is_shown_and_named(study):
    given = measured(study)
    arms = dict(given.benchmarks["facts"])
    one = arms["x-y/xlm-r"]
    arms["x-y/xlm-r"] = MeasuredArm(one.name, (2,), one.evaluations[1:2])
    told = Measurements(given.choices, {"facts": arms}, {"facts": ("x-y/xlm-r, seeds 1 and 3",)})
    contents = contents_of(study, told, (), ())
    assert contents.parts[0].row("x-y/xlm-r").seeds == (2,)
    assert contents.parts[0].missing == ("x-y/xlm-r, seeds 1 and 3",)
    assert any("one training seed" in text for text in contents.limits)
    assert any("3 seeds" in text for text in contents.limits)


def test_many_languages_are_shown_by_family_script_and_resource_level():
    codes = tuple(sorted(ALL_LANGUAGES))[:24]
    axes = {"recipe": {name: Choice() for name in list(QUALITY)[:2]}}
    study = a_study(axes=axes, published=[], claims=[], floors={}, seeds=[1], resamples=20)
    contents = contents_of(study, measured(study, codes, 6), (), ())
    groups = contents.parts[0].groups
    assert set(groups) == {"family", "script", "resource"}
    sizes = [len(those) for those in groups["family"].values()]
    assert sizes == sorted(sizes, reverse=True)
    assert list(groups["resource"]) == [
        level for level in ("high", "medium", "low", "unknown") if level in groups["resource"]
    ]
    for kind in groups.values():
        assert sorted(code for those in kind.values() for code in those) == sorted(codes)
    row = contents.parts[0].rows[0]
    assert set(row.groups["multi.mAP"]["family"]) == set(groups["family"])


def test_an_unwritable_place_is_one_clear_line(study, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LingweaveError, match="cannot write"):
        write_report(study, Measurements({}, {}), (), (), tmp_path / "file" / "report")


def test_evaluations_say_what_made_them_without_saying_where(tmp_path):
    study = a_study(
        axes={"recipe": {"hybrid": Choice(), "x-y": Choice()}}, published=[], claims=[], floors={}
    )
    for arm in ("hybrid", "x-y"):
        for seed in (1, 2):
            _evaluation(arm, seed).save(tmp_path / "first" / f"{arm}-{seed}")
    copytree(tmp_path / "first", tmp_path / "second")

    def report(place):
        arms = {
            arm: MeasuredArm(arm, (1, 2), tuple(place / f"{arm}-{seed}" for seed in (1, 2)))
            for arm in ("hybrid", "x-y")
        }
        given = Measurements({arm: {"recipe": arm} for arm in arms}, {"facts": arms})
        write_report(study, given, (), (), place / "report")
        return [(place / "report" / name).read_bytes() for name in STABLE]

    first, second = report(tmp_path / "first"), report(tmp_path / "second")
    assert first == second
    told = json.loads(first[1])["made_of"]
    assert told["code of commit"].startswith("abc123")
    assert told["training data as read"] == "facts, 1,200 records, 3 languages, fingerprint 00ff"
    assert "numpy" in told["versions"]
    assert told["command"] == "lingweave study run toy"
    assert str(tmp_path) not in first[0].decode()


def test_made_of_says_every_choice():
    contents = contents_of(a_study(), Measurements({}, {}), (), (), scale="tiny")
    assert Fact("command", "lingweave study run toy --scale tiny") in contents.made_of
    facts = {fact.name: fact.value for fact in contents.made_of}
    assert facts["encoder"] == (
        "xlm-r: train encoder FacebookAI/xlm-roberta-base;"
        " labse: train encoder sentence-transformers/LaBSE"
    )
    assert facts["training seeds"] == "1, 2, 3"
    assert facts["bootstrap"].startswith("60 resamples")
    assert facts["table facts"] == "files data:train/facts.parquet"


def test_benchmarks_say_how_queries_are_altered_and_answers_read():
    spec = BenchmarkSpec({"benchmark": "atlas", "seed": 41}, Altered("typos", 0.2, 3), {})
    assert described(spec) == (
        "atlas, seed 41, queries altered: typos, 20% of the words, seed 3, answers read from"
        " sentences"
    )
    keyboard = described(replace(spec, alter=Altered("keyboard", 0.1, 4), read=None))
    assert keyboard.endswith("queries altered: keyboard, 10% of the words, seed 4")
    assert described(replace(spec, alter=Altered("no_case"), read=None)) == (
        "atlas, seed 41, queries altered: no case"
    )


def _evaluation(arm, seed):
    """A small evaluation by the real writer."""
    codes, count = ("de", "en", "th"), 12
    draw = np.random.default_rng([seed, len(arm)])
    facts = np.random.default_rng(1).normal(size=(count, 8))

    def texts(kind):
        ids = tuple(f"{kind}{n:02}" for n in range(count))
        return {code: Texts(ids, tuple(f"{code} {one}" for one in ids)) for code in codes}

    def vectors():
        return {
            code: np.asarray(facts + draw.normal(size=facts.shape), np.float32) for code in codes
        }

    gold = tuple(Gold(f"q{n:02}", code, f"p{n:02}") for n in range(count) for code in codes)
    benchmark = Benchmark("facts", texts("q"), texts("p"), gold, {}, {"licence": "CC0"})
    training = {
        "arm": arm, "seed": seed, "datasets": ["facts"], "records": 1200,
        "languages": list(codes), "table_fingerprint": "00ff", "software": {"commit": "abc123"},
    }  # fmt: skip
    provenance = {"encoder": "toy", "training": training}
    return evaluate(benchmark, dense_scores(vectors(), vectors(), "cosine", provenance))
