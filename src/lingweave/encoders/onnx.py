"""A sentence-transformers model whose transformer runs in ONNX Runtime with weights of 8 bits.

The file lies where sentence-transformers looks for such files, ``onnx/model_qint8.onnx`` in the
model's folder; tokenizer, pooling and what comes after it are the model's own.
"""

import hashlib
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Transformer
from torch import Tensor, nn
from transformers.modeling_outputs import BaseModelOutput

from lingweave.encoders.sentence_transformer import SentenceTransformerEncoder
from lingweave.errors import LingweaveError
from lingweave.table import Side

FILE = Path("onnx") / "model_qint8.onnx"
"""Where the file is in a model's folder."""
INPUTS = ("input_ids", "attention_mask")
OUTPUT = "last_hidden_state"


class OnnxEncoder(SentenceTransformerEncoder):
    """A model with the file that `shrink.shrink` makes, on the CPU.

    Args:
        model: the folder.
        batch_size: texts encoded together.
        progress: whether to show progress bars.
        options: pooling, query_prompt, passage_prompt, max_length and truncate_dim, as
            `SentenceTransformerEncoder` takes them.

    Raises:
        LingweaveError: the folder has no such file, or onnxruntime is not installed.
    """

    def __init__(
        self, model: str, batch_size: int = 64, progress: bool = False, **options: Any
    ) -> None:
        super().__init__(model, batch_size, "fp32", "cpu", progress, **options)
        self.file = self.folder / FILE
        if not self.file.is_file():
            raise LingweaveError(
                f"--dtype int8: {model} has no {FILE.as_posix()}; make it with `lingweave shrink"
                f" --model {model} --out FOLDER`, and give that folder"
            )
        self._sha256 = onnx_sha256(self.folder)
        backbone: Any = text_backbone(self._model, model)
        backbone.model = OnnxBackbone(self.file, backbone.model.config)

    def identity(self, side: Side) -> dict[str, Any]:
        """What decides the vectors of a side."""
        return {**super().identity(side), "dtype": "int8", "onnx": self._sha256}

    def describe(self) -> dict[str, Any]:
        """As of the model, with the file's checksum."""
        return {**super().describe(), "dtype": "int8", "onnx": self._sha256}


class OnnxBackbone(nn.Module):
    """In the place of a transformer's layers: token ids to token vectors.

    Args:
        file: of our own making.
        config: the layers' configuration.

    Raises:
        LingweaveError: onnxruntime is not installed, or cannot read the file.
    """

    def __init__(self, file: Path, config: Any) -> None:
        super().__init__()
        runtime = onnxruntime()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.inter_op_num_threads = 1
        # Threads that wait must not take the cores of those that search.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = runtime.InferenceSession(
                str(file), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # The runtime has many of its own.
            reason = " ".join(str(error).split())[:200]
            raise LingweaveError(f"{file}: cannot be read ({reason}); make it again") from error
        self.config = config
        # By which the library sees where it computes.
        self.place = nn.Parameter(torch.zeros(0), requires_grad=False)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, **ignored: Any) -> BaseModelOutput:
        """The vectors of all tokens, (texts, tokens, d)."""
        given = (input_ids, attention_mask)
        feeds = {name: one.cpu().numpy() for name, one in zip(INPUTS, given, strict=True)}
        (vectors,) = self._session.run([OUTPUT], feeds)
        return BaseModelOutput(last_hidden_state=torch.from_numpy(vectors))


def text_backbone(model: SentenceTransformer, name: str) -> Transformer:
    """The part of a model that turns tokens into vectors.

    Raises:
        LingweaveError: the model has none, or one that gives something else.
    """
    first: Any = model[0]
    if isinstance(first, Transformer):
        shape = first.modality_config.get("text", {})
        if (shape.get("method"), shape.get("method_output_name")) == ("forward", OUTPUT):
            found: Transformer = first
            return found
    raise LingweaveError(
        f"{name}: only transformers that give token vectors can be written as ONNX"
    )


def onnx_sha256(folder: Path) -> str:
    """The checksum of the file in a model's folder.

    Raises:
        LingweaveError: there is none.
    """
    try:
        with (folder / FILE).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise LingweaveError(
            f"--dtype int8: {folder} has no {FILE.as_posix()}; make a model that has it with"
            " `lingweave shrink`"
        ) from None


def onnxruntime() -> Any:
    """The library.

    Raises:
        LingweaveError: it is not installed.
    """
    try:
        import onnxruntime as found
    except ImportError:
        raise LingweaveError(
            '--dtype int8: needs onnxruntime: pip install "lingweave[onnx]"'
        ) from None
    return found
