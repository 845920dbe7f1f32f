"""Checksums that are kept, and ids that follow contents."""

import json
import os

from lingweave.studies.definition.study import BenchmarkSpec
from lingweave.studies.running import digests
from lingweave.studies.running.digests import KEPT, content_digest, kept_digest
from lingweave.studies.running.identity import _hash, measure_id


def test_a_file_is_read_again_only_if_it_changed(tmp_path):
    place, out, asked = tmp_path / "data", tmp_path / "out", []
    place.mkdir()
    out.mkdir()
    (place / "a.txt").write_text("one")

    def work(where):
        asked.append(where)
        return str(len(asked))

    assert [kept_digest("x", place, out, work) for _ in range(3)] == ["1"] * 3
    digests._MEMORY.clear()  # As another process would find it.
    assert kept_digest("x", place, out, work) == "1"
    assert len(json.loads((out / KEPT).read_text())) == 1
    before = (place / "a.txt").stat()
    (place / "a.txt").write_text("two")
    os.utime(place / "a.txt", ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert kept_digest("x", place, out, work) == "2"


def test_nothing_is_kept_where_no_study_was(tmp_path):
    (tmp_path / "a").write_text("one")
    content_digest(tmp_path / "a", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_measure_is_of_the_contents_of_its_data(tmp_path):
    rows = tmp_path / "rows.jsonl"
    ids = []
    for text in ("abc", "abd", "abc"):  # All of one size.
        rows.write_text(text)
        spec = BenchmarkSpec({"benchmark": "parallel", "data": str(rows)})
        ids.append(measure_id(None, spec, {"encoder": "tfidf"}))
        os.utime(rows, ns=(1, len(ids)))
    assert len({*ids}) == len({ids[0], ids[1]}) + (ids[0] != ids[2]) == 2


def test_a_reader_is_known_by_what_is_in_it(tmp_path):
    """One that is named on the hub by its name, as before; without one nothing is added."""
    ids = []
    for folder, text in (("one", "{}"), ("two", "{}"), ("three", "{ }")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "config.json").write_text(text)
        spec = BenchmarkSpec({"benchmark": "xquad-r"}, read={"reader": str(tmp_path / folder)})
        ids.append(measure_id("abc", spec, {}))
    assert ids[0] == ids[1] != ids[2]
    asked = {"run": "abc", "asked": {"benchmark": "xquad-r"}, "data": None, "alter": None}
    for read in ({}, {"reader": "deepset/xlm-roberta-base-squad2"}):
        spec = BenchmarkSpec({"benchmark": "xquad-r"}, read=read)
        assert measure_id("abc", spec, {}) == _hash(asked | {"read": read})


def test_a_floors_model_is_known_by_what_is_in_it(tmp_path):
    spec = BenchmarkSpec({"benchmark": "atlas", "seed": 51})
    ids = []
    for folder, text in (("one", "{}"), ("two", "{}"), ("three", "{ }")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "config.json").write_text(text)
        ids.append(measure_id(None, spec, {"model": str(tmp_path / folder)}))
    assert ids[0] == ids[1] != ids[2]
    assert measure_id("abc", spec, {}) == measure_id("abc", spec, {}, tmp_path)
