"""BatchPlan under your own SentenceTransformerTrainer: the plan replaces the sampler, no more.

python examples/own_trainer.py                        # tiny.jsonl beside this file, seconds
python examples/own_trainer.py rows.jsonl my-model    # your rows, your model
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer
from sentence_transformers import SentenceTransformerTrainingArguments as Arguments
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from torch.utils.data import BatchSampler, DataLoader, Dataset

from lingweave.plan import BatchPlan, Recipe
from lingweave.sources.rows import read_table
from lingweave.table import ParallelTable
from lingweave.training.encoder import static_encoder
from lingweave.training.tokenizer import trained_tokenizer

TINY = Path(__file__).with_name("tiny.jsonl")


class Texts(Dataset):
    """The texts of a (record, query language, passage language)."""

    column_names = ("query", "passage")

    def __init__(self, table: ParallelTable) -> None:
        self.table = table

    def __getitem__(self, key: tuple[int, int, int]) -> dict[str, str]:
        row, query, passage = key
        return {"query": self.table.query(row, query), "passage": self.table.passage(row, passage)}


class Planned(BatchSampler):
    """The keys of every step from ``start`` on: to resume is to start later."""

    def __init__(self, plan: BatchPlan, start: int = 0) -> None:
        self.plan, self.steps = plan, range(start, plan.recipe.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[list[tuple[int, int, int]]]:
        for batch in map(self.plan.batch, self.steps):
            columns = batch.rows, batch.query_languages, batch.passage_languages
            yield list(zip(*(column.tolist() for column in columns), strict=True))


class OwnTrainer(SentenceTransformerTrainer):
    def get_train_dataloader(self) -> DataLoader:
        # On several ranks: plan.batch(step, rank), and still no accelerator.prepare.
        plan = BatchPlan(self.recipe, self.train_dataset.table.shape(), seed=self.args.seed)
        keys = Planned(plan)
        return DataLoader(self.train_dataset, batch_sampler=keys, collate_fn=self.data_collator)

    def add_model_card_callback(self, default_args_dict: dict) -> None:
        """None: the model card expects a data set of the hub's library."""


def main(rows: str = str(TINY), name: str | None = None) -> list[dict]:
    table = read_table([rows])
    small = static_encoder(trained_tokenizer(lambda: table.texts("query"), 300), 64, seed=0)
    model = SentenceTransformer(name) if name else small
    with tempfile.TemporaryDirectory() as folder:
        args = Arguments(folder, max_steps=120, learning_rate=2e-2, logging_steps=20, seed=0)
        args.save_strategy = "no"
        loss = MultipleNegativesRankingLoss(model)
        trainer = OwnTrainer(model=model, args=args, train_dataset=Texts(table), loss=loss)
        trainer.recipe = Recipe("hybrid", batch_size=16, steps=120)
        trainer.train()
    return trainer.state.log_history


if __name__ == "__main__":
    main(*sys.argv[1:])
