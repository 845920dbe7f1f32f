"""Conditions as people write them, and what fits them."""

import pytest

from lingweave.errors import LingweaveError
from lingweave.index.conditions import fits
from lingweave.index.passages import Condition, Filter, Passage
from lingweave.index.where import conditions_of


@pytest.mark.parametrize(
    ("written", "condition"),
    [
        ("year>=2020", Condition("year", ">=", 2020)),
        (" year  =  2020 ", Condition("year", "=", 2020)),
        ("year==2020", Condition("year", "=", 2020)),
        ("price<-1.5e3", Condition("price", "<", -1500.0)),
        ("ok=true", Condition("ok", "=", True)),
        ("ok!=false", Condition("ok", "!=", False)),
        ("code=007x", Condition("code", "=", "007x")),
        ('code="007"', Condition("code", "=", "007")),
        ("title=a, b = c", Condition("title", "=", "a, b = c")),
        ('title=""', Condition("title", "=", "")),
        ("topic in sky, grass", Condition("topic", "in", ("sky", "grass"))),
        ("year in 2019,2020", Condition("year", "in", (2019, 2020))),
        ('title in ["a, b", 3, true]', Condition("title", "in", ("a, b", 3, True))),
        ("built in=berlin", Condition("built in", "=", "berlin")),
        ("value=nan", Condition("value", "=", "nan")),
        ("name=Ünal", Condition("name", "=", "Ünal")),
    ],
)
def test_conditions(written, condition):
    (found,) = conditions_of([written])
    assert found == condition
    assert repr(found) == repr(condition)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("year", "no condition"),
        (">=3", "no condition"),
        ("", "no condition"),
        ("year>=", "the value is missing"),
        ("year>>2020", "begins with .>.; put it in quotes"),
        ("a=<b>", "begins with .<."),
        ("ok<true", "true and false go with"),
        ('a="x', "not JSON"),
        ("a in [1", "not JSON"),
        ("a in []", "at least one value"),
        ("a in [[1]]", "values are text, numbers, true or false"),
        ("a in [null]", "values are text"),
        ("a in 1,,2", "the value is missing"),
        ("a=9223372036854775808", "smaller than 2\\^63"),
        ("a=" + "9" * 6000, "smaller than 2\\^63"),
        ("a=1e999", "smaller than 2\\^63"),
        ("a in " + "[" * 100_000, "not JSON"),
    ],
)
def test_mistakes(written, words):
    with pytest.raises(LingweaveError, match=words) as error:
        conditions_of([written])
    assert "\n" not in str(error.value)


PASSAGE = Passage("a", "a", "text", "de", metadata={"n": 3, "x": 2.5, "t": "b", "yes": True})


@pytest.mark.parametrize(
    ("written", "holds"),
    [
        ("n=3", True), ("n=3.0", True), ("n!=3", False), ("n<4", True), ("n<=3", True),
        ("n>3", False), ("n>=3", True), ("n in 1,3", True), ("n in 1,2", False),
        ('n="3"', False), ('n!="3"', False), ("n=true", False), ("yes=true", True),
        ("yes=1", False), ("yes!=1", False), ("yes!=false", True), ("x>2", True),
        ("t<c", True), ("t>c", False), ("t>=b", True), ("t>1", False), ("t in a,b", True),
        ("absent=1", False), ("absent!=1", False), ('n in ["3", true]', False),
    ],
)  # fmt: skip
def test_what_fits(written, holds):
    assert fits(PASSAGE, Filter(conditions=conditions_of([written]))) is holds


def test_languages_and_several_conditions():
    assert fits(PASSAGE, Filter())
    assert fits(PASSAGE, Filter(languages=("en", "de")))
    assert not fits(PASSAGE, Filter(languages=("en",)))
    assert not fits(PASSAGE, Filter(languages=()))
    assert fits(PASSAGE, Filter(conditions=conditions_of(["n>2", "t=b"])))
    assert not fits(PASSAGE, Filter(conditions=conditions_of(["n>2", "t=c"])))


def test_too_many_conditions_are_refused():
    with pytest.raises(LingweaveError, match="--where: 101 conditions; give 100 or fewer"):
        conditions_of(["year>=2020"] * 101)
