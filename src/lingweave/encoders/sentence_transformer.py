"""A sentence-transformers model, from a folder or by its hub name, with its own prompts."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from huggingface_hub import snapshot_download
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from lingweave.errors import LingweaveError

FETCHED = ["*.safetensors", "*.json", "*.txt", "*.model"]
"""What is fetched from the hub: no pickles and no code."""
HASHED = (".safetensors", ".json", ".txt", ".model")
"""What decides a model's vectors, and so stands under its checksum."""
TRAINING_RECORD = "lingweave.json"
"""What our trainer leaves in the folder of a model: how it was trained."""

Dtype = Literal["fp32", "bf16"]


class SentenceTransformerEncoder:
    """Queries through `encode_query`, passages through `encode_document`.

    Only safetensors weights are read, and never code from a model's folder.

    Args:
        model: A folder, or a name on the hub.
        batch_size: Texts encoded together.
        dtype: Arithmetic of the model; the vectors are float32 either way.
        device: Where to encode ("cpu", "cuda"); None takes an accelerator if there is one.
        progress: Whether to show progress bars.

    Raises:
        LingweaveError: the model is not there, cannot be fetched, or has only pickled weights.
    """

    def __init__(
        self,
        model: str,
        batch_size: int = 64,
        dtype: Dtype = "fp32",
        device: str | None = None,
        progress: bool = False,
    ) -> None:
        self.name = model
        self.folder = model_folder(model)
        self.batch_size = batch_size
        self.dtype = dtype
        self.progress = progress
        try:
            self._model = SentenceTransformer(
                str(self.folder), device=device, local_files_only=True, trust_remote_code=False
            )
        except Exception as error:  # The libraries below raise almost anything for a bad folder.
            reason = " ".join(str(error).split())[:300]
            raise LingweaveError(f"model {model}: cannot be loaded ({reason})") from error
        if dtype == "bf16":
            self._model.bfloat16()

    def encode_queries(self, texts: Sequence[str], language: str) -> NDArray[np.float32]:
        """(texts, d) float32, with the checkpoint's query prompt."""
        return self._numbers(self._model.encode_query(list(texts), **self._options()))

    def encode_passages(self, texts: Sequence[str], language: str) -> NDArray[np.float32]:
        """(texts, d) float32, with the checkpoint's document prompt."""
        return self._numbers(self._model.encode_document(list(texts), **self._options()))

    def describe(self) -> dict[str, Any]:
        """Name, folder, checksum, prompts, arithmetic, and how it was trained if we trained it."""
        return {
            **identity(self.name, self.folder),
            "path": str(self.folder),
            "prompts": {name: text for name, text in self._model.prompts.items() if text},
            "dtype": self.dtype,
            "batch_size": self.batch_size,
            "device": str(self._model.device),
            "training": training_record(self.folder),
        }

    def _options(self) -> dict[str, Any]:
        return {
            "batch_size": self.batch_size,
            "show_progress_bar": self.progress,
            "convert_to_tensor": True,
        }

    @staticmethod
    def _numbers(vectors: torch.Tensor) -> NDArray[np.float32]:
        numbers: NDArray[np.float32] = vectors.float().cpu().numpy()
        return numbers


def model_folder(model: str) -> Path:
    """The folder of a model: the one given, or the hub's in the cache, fetched if need be.

    Raises:
        LingweaveError: there is none, or its weights are pickled.
    """
    folder = Path(model)
    if not folder.is_dir():
        if folder.exists():
            raise LingweaveError(f"model {model}: is a file; give the model's folder")
        if model.startswith((".", "/", "~")) or model.count("/") > 1 or not model.strip():
            raise LingweaveError(f"model {model}: no such folder")
        folder = _fetched(model)
    if (folder / "model" / "modules.json").is_file() and not (folder / "modules.json").exists():
        raise LingweaveError(f"model {model}: is the folder of a run; give {folder / 'model'}")
    for pickled in [*folder.rglob("pytorch_model*.bin")]:
        if not any(pickled.parent.glob("*.safetensors")):
            raise LingweaveError(
                f"{pickled}: pickled weights are not read, they can run code; save the model"
                " again as safetensors"
            )
    if not any(folder.rglob("*.safetensors")):
        raise LingweaveError(f"model {model}: no *.safetensors weights in {folder}")
    return folder


def _fetched(model: str) -> Path:
    """A model of the hub, from its cache or fetched; a bare name may be sentence-transformers'."""
    names = [model] if "/" in model else [model, f"sentence-transformers/{model}"]
    for name in names:
        try:
            return Path(snapshot_download(name, allow_patterns=FETCHED))
        except Exception as error:  # Offline, unknown name, no access: each its own exception.
            reason = " ".join(str(error).split())[:200]
    raise LingweaveError(
        f"model {model}: no such folder, and the hub does not give it ({reason}); check"
        " the name, or go online once to fetch it"
    )


def identity(name: str, folder: Path) -> dict[str, Any]:
    """The model's name and a checksum of everything that decides its vectors."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in HASHED and path.name != TRAINING_RECORD and path.is_file():
            digest.update(f"{path.relative_to(folder).as_posix()}\n".encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return {"model": name, "sha256": digest.hexdigest()}


def training_record(folder: Path) -> Any:
    """How our trainer made the model, or None."""
    path = folder / TRAINING_RECORD
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise LingweaveError(f"{path}: not JSON ({error}); restore or remove it") from error
