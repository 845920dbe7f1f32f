"""The tables of a study become files: data, the atlas, and languages made rare."""

import pytest
from studies.small import rows_file, study_of

from lingweave.atlas import ALL_LANGUAGES, DEFAULT_LANGUAGES
from lingweave.errors import LingweaveError
from lingweave.sources.rows import read_table
from lingweave.studies.data.tables import atlas_languages, check_table, table_files
from lingweave.studies.definition.places import place_of
from lingweave.studies.definition.study import AtlasTable, TableSpec, ThinTable


def thin(share, of="all", languages=("sw", "th"), seed=0):
    return TableSpec(thin=ThinTable(of, list(languages), share, seed))


def kept(files, language, split="train"):
    """The ids of the records that have a text in a language."""
    table = read_table(files, split=split)
    if language not in table.languages:
        return set()
    there = table.present("query")[:, table.languages.index(language)]
    return {table.id(row) for row in range(len(table)) if there[row]}


def test_files_and_what_data_stands_for(tmp_path, monkeypatch):
    rows_file(tmp_path)
    monkeypatch.setenv("LINGWEAVE_DATA", str(tmp_path))
    study = study_of({"all": TableSpec(files=["data:rows.jsonl"])})
    check_table(study, "all")
    assert table_files(study, "all", tmp_path / "out") == [tmp_path / "rows.jsonl"]
    assert place_of("FacebookAI/xlm-roberta-base") == "FacebookAI/xlm-roberta-base"


def test_a_place_in_a_package():
    assert place_of("package:lingweave/atlas").endswith("src/lingweave/atlas")
    with pytest.raises(
        LingweaveError, match="no package no_such is installed: pip install no-such"
    ):
        place_of("package:no_such/model")


@pytest.mark.parametrize("share", [0.0, 0.05, 0.25, 1.0])
def test_a_rare_language_keeps_its_share(tmp_path, share):
    study = study_of({"all": TableSpec(files=[str(rows_file(tmp_path))]), "few": thin(share)})
    files = table_files(study, "few", tmp_path / "out")
    # 36 of the 40 records are for training, 4 for validation.
    expected = max(1, round(36 * share)) if share else 0
    assert len(kept(files, "sw")) == len(kept(files, "th")) == expected
    assert len(kept(files, "de")) == len(kept(files, "en")) == 36
    assert len(kept(files, "sw", "validation")) == (max(1, round(4 * share)) if share else 0)
    assert files == table_files(study, "few", tmp_path / "out")


def test_a_smaller_share_is_a_part_of_a_larger_one(tmp_path):
    path = rows_file(tmp_path)
    tables = {
        "all": TableSpec(files=[str(path)]),
        "a": thin(0.1),
        "b": thin(0.5),
        "c": thin(0.5, seed=1),
    }
    study = study_of(tables)
    a, b, c = (table_files(study, name, tmp_path / "out") for name in "abc")
    assert kept(a, "sw") < kept(b, "sw")
    assert kept(b, "sw") != kept(b, "th")  # Each language draws its own.
    assert kept(b, "sw") != kept(c, "sw")


def test_texts_that_stay_are_the_same(tmp_path):
    study = study_of({"all": TableSpec(files=[str(rows_file(tmp_path))]), "few": thin(1.0)})
    whole = read_table(table_files(study, "all", tmp_path))
    assert read_table(table_files(study, "few", tmp_path)).fingerprint == whole.fingerprint


def test_a_packed_table_is_made_thin(tmp_path):
    packed = read_table([rows_file(tmp_path)]).write(tmp_path / "packed.arrow")
    study = study_of(
        {"all": TableSpec(files=[str(packed)]), "few": thin(0.25), "none": thin(0.0),
         "only": thin(0.0, "none", ["de"])}
    )  # fmt: skip
    few = table_files(study, "few", tmp_path / "out")
    assert len(kept(few, "sw")) == 9
    # The draw is that of long rows.
    rows = study_of({"all": TableSpec(files=[str(tmp_path / "rows.jsonl")]), "few": thin(0.25)})
    assert kept(few, "sw") == kept(table_files(rows, "few", tmp_path / "out"), "sw")
    assert read_table(table_files(study, "none", tmp_path / "out")).languages == ("de", "en")
    assert read_table(table_files(study, "only", tmp_path / "out")).languages == ("en",)


def test_records_without_a_text_go(tmp_path):
    path = rows_file(tmp_path, records=10)
    with path.open("a") as file:
        file.write('{"id": "x", "lang": "sw", "query": "q", "passage": "p", "source": "made"}\n')
    packed = read_table([path]).write(tmp_path / "packed.arrow")
    for file in (path, packed):
        study = study_of({"all": TableSpec(files=[str(file)]), "none": thin(0.0, languages=["sw"])})
        assert len(read_table(table_files(study, "none", tmp_path / "out"))) == 9


def test_the_atlas(tmp_path):
    study = study_of(
        {"all": TableSpec(atlas=AtlasTable("names", ["de", "en", "ru"], 41)),
         "few": thin(0.1, languages=["ru"])}
    )  # fmt: skip
    check_table(study, "few")
    whole = read_table(table_files(study, "all", tmp_path))
    few = read_table(table_files(study, "few", tmp_path))
    before, after = whole.present("query").sum(0), few.present("query").sum(0)
    assert (after[:2] == before[:2]).all()
    assert after[2] == round(0.1 * before[2])


def test_the_order_of_the_atlas_begins_with_its_default():
    assert atlas_languages(12) == DEFAULT_LANGUAGES
    assert atlas_languages(20)[:12] == DEFAULT_LANGUAGES
    assert set(atlas_languages(52)) == set(ALL_LANGUAGES)


@pytest.mark.parametrize(
    ("tables", "name", "message"),
    [
        ({"a": TableSpec(files=["data:gone.jsonl"])}, "a", "table 'a': .*gone.jsonl: no such file"),
        ({"a": TableSpec(files=["x"])}, "b", "table 'b' is not in the study: choose from a"),
        ({"all": thin(0.5)}, "all", "'all': is made of itself"),
        ({"a": thin(0.5, "b"), "b": thin(0.5, "a")}, "a", r"itself \(a of b of a\)"),
        ({"a": thin(0.5, "gone")}, "a", "table 'gone' is not in the study"),
        ({"all": TableSpec(files=["x"]), "a": thin(2)}, "a", "'a': share 2: give 0 to 1"),
        ({"a": TableSpec(atlas=AtlasTable(languages=60))}, "a", "60 languages: give 2 to 52"),
        ({"a": TableSpec(atlas=AtlasTable(languages=["en", "xx"]))}, "a", "no sentences in 'xx'"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_named_before_anything_is_read(tables, name, message, monkeypatch):
    monkeypatch.setenv("LINGWEAVE_DATA", "/nowhere")
    with pytest.raises(LingweaveError, match=message):
        check_table(study_of(tables), name)


def test_a_language_that_is_not_there(tmp_path):
    tables = {
        "all": TableSpec(files=[str(rows_file(tmp_path))]),
        "few": thin(0.5, languages=["fi"]),
    }
    with pytest.raises(LingweaveError, match="table 'few': no text is in 'fi': its table has de"):
        table_files(study_of(tables), "few", tmp_path)
