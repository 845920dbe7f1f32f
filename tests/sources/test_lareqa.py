"""LAReQA json: rules, alignment, published counts, and everything that can be wrong with a file."""

import gzip
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from data import lareqa_folder, lareqa_json, shared_data

from lingweave.errors import LingweaveError
from lingweave.sources import lareqa as module
from lingweave.sources.lareqa import XQUAD_R, lareqa, mlqa_r, xquad_r


def write(folder: Path, code: str, change: Callable[[Any], None] = lambda content: None) -> Path:
    content = lareqa_json(code)
    change(content)
    folder.mkdir(exist_ok=True)
    (folder / f"{code}.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_candidates_and_gold(tmp_path: Path) -> None:
    made = lareqa(lareqa_folder(tmp_path))
    assert made.languages == ("de", "en", "th")
    assert made.corpora["en"].texts[:3] == (
        "en 0:The sky is blue.", "en 0: Grass is green.", "en 0: Snow is white.",
    )  # fmt: skip
    assert made.corpora["en"].ids == tuple(
        f"{p}/{s}" for p in ("0/0", "1/0", "1/1") for s in range(3)
    )
    assert made.corpora["de"].ids == made.corpora["th"].ids
    assert made.queries["de"].ids == made.queries["th"].ids
    of = {(g.query_id, g.language): g.passage_id for g in made.gold}
    assert of["p0s0", "en"] == "0/0/0"
    assert of["p2s2", "th"] == "1/1/2"
    assert len(made.gold) == 3 * 6


def test_texts_are_kept_as_they_are(tmp_path: Path) -> None:
    made = lareqa(lareqa_folder(tmp_path))
    assert made.queries["en"].texts[0] == "en: sky in 0? "


def test_an_answer_at_a_boundary_belongs_to_the_sentence_that_starts_there(tmp_path: Path) -> None:
    def at_boundary(content: Any) -> None:
        paragraph = content["data"][0]["paragraphs"][0]
        start = paragraph["sentence_breaks"][1][0]
        paragraph["qas"][0]["answers"][0]["answer_start"] = start
        paragraph["qas"][1]["answers"][0]["answer_start"] = start - 1

    made = lareqa(write(tmp_path, "en", at_boundary))
    of = {g.query_id: g.passage_id for g in made.gold}
    assert (of["p0s0"], of["p0s2"]) == ("0/0/1", "0/0/0")


def test_groups_join_what_shares_a_paragraph_in_any_language(tmp_path: Path) -> None:
    def one_paragraph(content: Any) -> None:
        first, second = content["data"][1]["paragraphs"]
        first["qas"] = [first["qas"][0]]
        first["qas"] += [{**second["qas"][0], "answers": first["qas"][0]["answers"]}]
        second["qas"] = []
        content["data"][0]["paragraphs"] = []

    write(tmp_path, "de", one_paragraph)
    made = lareqa(write(tmp_path, "en"))
    assert made.group("p1s0") == made.group("p1s2") == made.group("p2s0") == made.group("p2s2")
    assert made.group("p0s0") == made.group("p0s2") != made.group("p1s0")
    assert made.queries["de"].ids == ("p1s0", "p2s0")


def test_other_files_are_skipped_with_a_notice(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lareqa_folder(tmp_path)
    for name in ("extra_xquad.ro.json.gz", "README.md", "und.json"):
        (tmp_path / name).write_text("")
    with caplog.at_level(logging.WARNING, "lingweave"):
        made = lareqa(tmp_path)
    assert made.languages == ("de", "en", "th")
    assert len(caplog.records) == 3
    assert "README.md" in caplog.text


def test_languages_are_canonical(tmp_path: Path) -> None:
    write(tmp_path, "zh_cn")
    assert lareqa(tmp_path).languages == ("zh-CN",)


def test_published_counts() -> None:
    made = xquad_r(shared_data("eval/xquad_r"))
    assert {x: len(side.ids) for x, side in made.queries.items()} == dict.fromkeys(XQUAD_R, 1190)
    assert sum(len(side.ids) for side in made.corpora.values()) == 13014
    assert len(set(made.groups.values())) == 240
    assert len(made.gold) == 11 * 1190
    assert len(made.source) == 12


def test_counts_of_the_generated_twin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lareqa_folder(tmp_path)
    published = {code: module.Size(6, 9) for code in ("de", "en", "th")}
    monkeypatch.setattr(module, "XQUAD_R", published)
    assert xquad_r(tmp_path).name == "xquad-r"
    published["th"] = module.Size(6, 10)
    with pytest.raises(LingweaveError, match="th has 6/9, published 6/10"):
        xquad_r(tmp_path)


def test_other_data_is_not_taken_for_a_published_set(tmp_path: Path) -> None:
    with pytest.raises(LingweaveError, match=r"not mlqa-r as published.*vi has nothing"):
        mlqa_r(lareqa_folder(tmp_path))


def no_breaks(content: Any) -> None:
    del content["data"][0]["paragraphs"][0]["sentence_breaks"]


def no_sentence(content: Any) -> None:
    content["data"][0]["paragraphs"][0]["qas"][0]["answers"][0]["answer_start"] = 10_000


def empty_question(content: Any) -> None:
    content["data"][0]["paragraphs"][0]["qas"][0]["question"] = " "


def empty_sentence(content: Any) -> None:
    content["data"][0]["paragraphs"][0]["sentence_breaks"][1] = [5, 5]


def wrong_type(content: Any) -> None:
    content["data"][0]["paragraphs"] = 7


def list_question(content: Any) -> None:
    content["data"][0]["paragraphs"][0]["qas"][0]["question"] = ["what"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (no_breaks, "no field 'sentence_breaks'"),
        (no_sentence, "'p0s0' starts in no sentence"),
        (empty_question, "question 'p0s0' is empty"),
        (empty_sentence, "sentence 0/0/1 is empty"),
        (wrong_type, "not LAReQA json"),
        (list_question, "not LAReQA json"),
    ],
)
def test_wrong_content_is_one_line_that_names_the_file(
    tmp_path: Path, change: Callable[[Any], None], message: str
) -> None:
    with pytest.raises(LingweaveError, match=message) as caught:
        lareqa(write(tmp_path, "en", change))
    assert "en.json" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("en.json", b'{"data": "\xff"}', "line 1: not UTF-8 "),
        ("en.json", b'{"data": [', "not JSON"),
        ("en.json", b"[]", "not LAReQA json"),
        ("en.json.gz", gzip.compress(b'{"data": []}' * 100, mtime=0)[:-20], "cannot be read"),
        ("en.json.gz", b"plain", "cannot be read"),
    ],
)
def test_damaged_files(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(LingweaveError, match=message) as caught:
        lareqa(tmp_path)
    assert name in str(caught.value)


def test_missing_or_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(LingweaveError, match="no such folder"):
        lareqa(tmp_path / "absent")
    with pytest.raises(LingweaveError, match="no file named like"):
        lareqa(tmp_path)


def test_one_language_twice(tmp_path: Path) -> None:
    lareqa_folder(tmp_path, ("de",))
    (tmp_path / "de.json.gz").write_bytes(gzip.compress(b"{}", mtime=0))
    with pytest.raises(LingweaveError, match="same language"):
        lareqa(tmp_path)
