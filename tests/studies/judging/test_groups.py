"""Families, scripts and resource levels."""

import pytest

from lingweave.atlas import ALL_LANGUAGES
from lingweave.languages import canonical
from lingweave.studies.judging import groups


@pytest.mark.parametrize(
    ("code", "family", "script", "resource"),
    [
        ("en", "Germanic", "Latn", "high"),
        ("el", "Greek", "Grek", "medium"),
        ("sw", "Bantu", "Latn", "low"),
        ("yo", "Niger-Congo", "Latn", "low"),
        ("zh-TW", "Sino-Tibetan", "Hant", "high"),
        ("sr-Latn", "Slavic", "Latn", "high"),
        ("sr", "Slavic", "Cyrl", "high"),
        ("arb-Arab", "Afro-Asiatic", "Arab", "high"),
        ("ary-Arab", "Afro-Asiatic", "Arab", "low"),
        ("ko-Hang", "Koreanic", "Kore", "high"),
        ("hi", "Indo-Aryan", "Deva", "high"),
        ("fa", "Iranian", "Arab", "high"),
        ("te", "Dravidian", "Telu", "low"),
        ("ht", "Creole", "Latn", "low"),
        ("chr", "other", "Cher", "unknown"),
    ],
)
def test_facts(code, family, script, resource):
    code = canonical(code)
    found = groups.family(code), groups.script(code), groups.resource(code)
    assert found == (family, script, resource)


def test_all_languages_of_the_atlas_are_known():
    for code in ALL_LANGUAGES:
        assert groups.family(code) != groups.OTHER, code
        assert groups.resource(code) in groups.LEVELS, code
        assert groups.script(code) in groups.names("script"), code


def test_the_table_is_in_order():
    codes = list(groups.table())
    assert codes == sorted(codes)
    assert all(canonical(code) for code in codes)
    assert {facts.resource for facts in groups.table().values()} == {*groups.LEVELS}
    assert len(codes) > 200
