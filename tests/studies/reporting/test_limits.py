"""What a report does not show, and which languages are unseen by arms alone."""

import pytest
from studies.reported import a_study, costs, measured

from lingweave.studies.definition.study import BenchmarkSpec, Choice, Extension, Start
from lingweave.studies.reporting.display import language_table
from lingweave.studies.reporting.limits import limits_of
from lingweave.studies.reporting.markdown import part_words
from lingweave.studies.reporting.report import as_json, contents_of

TRAINED = Start(train={"encoder": "static", "seed": 0})
GOES_ON = {"recipe": {name: Choice({"encoder": "start:wide"}) for name in ("x-y", "hybrid")}}
WIDE = Start(extend=Extension("start:warm", "facts"))
"""An extended vocabulary has no seed; what it goes on from has one."""


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"axes": GOES_ON, "starts": {"warm": TRAINED, "wide": WIDE}},
         "Several runs go on from one training of start warm, and the data of facts have one seed:"
         " no interval holds the scatter of these."),
        ({"axes": GOES_ON, "starts": {"wide": TRAINED}, "benchmarks": {"x": BenchmarkSpec()}},
         "Several runs go on from one training of start wide: no interval holds the scatter of"
         " these."),
        ({}, "The data of facts have one seed: no interval holds the scatter of these."),
    ],
)  # fmt: skip
def test_what_was_drawn_once_is_told(changes, told):
    assert told in limits_of(a_study(claims=[], **changes), ())


def test_nothing_is_told_where_nothing_is_shared():
    study = a_study(benchmarks={"x": BenchmarkSpec({"benchmark": "xquad-r"})})
    assert not any("no interval holds" in text for text in limits_of(study, ()))


def test_unseen_languages_that_a_start_has_seen_are_named():
    study = a_study(claims=[], benchmarks={
        "facts": BenchmarkSpec({"benchmark": "atlas"}, unseen=["sw", "th"])})  # fmt: skip
    seen = {"facts": {"warm": ("sw",)}}
    told = contents_of(study, measured(study), (), costs(study), seen=seen)
    (part,) = told.parts
    words = "; unseen by the arms, but trained in by start warm: sw"
    assert f"; not trained in: th{words}. Ties" in part_words(part)
    assert f"† no arm was trained in it{words}." in language_table(part, "multi.mAP").caption
    assert as_json(told)["benchmarks"]["facts"]["trained_in_by_starts"] == {"warm": ["sw"]}
