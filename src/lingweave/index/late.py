"""The encoder of an index, made when it is first needed, and told from others by its identity."""

import hashlib
import json
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from lingweave.encoders.options import EncoderOptions
from lingweave.encoders.scores import Encoder
from lingweave.errors import LingweaveError
from lingweave.index.record import IndexRecord
from lingweave.index.store import Floats

DEBIAS = "debias.safetensors"
"""The module that corrects vectors, in the index's folder."""


class LateEncoder:
    """The encoder of an index, made when the first text is to be encoded.

    Args:
        place: The index.
        record: What it was made with.
        options: The encoder's options of now.
    """

    def __init__(self, place: str, record: IndexRecord, options: EncoderOptions) -> None:
        self._place, self._record, self._options = place, record, options
        self._lock = threading.Lock()
        self.by_language = bool(record.debias or record.identity.get("by_language"))

    def encode_queries(self, texts: Sequence[str], language: str) -> Floats:
        """(texts, d) float32."""
        return self._made().encode_queries(texts, language)

    def encode_passages(self, texts: Sequence[str], language: str) -> Floats:
        """(texts, d) float32."""
        return self._made().encode_passages(texts, language)

    def describe(self) -> dict[str, Any]:
        """What it is, without making it."""
        return {**self._record.encoder, "debias": self._record.debias}

    def _made(self) -> Encoder:
        with self._lock:
            return self._encoder

    @cached_property
    def _encoder(self) -> Encoder:
        from lingweave.encoders.choice import encoder_of

        options, record = self._options, self._record
        kept = record.encoder.get("model") if options.endpoint is None else None
        moved = kept is not None and Path(kept).is_absolute() and not Path(kept).is_dir()
        if moved and options.model == kept:
            raise LingweaveError(
                f"{self._place}: its model {kept} is not there; say with --model where it is now"
            )
        if identity_now(options) != dict(record.identity):
            raise LingweaveError(
                f"{self._place}: {options.endpoint or options.model or options.encoder} is not the"
                " encoder that the index was made with, so its vectors do not fit; give that one,"
                " or create the index again"
            )
        debias = None
        if record.debias is not None:
            debias = Path(self._place) / DEBIAS
            if checksum_of(debias) != record.debias:
                raise LingweaveError(f"{debias}: damaged; restore it, or create the index again")
        return corrected(encoder_of(options), debias)


def identity_now(options: EncoderOptions) -> dict[str, Any]:
    """What decides an encoder's vectors, as `index.json` keeps it."""
    from lingweave.encoders.choice import identity_of

    # As it will be read again: lists for tuples.
    found: dict[str, Any] = json.loads(json.dumps(identity_of(options)))
    return found


def checksum_of(path: Path) -> str:
    """SHA-256 of a module that corrects vectors.

    Raises:
        LingweaveError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LingweaveError(f"--debias {path}: cannot be read ({error.strerror})") from None


def corrected(encoder: Encoder, debias: Path | None) -> Encoder:
    """The encoder, with its vectors corrected by a module if there is one.

    Raises:
        LingweaveError: the module is damaged, or for vectors of another length.
    """
    if debias is None:
        return encoder
    from lingweave.debias.encoder import DebiasedEncoder
    from lingweave.debias.fitted import Debias

    fitted = Debias.open(debias)
    numbers = int(encoder.encode_passages(["a"], "en").shape[1])
    if fitted.passages.offsets.shape[-1] != numbers:
        raise LingweaveError(
            f"--debias {debias}: made for vectors of {fitted.passages.offsets.shape[-1]} numbers,"
            f" and the encoder gives {numbers}; fit it with this encoder"
        )
    return DebiasedEncoder(encoder, fitted)
