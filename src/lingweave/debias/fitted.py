"""A fitted correction: maps for queries and for passages, on disk as safetensors with a header."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from lingweave.atomic import whole_file
from lingweave.debias.maps import Floats, LanguageMaps
from lingweave.encoders.unit import normalised
from lingweave.errors import LingweaveError

FORMAT_VERSION = 1
SIDES = ("queries", "passages")


@dataclass(frozen=True)
class Debias:
    """What is done to the vectors of an encoder, by language."""

    queries: LanguageMaps
    """For queries."""
    passages: LanguageMaps
    """For passages."""
    unit_length: bool
    """Whether vectors are brought to length 1 before the map and after it, as for cosine."""
    about: Mapping[str, Any]
    """Method, options, model and sample: plain values, kept in the file's header."""

    def applied(self, vectors: Floats, language: str, side: str) -> Floats:
        """(n, d) corrected vectors of texts of one language.

        Args:
            vectors: (n, d), from the encoder.
            language: Of all of them; an unknown one gets what is kept for unknown ones.
            side: ``queries`` or ``passages``.
        """
        maps = self.queries if side == "queries" else self.passages
        if not self.unit_length:
            return maps.applied(vectors, language)
        return normalised(maps.applied(normalised(vectors), language))

    def save(self, path: Path) -> None:
        """Writes safetensors: ``<side>.offsets``, ``<side>.directions``, and a JSON header.

        The query side is written only where it differs.
        """
        tensors = {f"passages.{n}": getattr(self.passages, n) for n in ("offsets", "directions")}
        if self.queries is not self.passages:
            tensors |= {f"queries.{n}": getattr(self.queries, n) for n in ("offsets", "directions")}
        header = {
            "format_version": FORMAT_VERSION,
            "languages": self.passages.languages,
            "unit_length": self.unit_length,
            "about": dict(self.about),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as part:
            save_file(
                {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()},
                part,
                metadata={"lingweave.debias": json.dumps(header, ensure_ascii=False)},
            )

    @staticmethod
    def open(path: Path) -> "Debias":
        """Reads what `save` wrote.

        Raises:
            LingweaveError: it is missing, damaged, of another kind or of a newer format.
        """
        try:
            with safe_open(path, framework="numpy") as file:
                header = json.loads((file.metadata() or {})["lingweave.debias"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except FileNotFoundError:
            raise LingweaveError(f"{path}: no such file; `lingweave debias` writes one") from None
        except (OSError, KeyError, ValueError, SafetensorError) as error:
            reason = " ".join(str(error).split())[:200]
            raise LingweaveError(
                f"{path}: not a map of `lingweave debias` ({reason}); fit it again"
            ) from error
        if header.get("format_version") != FORMAT_VERSION:
            raise LingweaveError(
                f"{path}: format version {header.get('format_version')}, this lingweave reads"
                f" {FORMAT_VERSION}; fit it again"
            )
        languages = tuple(header["languages"])
        sides = {
            side: LanguageMaps(languages, tensors[f"{side}.offsets"], tensors[f"{side}.directions"])
            for side in SIDES
            if f"{side}.offsets" in tensors
        }
        passages = sides["passages"]
        return Debias(
            sides.get("queries", passages), passages, bool(header["unit_length"]), header["about"]
        )
