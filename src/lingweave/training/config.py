"""What a training run is: one frozen dataclass that the command line, YAML and Python share.

Nothing heavy is imported here, so that ``--help`` answers at once.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lingweave.errors import LingweaveError

CRITERIA = ("loss", "mono", "cross", "multi")
"""What may choose the best checkpoint: the validation loss, or mAP in one of three settings."""

FROM_NOTHING = ("static", "transformer")
"""Encoders that need no model."""

FREE_FIELDS = frozenset(
    {
        "out",
        "report_to",
        "checkpoint_every",
        "keep",
        "log_every",
        "tokens",
        "plan_only",
        "plan_device",
    }
)
"""Fields that may change between the first start of a run and its continuation."""


@dataclass(frozen=True)
class TrainConfig:
    """A training run. Together with the data and the library versions it fixes the weights."""

    table: list[str] = dataclasses.field(default_factory=list)
    """Files with the aligned records (JSONL or Parquet, long or wide)."""
    out: str = "runs/train"
    """Folder of the run; the finished model is in its subfolder `model`."""
    valid: list[str] | None = None
    """Files with validation records; absent: the dev split of `table`, if it has one."""
    languages: list[str] | None = None
    """Languages to keep; absent: all."""
    datasets: list[str] | None = None
    """Data sets to keep; absent: all."""
    one_of: list[list[str]] | None = None
    """Sets of near-identical languages, such as [zh-CN, zh-TW], of which each record keeps one."""
    recipe: str = "hybrid"
    """x-x-mono, x-y, hybrid, x-x, en-en, annealed, multi-hybrid, multi-annealed, or weights, as
    mono=0.5,cross=0.5, which may change: 0:1 (a line), 0:1/cosine, 0>0.5@0.3>1@0.6 (steps)."""
    language_exponent: float = 0.0
    """How languages are drawn: 0 uniformly, 1 by size, between them tempered."""
    dataset_exponent: float = 1.0
    """How data sets are drawn: 0 uniformly, 1 by size (the paper), between them tempered."""
    arm: str | None = None
    """What the run is called in tables; absent: the recipe."""
    seen: list[str] | None = None
    """Benchmarks whose texts or articles the table holds, as `xquad-r (articles)`, for evaluations
    to print; [] says that it holds none of any."""
    encoder: str = "static"
    """static or transformer (both start from nothing), or a model by folder or hub name."""
    vocabulary: int = 16_000
    """Size of the vocabulary trained on the table, for encoders that start from nothing."""
    vocabulary_from: list[str] | None = None
    """Files whose texts the vocabulary is trained on beside the table's own."""
    dimension: int = 128
    """Width of the vectors, for encoders that start from nothing."""
    layers: int = 4
    """Layers of the small transformer."""
    pooling: str = "auto"
    """mean, cls, max, lasttoken, or auto: what the model says, else lasttoken for decoders, cls for
    LaBSE, mean for the rest."""
    query_prompt: str = "Query: "
    """Stands before every query, in training and in the checkpoint's encode_query."""
    passage_prompt: str = "Passage: "
    """Stands before every passage, in training and in the checkpoint's encode_document."""
    query_length: int = 64
    """Tokens of a query after which it is cut, prompt included."""
    passage_length: int = 256
    """Tokens of a passage after which it is cut, prompt included."""
    steps: int = 1000
    """Optimiser steps of the whole run."""
    batch_size: int = 100
    """Rows a step and process; each is a query with its passage."""
    negatives: int = 0
    """Hard negatives a row, where the record has them."""
    mined: str | None = None
    """File of hard negatives that `lingweave mine` wrote, for records without their own."""
    objective: str = "infonce"
    """What is minimised: terms with weights, as infonce=1,align_queries=0.2."""
    temperature: float = 0.05
    """Divides the cosine before the softmax."""
    teacher: str | None = None
    """Model by folder or hub name whose vectors the distillation terms follow."""
    teacher_language: str | None = None
    """Language in which the teacher reads each text; absent: the language of the text."""
    chunk_tokens: int | None = None
    """Tokens, padding included, that go through the encoder at once: rows are sorted by length and
    cut into chunks; 0 = one chunk a step, absent: 1,024 on a CPU and 16,384 on a GPU."""
    grad_cache: bool = False
    """Two passes (GradCache): memory is that of one chunk, whatever the batch size."""
    gather: bool = True
    """Whether the passages of all processes are negatives of each query."""
    sharding: str = "none"
    """none (each process holds the model) or full (FSDP: weights and optimiser are split)."""
    lora: int | None = None
    """Rank of LoRA adapters to train in place of the weights, merged into the final model."""
    lora_alpha: float | None = None
    """Scale of the adapters; absent: twice the rank."""
    lora_targets: list[str] | None = None
    """Names of the linear layers that get adapters; absent: all of the backbone."""
    weights: str = "fp32"
    """Type in which weights are held: fp32, or bf16 (half the memory, for large LoRA runs)."""
    gradient_checkpointing: bool = False
    """Work activations out again in the backward pass: slower, with far less memory."""
    optimizer: str = "auto"
    """adamw (fused), adamw-8bit (bitsandbytes, on a GPU), rowwise (RMSProp on the rows of a static
    encoder that a step uses, without weight decay), or auto: rowwise for static, else adamw."""
    learning_rate: float | None = None
    """Peak of the optimiser's rate; absent: 3e-5, and from nothing 2e-2 (static, rowwise), 1e-2
    (static, AdamW) or 5e-4 (transformer)."""
    weight_decay: float = 1e-2
    """AdamW's decoupled weight decay; rowwise has none, whatever is given."""
    max_grad_norm: float | None = None
    """Gradients are scaled down to this norm, 0 = never; absent: 1, and 0 for static encoders."""
    warmup: float = 0.05
    """Share of the steps over which the rate rises from zero."""
    schedule: str = "linear"
    """How the rate falls after the warm-up: linear, cosine or constant."""
    seed: int = 0
    """Seed of the plan, of fresh weights and of dropout."""
    device: str = "auto"
    """auto (a GPU if there is one) or cpu."""
    precision: str = "auto"
    """auto (bf16 for transformers on a GPU that has it, else fp32), fp32 or bf16 (autocast)."""
    threads: int | None = None
    """CPU threads; absent: as torch is set. Sums depend on it in the last bit."""
    eval_every: int | None = None
    """Steps between two validations; absent: none."""
    criterion: str = "loss"
    """What chooses the best checkpoint: loss, or validation mAP mono, cross or multi."""
    patience: int | None = None
    """Validations without a better value after which the run stops; absent: never."""
    valid_records: int = 500
    """Validation records at most, taken evenly over the split."""
    checkpoint_every: int | None = None
    """Steps between two checkpoints; absent: only when validation is best, or on interruption."""
    keep: int = 1
    """Latest checkpoints kept while the run is under way; the best one is kept beside them."""
    log_every: int = 50
    """Steps between two lines of history.jsonl."""
    report_to: str = "none"
    """none, tensorboard or wandb; the packages are installed apart."""
    tokens: str | None = None
    """Folder for token ids, shared by runs; absent: beside the first file of `table`."""
    plan_only: bool = False
    """Print sizes, memory and time of the run, from the model's configuration alone, and stop."""
    plan_device: str | None = None
    """Device for plan_only's estimate: a100-40gb, a100-80gb, h100-80gb, h200, l4, l40s, rtx-3090,
    rtx-4090 or cpu; absent: the one at hand."""

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise _wrong("steps", self.steps, "give 1 or more")
        if self.batch_size < 2:
            raise _wrong("batch_size", self.batch_size, "give 2 or more: a batch is its negatives")
        for name in ("vocabulary", "dimension", "layers", "query_length", "passage_length",
                     "valid_records", "keep", "log_every"):  # fmt: skip
            if getattr(self, name) < 1:
                raise _wrong(name, getattr(self, name), "give 1 or more")
        for name in ("threads", "eval_every", "patience", "checkpoint_every", "lora"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise _wrong(name, getattr(self, name), "give 1 or more, or leave it out")
        for name in ("learning_rate", "temperature", "lora_alpha"):
            if getattr(self, name) is not None and not getattr(self, name) > 0:
                raise _wrong(name, getattr(self, name), "give more than 0")
        for name in ("weight_decay", "max_grad_norm", "negatives", "chunk_tokens"):
            if getattr(self, name) is not None and not getattr(self, name) >= 0:
                raise _wrong(name, getattr(self, name), "give 0 or more")
        if not 0 <= self.warmup < 1:
            raise _wrong("warmup", self.warmup, "give a share of the steps, 0 or more and below 1")
        if not 0 <= self.seed < 2**32:
            raise _wrong("seed", self.seed, "give 0 or more and below 2**32")
        _one_of("schedule", self.schedule, ("linear", "cosine", "constant"))
        _one_of("precision", self.precision, ("auto", "fp32", "bf16"))
        _one_of("criterion", self.criterion, CRITERIA)
        _one_of("pooling", self.pooling, ("auto", "mean", "cls", "max", "lasttoken"))
        _one_of("report_to", self.report_to, ("none", "tensorboard", "wandb"))
        _one_of("device", self.device, ("auto", "cpu"))
        _one_of("sharding", self.sharding, ("none", "full"))
        _one_of("weights", self.weights, ("fp32", "bf16"))
        _one_of("optimizer", self.optimizer, ("auto", "adamw", "adamw-8bit", "rowwise"))
        if self.mined is not None and not self.negatives:
            raise _wrong("mined", self.mined, "it needs negatives, how many of them a row gets")
        for name in ("lora_alpha", "lora_targets"):
            if getattr(self, name) is not None and self.lora is None:
                raise _wrong(name, getattr(self, name), "it needs lora, the rank of the adapters")
        if self.valid is not None and self.eval_every is None:
            raise _wrong("valid", self.valid, "it needs eval_every: nothing is validated")
        if self.patience is not None and self.eval_every is None:
            raise _wrong("patience", self.patience, "it needs eval_every: nothing is validated")
        if not self.encoder:
            raise _wrong("encoder", self.encoder, "give static, transformer, a folder or hub name")
        if Path(self.encoder).is_file():
            raise _wrong("encoder", self.encoder, "it is a file: give the model's folder")

    @property
    def label(self) -> str:
        """What the run is called in tables."""
        return self.arm or self.recipe

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain values, for JSON."""
        return dataclasses.asdict(self)


def differing_fields(stored: dict[str, Any], config: TrainConfig) -> list[str]:
    """Fields in which a stored run differs from ``config``, as "name: stored, now given"."""
    given = config.to_dict()
    return [
        f"{name}: {stored.get(name)!r} there, {value!r} here"
        for name, value in given.items()
        if name not in FREE_FIELDS and stored.get(name) != value
    ]


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise _wrong(name, value, f"choose from {', '.join(allowed)}")


def _wrong(name: str, value: object, what_to_do: str) -> LingweaveError:
    return LingweaveError(f"{name}: {value!r} is not possible; {what_to_do}")
