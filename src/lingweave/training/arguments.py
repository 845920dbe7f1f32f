"""The options of a run as the library's trainer takes them."""

import math

import torch
from sentence_transformers.sentence_transformer.training_args import (
    SentenceTransformerTrainingArguments,
)

from lingweave.training.config import TrainConfig
from lingweave.training.defaults import peak_rate


def arguments(
    config: TrainConfig, static: bool, bf16: bool
) -> SentenceTransformerTrainingArguments:
    """The library's arguments for a run. What is switched off costs time in every step."""
    clip = config.max_grad_norm if config.max_grad_norm is not None else (0.0 if static else 1.0)
    constant = "constant_with_warmup"
    given = SentenceTransformerTrainingArguments(
        output_dir=config.out,
        max_steps=config.steps,
        per_device_train_batch_size=config.batch_size,
        learning_rate=peak_rate(config),
        weight_decay=config.weight_decay,
        max_grad_norm=clip,
        warmup_steps=math.ceil(config.warmup * config.steps),
        lr_scheduler_type=constant if config.schedule == "constant" else config.schedule,
        optim="adamw_bnb_8bit" if config.optimizer == "adamw-8bit" else "adamw_torch_fused",
        bf16=bf16,
        use_cpu=config.device == "cpu" or not torch.cuda.is_available(),
        seed=config.seed,
        logging_steps=config.log_every,
        logging_nan_inf_filter=False,
        eval_strategy="no",
        save_strategy="no",
        report_to=config.report_to,
        disable_tqdm=True,
        ddp_find_unused_parameters=False,
        ddp_broadcast_buffers=False,  # Positions and the like: the same everywhere.
        ddp_timeout=86_400,  # Others wait while one encodes for a teacher; torchrun sees the dead.
        dataloader_drop_last=True,  # The loader is ours; this only spares a warning.
        dataloader_pin_memory=False,
    )
    _ = given.device
    given._n_gpu = min(given._n_gpu, 1)  # Several GPUs are used through torchrun, not DataParallel.
    return given
