"""What a model's record tells of its table."""

from pathlib import Path

import pyarrow as pa
from transformers import TrainerState

from lingweave.benchmark import Benchmark, Texts
from lingweave.sources.fingerprints import fingerprints
from lingweave.sources.seen import seen_in
from lingweave.table import ParallelTable
from lingweave.training.config import TrainConfig
from lingweave.training.record import read_model_record, write_model_record


def test_what_a_table_was_cleared_of_goes_into_the_record(tmp_path: Path) -> None:
    own = Benchmark("xquad-r", {"en": Texts(("1",), ("Who?",))}, {}, ())
    cleared = {
        "benchmark": "xquad-r", "fingerprints": fingerprints(own), "methods": ["exact"],
        "articles": [],
    }  # fmt: skip
    cells = {f"{side}:en": pa.array([f"{side} text"]) for side in ("query", "passage")}
    built = ParallelTable.build(
        pa.array(["1"]), pa.array(["own"]), pa.nulls(1, pa.string()), ["en"], cells,
        unseen=[cleared],
    )  # fmt: skip
    table = ParallelTable.open(built.write(tmp_path / "table.arrow"))
    config = TrainConfig(table=[str(table.path)], out=str(tmp_path))
    write_model_record(tmp_path, config, table, None, TrainerState(), 0)
    record = read_model_record(tmp_path)
    assert record["unseen"] == [cleared]
    assert seen_in(record, own) == "unseen (decontaminated: exact)"
