"""A smaller and faster copy of a model: its transformer in ONNX with weights of 8 bits."""

import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lingweave.atomic import disk_errors_named, new_folder
from lingweave.encoders.onnx import FILE, INPUTS, OUTPUT, OnnxBackbone, OnnxEncoder, text_backbone
from lingweave.encoders.sentence_transformer import SentenceTransformerEncoder
from lingweave.errors import LingweaveError

EXAMPLES = (
    "Lightning strikes the highest tower of the city first.",
    "Der Blitz schlägt zuerst in den höchsten Turm der Stadt ein, und das jedes Jahr aufs Neue.",
    "El rayo cae primero en la torre más alta.",
    "ฟ้าผ่าหอคอยที่สูงที่สุดของเมืองก่อน",
    "البرق يضرب أعلى برج في المدينة أولا",
    "tower",
)
"""Texts of several lengths, on which the copy is held against the model."""
_EXACT, _NEAR = 0.9999, 0.9
"""Least cosine with the model's vectors: in full precision, and with 8 bits."""


@dataclass(frozen=True, kw_only=True)
class ShrinkConfig:
    """Which model to shrink, and where to write the copy."""

    model: str
    """A sentence-transformers model with a transformer in it: a folder, or a name on the hub."""
    out: Path
    """The folder to write: the model with onnx/model_qint8.onnx beside its weights."""


def shrink(config: ShrinkConfig) -> None:
    """Writes the copy, and says how far its vectors are from the model's.

    Raises:
        LingweaveError: the folder is there already, or the model cannot be written so.
    """
    if config.out.exists():
        raise LingweaveError(f"--out {config.out}: is there already; choose a new folder")
    encoder = SentenceTransformerEncoder(config.model, device="cpu")
    whole = encoder.encode_passages(EXAMPLES, "en")
    with disk_errors_named(f"--out {config.out}"), new_folder(config.out) as part:
        shutil.copytree(
            encoder.folder, part, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.onnx", ".*")
        )
        (part / FILE).parent.mkdir(exist_ok=True)
        write_int8(encoder, part / FILE)
        made = OnnxEncoder(str(part)).encode_passages(EXAMPLES, "en")
        near = _cosines(whole, made)
        if not near.min() >= _NEAR:  # NaN too.
            raise LingweaveError(
                f"{config.model}: with 8 bits its vectors are others (cosine {near.min():.2f}); it"
                " cannot be shrunk so"
            )
    size = sum(file.stat().st_size for file in encoder.folder.rglob("*.safetensors"))
    small = (config.out / FILE).stat().st_size
    print(
        f"{config.out}: weights {size / 1e6:.0f} MB -> {small / 1e6:.0f} MB; cosine with the"
        f" model's vectors {near.mean():.3f} on average, {near.min():.3f} at least, on"
        f" {len(EXAMPLES)} texts\nuse it with --model {config.out} --dtype int8"
    )


def write_int8(encoder: SentenceTransformerEncoder, file: Path) -> None:
    """Writes a model's transformer with 8-bit weights.

    Of the signed 8 bits 7 are used, a scale for each column: CPUs without VNNI add products of 8
    bits in 16 and overflow otherwise.

    Raises:
        LingweaveError: a library is missing, or the transformer cannot be written.
    """
    backbone = text_backbone(encoder._model, encoder.name)
    inputs = encoder._model.preprocess(list(EXAMPLES[:3]))
    layers = _Plain(backbone.model).eval()
    with tempfile.TemporaryDirectory() as folder, _quiet():
        exact = Path(folder) / "model.onnx"
        try:
            from onnxruntime.quantization import QuantType, quantize_dynamic

            torch.onnx.export(
                layers,
                tuple(inputs[name] for name in INPUTS),
                str(exact),
                input_names=[*INPUTS],
                output_names=[OUTPUT],
                dynamic_shapes={name: {0: "batch", 1: "tokens"} for name in INPUTS},
                dynamo=True,
                external_data=False,
                verbose=False,
            )
            _check_exact(layers, exact, encoder)
            quantize_dynamic(
                exact, file, weight_type=QuantType.QInt8, reduce_range=True, per_channel=True
            )
        except ImportError as error:
            raise LingweaveError(
                f'lingweave shrink needs {error.name}: pip install "lingweave[onnx]"'
            ) from None
        except LingweaveError:
            raise
        except Exception as error:  # The exporter raises almost anything.
            reason = " ".join(str(error).split())[:200]
            raise LingweaveError(
                f"{encoder.name}: cannot be written as ONNX ({type(error).__name__}: {reason})"
            ) from error


class _Plain(nn.Module):
    """A transformer's layers with what the file has: two inputs, one output."""

    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        self.layers, self.config = layers, layers.config

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        found = self.layers(input_ids=input_ids, attention_mask=attention_mask)
        vectors: Tensor = found.last_hidden_state
        return vectors


def _check_exact(layers: _Plain, file: Path, encoder: SentenceTransformerEncoder) -> None:
    """That the file gives what the layers give, on another batch than it was made with."""
    inputs = encoder._model.preprocess(list(EXAMPLES))
    ids, mask = (inputs[name] for name in INPUTS)
    with torch.inference_mode():
        expected = layers(ids, mask)[mask.bool()].numpy()
        found = OnnxBackbone(file, None)(ids, mask).last_hidden_state[mask.bool()].numpy()
    if not _cosines(expected, found).min() >= _EXACT:
        raise LingweaveError(
            f"{encoder.name}: its ONNX form computes something else; it cannot be shrunk"
        )


def _cosines(some: Any, others: Any) -> Any:
    lengths = np.linalg.norm(some, axis=-1) * np.linalg.norm(others, axis=-1)
    return (some * others).sum(axis=-1) / lengths


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporter says to its developers."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir", "root")]
    levels = [one.level for one in loggers]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for one in loggers:
                one.setLevel(logging.ERROR)
            yield
    finally:
        for one, level in zip(loggers, levels, strict=True):
            one.setLevel(level)
