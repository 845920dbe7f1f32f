"""What options left to the run come down to, as functions of the kind of device."""

from lingweave.errors import LingweaveError
from lingweave.training.config import TrainConfig


def autocasts(config: TrainConfig, static: bool, bf16_gpu: bool) -> bool:
    """Whether the encoder runs under autocast to bf16; ``bf16_gpu``: on a GPU that has it."""
    if config.precision != "auto":
        return config.precision == "bf16"
    return bf16_gpu and not static


def chunk_budget(config: TrainConfig, static: bool, gpu: bool) -> int:
    """Tokens of a chunk, padding included; 0: one chunk, as for static encoders (no padding)."""
    if static:
        return 0
    if config.chunk_tokens is not None:
        return config.chunk_tokens
    return 16_384 if gpu else 1_024


def optimizer_of(config: TrainConfig, static: bool) -> str:
    """adamw, adamw-8bit or rowwise; ``static``: a static encoder with no other weights.

    Raises:
        LingweaveError: rowwise for another encoder.
    """
    if config.optimizer == "rowwise" and not static:
        raise LingweaveError(
            f"optimizer: rowwise is for static encoders with nothing behind them, and"
            f" {config.encoder!r} is another; give adamw"
        )
    if config.optimizer != "auto":
        return config.optimizer
    return "rowwise" if static and not config.max_grad_norm else "adamw"


def peak_rate(config: TrainConfig) -> float:
    """The learning rate after the warm-up."""
    rowwise = optimizer_of(config, static=True) == "rowwise"
    fresh = {"static": 2e-2 if rowwise else 1e-2, "transformer": 5e-4}
    return config.learning_rate or fresh.get(config.encoder, 3e-5)
