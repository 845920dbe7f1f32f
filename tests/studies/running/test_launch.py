"""A run's batches, dealt out to several processes."""

import pytest

from lingweave.errors import LingweaveError
from lingweave.plan import BatchPlan, Recipe
from lingweave.sources.rows import read_table
from lingweave.studies.running.launch import divided
from lingweave.training.config import TrainConfig
from lingweave.training.options import recipe_of


@pytest.mark.parametrize("recipe", ["hybrid", "x-y", "multi(2)=1", "multi-annealed"])
@pytest.mark.parametrize("among", [1, 2, 4])
def test_several_processes_take_the_rows_of_one(table_file, recipe, among):
    config = TrainConfig(table=[str(table_file)], recipe=recipe, batch_size=16, steps=8)
    part = divided(config, among)
    assert part.batch_size * among == 16
    shape = read_table([str(table_file)]).shape()
    whole = BatchPlan(recipe_of(config), shape, 3)
    parts = BatchPlan(recipe_of(part), shape, 3, among)
    for one, other in zip(whole.batches(), parts.batches(), strict=True):
        for name in ("rows", "query_languages", "passage_languages"):
            assert getattr(one, name).tolist() == getattr(other, name).tolist()


@pytest.mark.parametrize(
    ("options", "among", "line"),
    [
        ({"batch_size": 100}, 8, "batch_size 100 cannot be dealt out to 8 processes"),
        ({"batch_size": 4}, 4, "batch_size 4 cannot be dealt out to 4 processes"),
        ({"batch_size": 6, "recipe": "multi(2)=1"}, 2, "batch_size 6 cannot be dealt out to 2"),
        ({"batch_size": 16, "gather": False}, 2, "gather: with 2 processes"),
    ],
)
def test_what_cannot_be_dealt_out_is_refused(options, among, line):
    config = TrainConfig(**options)
    assert divided(config, 1) is config
    with pytest.raises(LingweaveError, match=line):
        divided(config, among)


def test_a_recipe_has_its_rows_a_record():
    assert [part.rows_per_record for part in Recipe("multi(2)=1").parts] == [2]
