"""Sequence-to-sequence models of transformers: NLLB, M2M100, mBART-50, MADLAD, OPUS-MT."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from lingweave.building.translators.folders import checksum, model_folder
from lingweave.building.translators.tokens import Marks, Tokens, tokens_of
from lingweave.errors import LingweaveError


@dataclass(frozen=True)
class Search:
    """How the best translation is looked for; without sampling, so that it is always the same."""

    beams: int = 4
    """Beams; 1: always the likeliest token."""
    max_tokens: int = 256
    """Tokens of a translation; what would be longer is none, instead of the part of one."""


SEARCH = Search()


class Seq2Seq:
    """Translates by a model of transformers. Its weights are read when they are first needed.

    A text of more tokens than the model reads, and a translation that comes to no end within the
    most tokens, give ``""``: half a sentence is no translation.

    Args:
        model: a folder, or a name on the hub.
        revision: which of the hub's.
        search: how translations are looked for.
        batch_size: texts that are translated together, best of about one length.
        dtype: arithmetic.
        device: where to translate ("cpu", "cuda"); None takes an accelerator if there is one.

    Raises:
        LingweaveError: the model is not there, cannot be fetched, has pickled weights only, or does
            not translate.
    """

    def __init__(
        self,
        model: str,
        revision: str | None = None,
        search: Search = SEARCH,
        batch_size: int = 32,
        dtype: Literal["fp32", "bf16"] = "fp32",
        device: str | None = None,
    ) -> None:
        self.batch_size = batch_size
        self._name, self._what = model, f"--translator {model}"
        self._folder = model_folder(model, revision)
        self._search, self._dtype, self._device = search, dtype, device
        try:
            self._settings = json.loads((self._folder / "config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise LingweaveError(f"{self._what}: no readable config.json ({error})") from None
        if not self._settings.get("is_encoder_decoder"):
            raise LingweaveError(
                f"{self._what}: is no sequence-to-sequence model (its config.json says"
                f" {self._settings.get('model_type')}); give one such as facebook/m2m100_418M"
            )

    def check(self, source: str, targets: Sequence[str]) -> None:
        """Refuses languages that the model's vocabulary has no tokens for."""
        self._tokens.languages.check(self._what, source, targets)

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """The translation of each text.

        Raises:
            LingweaveError: the weights cannot be read, or a batch does not fit into the device.
        """
        marks = self._tokens.marks(source, target)
        found = [""] * len(texts)
        read = [self._tokens.read(text, marks) if text.strip() else None for text in texts]
        places = [place for place, numbers in enumerate(read) if numbers is not None]
        for start in range(0, len(places), self.batch_size):
            some = places[start : start + self.batch_size]
            outputs = self._generated([read[place] or [] for place in some], marks)
            for place, output in zip(some, outputs, strict=True):
                found[place] = self._text(output)
        return found

    def identity(self) -> dict[str, Any]:
        """The checksum of the model's files, the search, the arithmetic and who does it."""
        return {
            "translator": self._name if self._folder != Path(self._name) else self._folder.name,
            "version": self._checksum,
            "engine": "transformers",
            "libraries": {name: version(name) for name in ("transformers", "tokenizers")},
            "beams": self._search.beams,
            "max_tokens": self._search.max_tokens,
            "dtype": self._dtype,
        }

    @cached_property
    def _checksum(self) -> str:
        return checksum(self._folder)

    @cached_property
    def _tokens(self) -> Tokens:
        return tokens_of(
            self._folder,
            self._what,
            self._name,
            limit=self._settings.get("max_position_embeddings"),
        )

    @cached_property
    def _model(self) -> Any:
        import torch
        from transformers import AutoModelForSeq2SeqLM, GenerationConfig

        from lingweave.encoders.loading import DTYPES

        try:
            model = AutoModelForSeq2SeqLM.from_pretrained(
                str(self._folder),
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                dtype=DTYPES[self._dtype],
            )
        except Exception as error:  # The libraries below raise almost anything for a bad folder.
            reason = " ".join(str(error).split())[:300]
            raise LingweaveError(f"{self._what}: cannot be loaded ({reason})") from error
        own, pad = model.generation_config, self._tokens.tokenizer.pad_token_id
        # In place of the model's own settings, which make a cut translation end as if it were
        # whole. All of it is as CTranslate2 does it: scores are of the tokens that are allowed.
        model.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
            decoder_start_token_id=own.decoder_start_token_id,
            bos_token_id=own.bos_token_id,
            eos_token_id=self._tokens.end,
            pad_token_id=pad,
            suppress_tokens=[pad],
            renormalize_logits=True,
            num_beams=self._search.beams,
            early_stopping=self._search.beams > 1,
            length_penalty=1.0,
            do_sample=False,
        )
        device = self._device or ("cuda" if torch.cuda.is_available() else "cpu")
        return model.eval().to(device)

    def _generated(self, rows: Sequence[list[int]], marks: Marks) -> list[list[int]]:
        """The outputs for some texts, without what begins them."""
        import torch

        model, pad = self._model, self._tokens.tokenizer.pad_token_id
        longest = max(map(len, rows))
        numbers = torch.tensor([row + [pad] * (longest - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
        # Counted as a part of the output, as CTranslate2 does where it compares lengths.
        told = 0 if marks.first is None else 1
        try:
            with torch.inference_mode():
                output = model.generate(
                    input_ids=numbers.to(model.device),
                    attention_mask=mask.to(model.device),
                    forced_bos_token_id=marks.first,
                    min_new_tokens=told + 1,
                    max_new_tokens=told + self._search.max_tokens + 1,
                )
        except torch.OutOfMemoryError:
            raise LingweaveError(
                f"{self._what}: {len(rows)} texts at once are too many for the memory of"
                f" {model.device}; give a smaller --translator_batch_size"
            ) from None
        found: list[list[int]] = output[:, told + 1 :].tolist()
        return found

    def _text(self, output: list[int]) -> str:
        """A translation, ``""`` if it has no end."""
        end = self._tokens.end
        return self._tokens.written(output[: output.index(end)]) if end in output else ""
