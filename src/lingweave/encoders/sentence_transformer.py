"""A sentence-transformers or transformers model, from a folder or by its hub name."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from huggingface_hub import snapshot_download
from numpy.typing import NDArray
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

from lingweave.encoders.cache import Batch
from lingweave.encoders.loading import DTYPES, limit_of, read_model
from lingweave.encoders.routes import has_routes, task_of
from lingweave.errors import LingweaveError
from lingweave.languages import UNKNOWN
from lingweave.table import Side

FETCHED = ["*.safetensors", "*.json", "*.txt", "*.model"]
"""What is fetched from the hub: no pickles and no code."""
HASHED = (".safetensors", ".json", ".txt", ".model")
"""What decides a model's vectors, and so stands under its checksum."""
TRAINING_RECORD = "lingweave.json"
"""What our trainer leaves in the folder of a model: how it was trained."""

Dtype = Literal["fp32", "bf16"]


class SentenceTransformerEncoder:
    """Queries through `encode_query`, passages through `encode_document`.

    Only safetensors weights are read, and never code from a model's folder. A plain transformers
    model is pooled as `loading.default_pooling` says. A model that `lingweave debias` corrected
    takes the route of the texts' language.

    Args:
        model: A folder, or a name on the hub.
        batch_size: Texts encoded together.
        dtype: Arithmetic of the model; the vectors are float32 either way.
        device: Where to encode ("cpu", "cuda"); None takes an accelerator if there is one.
        progress: Whether to show progress bars.
        pooling: How token vectors become one ("mean", "cls", "lasttoken"); None: as the model says.
        query_prompt: What stands before each query; None: the checkpoint's own.
        passage_prompt: What stands before each passage; None: the checkpoint's own.
        max_length: Tokens of a text that are read; None: as the model says.
        truncate_dim: Numbers of each vector that are kept, from the first; None: as the model says.

    Raises:
        LingweaveError: the model is not there, cannot be fetched, or has only pickled weights; it
            cannot do what an option asks for.
    """

    def __init__(
        self,
        model: str,
        batch_size: int = 64,
        dtype: Dtype = "fp32",
        device: str | None = None,
        progress: bool = False,
        *,
        pooling: str | None = None,
        query_prompt: str | None = None,
        passage_prompt: str | None = None,
        max_length: int | None = None,
        truncate_dim: int | None = None,
    ) -> None:
        self.name = model
        self.folder = model_folder(model)
        self.batch_size = batch_size
        self.dtype = dtype
        self.progress = progress
        self.pooling = pooling
        try:
            self._model = read_model(self.folder, model, pooling or "auto", dtype, device)
        except LingweaveError:
            raise LingweaveError(
                f"--pooling {pooling}: {model} pools nothing; leave it out"
            ) from None
        except Exception as error:  # The libraries below raise almost anything for a bad folder.
            reason = " ".join(str(error).split())[:300]
            raise LingweaveError(f"model {model}: cannot be loaded ({reason})") from error
        self._model.to(DTYPES[dtype])
        if max_length is not None:
            self._read_at_most(max_length)
        if truncate_dim is not None:
            self._keep_at_most(truncate_dim)
        self.by_language = task_of(self._model, "passage", UNKNOWN) is not None
        own = self._model.prompts
        # The names that the library itself looks for, in its order.
        passage = next((own[name] for name in ("document", "passage", "corpus") if name in own), "")
        self.prompts: dict[Side, str] = {
            "query": (own.get("query") or "") if query_prompt is None else query_prompt,
            "passage": (passage or "") if passage_prompt is None else passage_prompt,
        }

    def encode_queries(self, texts: Sequence[str], language: str) -> NDArray[np.float32]:
        """(texts, d) float32, with the query prompt."""
        return self._encoded("query", texts, language, self.progress)

    def encode_passages(self, texts: Sequence[str], language: str) -> NDArray[np.float32]:
        """(texts, d) float32, with the passage prompt."""
        return self._encoded("passage", texts, language, self.progress)

    def batches(self, side: Side, texts: Sequence[str], language: str) -> Iterator[Batch]:
        """The vectors of the texts, some at a time, for who wants to keep each part at once."""
        step = 16 * self.batch_size
        for start in range(0, len(texts), step):
            some = texts[start : start + step]
            places = np.arange(start, start + len(some))
            yield Batch(places, self._encoded(side, some, language, progress=False))

    def identity(self, side: Side) -> dict[str, Any]:
        """What decides the vectors of a side."""
        return {
            **identity("", self.folder),
            "side": side,
            "prompt": self.prompts[side],
            "dtype": self.dtype,
            "pooling": self.pooling,
            "max_length": self._max_length(),
            "truncate_dim": self._model.truncate_dim,
        }

    def describe(self) -> dict[str, Any]:
        """Name, folder, checksum, prompts, arithmetic, and how it was trained if we trained it."""
        return {
            **identity(self.name, self.folder),
            "path": str(self.folder),
            "prompts": {
                name: text
                for name, text in (
                    ("query", self.prompts["query"]),
                    ("document", self.prompts["passage"]),
                )
                if text
            },
            "pooling": next((m.pooling_mode for m in self._model if isinstance(m, Pooling)), None),
            "max_length": self._max_length(),
            "truncate_dim": self._model.truncate_dim,
            "dtype": self.dtype,
            "batch_size": self.batch_size,
            "device": str(self._model.device),
            "training": training_record(self.folder),
        }

    def _encoded(
        self, side: Side, texts: Sequence[str], language: str, progress: bool
    ) -> NDArray[np.float32]:
        model = self._model
        encode: Callable[..., Any] = (
            model.encode_query if side == "query" else model.encode_document
        )
        if (task := task_of(model, side, language)) is not None:
            encode = partial(model.encode, task=task)
        vectors = encode(
            list(texts),
            prompt=self.prompts[side],
            batch_size=self.batch_size,
            show_progress_bar=progress,
            convert_to_tensor=True,
        )
        numbers: NDArray[np.float32] = vectors.float().cpu().numpy()
        return numbers

    def _max_length(self) -> int | None:
        longest = self._model.max_seq_length
        return None if longest is None or longest == float("inf") else int(longest)

    def _read_at_most(self, tokens: int) -> None:
        if not isinstance(self._model[0], Transformer):
            raise LingweaveError(
                f"--max_length {tokens}: {self.name} reads texts of any length; leave it out"
            )
        limit = limit_of(None, self._model[0].model)
        if limit is not None and tokens > limit:
            raise LingweaveError(
                f"--max_length {tokens}: {self.name} has positions for {limit} tokens"
            )
        self._model.max_seq_length = tokens

    def _keep_at_most(self, numbers: int) -> None:
        whole = self._model.get_embedding_dimension()
        if whole is not None and numbers > whole:
            raise LingweaveError(
                f"--truncate_dim {numbers}: vectors of {self.name} have {whole} numbers"
            )
        self._model.truncate_dim = numbers


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
    if has_routes(folder):
        digest.update(b"a route for each language\n")
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
