"""A pretrained encoder that reads more scripts: pieces for those that it spells out in letters.

The new rows of its embedding are the means of the rows of the pieces that they were cut into; a
piece of which the model knew nothing gets numbers like those of the other rows. Texts in scripts
that were covered are encoded as before, to the last bit.
"""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Transformer
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from lingweave.atomic import disk_errors_named, new_folder, write_json
from lingweave.encoders.loading import read_model
from lingweave.encoders.sentence_transformer import model_folder
from lingweave.errors import LingweaveError
from lingweave.studies.extending.pieces import Coverage
from lingweave.studies.extending.vocabularies import (
    Extended,
    extended_tokenizer,
    form_of,
    kind_of,
    unknown_of,
)

RECORD = "extension.json"
"""What was added, in the folder of the model."""
CARD = """# {name}, with {count} more word pieces

The encoder of `{name}` with pieces for {scripts}, learned from the texts that it is to be trained
on. Untrained: embeddings of new pieces are means of those of the pieces that they were cut into.
"""


def extended(model: str, texts: Iterable[str], tokens: int, out: Path) -> Path:
    """Writes a sentence-transformers model whose vocabulary has pieces for scripts that it lacks.

    Args:
        model: a folder or hub name of a transformer.
        texts: what it is to read; they are gone through once.
        tokens: pieces that are added at most.
        out: the folder that is written, whole or not at all.

    Raises:
        LingweaveError: the model cannot be read or extended, no script of the texts is lacking, or
            the folder cannot be written.
    """
    encoder = _read(model)
    module: Any = encoder[0]
    if not isinstance(module, Transformer):
        raise LingweaveError(f"{model}: is no transformer; its vocabulary cannot be extended")
    old = module.tokenizer
    found = extended_tokenizer(old.backend_tokenizer, texts, tokens, model)
    if not found.pieces:
        raise LingweaveError(
            f"{model}: no script of the texts lacks pieces; train it as it is (letters a piece:"
            f" {_told(found.before)})"
        )
    rows = new_rows(
        module.model.get_input_embeddings().weight.detach(), old.backend_tokenizer, found
    )
    _grow(module.model, rows, found.first)
    if module.processor is old:
        module.processor = _as_fast(found.tokenizer, old)
    else:  # Of models that read more than texts.
        module.processor.tokenizer = _as_fast(found.tokenizer, old)
    with disk_errors_named(str(out)):
        out.parent.mkdir(parents=True, exist_ok=True)
        with new_folder(out) as part:
            encoder.save_pretrained(str(part), create_model_card=False)
            write_json(part / RECORD, _record(model, found))
            card = CARD.format(
                name=Path(model).name, count=len(found.pieces), scripts=", ".join(found.scripts)
            )
            (part / "README.md").write_text(card, encoding="utf-8")
    return out


def new_rows(old: torch.Tensor, tokenizer: Tokenizer, found: Extended) -> torch.Tensor:
    """(pieces, d) the embeddings of the new pieces.

    Args:
        old: (V, d) those of the pieces that there were.
        tokenizer: that cut texts into these.
        found: the new ones.
    """
    known = old[: found.first].float()
    mean, spread = known.mean(0).numpy(), known.std(0).numpy()
    kind = kind_of(tokenizer, "tokenizer")
    form, unknown = form_of(kind, tokenizer), unknown_of(tokenizer)
    rows = []
    for piece in found.pieces:
        if kind == "WordPiece":
            parts = _greedy(piece, tokenizer, form.inside)
        else:
            parts = _cut(piece.removeprefix(form.first), tokenizer, unknown)
        if parts:
            rows.append(known[parts].mean(0))
        else:
            seed = int.from_bytes(hashlib.sha256(piece.encode()).digest()[:8])
            drawn = np.random.default_rng(seed).standard_normal(len(mean))
            rows.append(torch.from_numpy((mean + spread * drawn).astype(np.float32)))
    return torch.stack(rows).to(old.dtype)


def _cut(piece: str, tokenizer: Tokenizer, unknown: int | None) -> list[int]:
    """The numbers of the old pieces that a new one was cut into, without unknown ones."""
    cut = tokenizer.encode(piece, add_special_tokens=False)
    pairs = zip(cut.ids, cut.tokens, strict=True)
    return [id for id, token in pairs if id != unknown and token not in ("▁", "Ġ")]


def _greedy(piece: str, tokenizer: Tokenizer, inside: str) -> list[int]:
    """A WordPiece model's cut of a part of a word, letters that it does not know left out."""
    first = not piece.startswith(inside)
    letters = piece if first else piece[len(inside) :]
    parts, start = [], 0
    while start < len(letters):
        for end in range(len(letters), start, -1):
            mark = "" if first and start == 0 else inside
            id = tokenizer.token_to_id(mark + letters[start:end])
            if id is not None:
                parts.append(id)
                break
        else:
            end = start + 1
        start = end
    return parts


def _read(model: str) -> SentenceTransformer:
    folder = model_folder(model)
    try:
        return read_model(folder, model, device="cpu")
    except LingweaveError:
        raise
    except Exception as error:  # The libraries below raise almost anything for a bad folder.
        reason = " ".join(str(error).split())[:300]
        raise LingweaveError(f"model {model}: cannot be loaded ({reason})") from error


def _grow(backbone: Any, rows: torch.Tensor, first: int) -> None:
    """Gives a backbone the new rows; a table that has room for them keeps its size."""
    size = backbone.get_input_embeddings().weight.shape[0]
    if first + len(rows) > size:
        backbone.resize_token_embeddings(first + len(rows), mean_resizing=False)
    with torch.no_grad():
        backbone.get_input_embeddings().weight[first : first + len(rows)] = rows


def _as_fast(tokenizer: Tokenizer, old: Any) -> PreTrainedTokenizerFast:
    """A transformers tokenizer that is read back as it is: the class of the old one would make its
    normalizer anew."""
    make: Any = PreTrainedTokenizerFast
    made: PreTrainedTokenizerFast = make(
        tokenizer_object=tokenizer,
        model_max_length=old.model_max_length,
        padding_side=old.padding_side,
        truncation_side=old.truncation_side,
        model_input_names=old.model_input_names,
        **old.special_tokens_map,
    )
    return made


def _record(model: str, found: Extended) -> dict[str, Any]:
    def told(coverage: Mapping[str, Coverage]) -> dict[str, Any]:
        return {name: {**one._asdict()} for name, one in coverage.items()}

    return {
        "model": Path(model).name,
        "scripts": list(found.scripts),
        "before": told(found.before),
        "after": told(found.after),
        "first": found.first,
        "pieces": list(found.pieces),
    }


def _told(coverage: Mapping[str, Coverage]) -> str:
    return ", ".join(
        f"{name} {one.letters / max(one.pieces, 1):.1f}" for name, one in coverage.items()
    )
