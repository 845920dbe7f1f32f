import pytest

from lingweave import languages
from lingweave.errors import LingweaveError


@pytest.mark.parametrize(
    ("tag", "code"),
    [("de", "de"), ("zh_cn", "zh-CN"), ("iw", "he"), ("ti_ER", "ti-ER"), ("kr", "kr")],
)
def test_codes_have_one_canonical_form(tag: str, code: str) -> None:
    assert languages.canonical(tag) == code
    assert languages.canonical(code) == code


@pytest.mark.parametrize("tag", ["xx", "", "german", "und", "extra_xquad.ro", "d"])
def test_unknown_codes_are_named(tag: str) -> None:
    assert not languages.is_language(tag)
    with pytest.raises(LingweaveError, match=f"unknown language '{tag}'"):
        languages.canonical(tag)


def test_names_scripts_and_direction() -> None:
    assert (languages.name("sw"), languages.script("sw")) == ("Swahili", "Latn")
    assert [c for c in ("ar", "de", "fa", "he", "hi", "ur") if languages.right_to_left(c)] == [
        "ar",
        "fa",
        "he",
        "ur",
    ]
    assert languages.script("zh-TW") == "Hant"
