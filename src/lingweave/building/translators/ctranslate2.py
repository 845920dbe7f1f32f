"""CTranslate2's conversions of transformers models: the same text, several times faster on a CPU.

`converted` makes one:

    python -m lingweave.building.translators.ctranslate2 MODEL FOLDER

So does the package's own command, ct2-transformers-converter, given --copy_files with all files of
the model's tokenizer; but with transformers 5 it fails for M2M100, and what it makes of MADLAD
searches with wrong scores.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

from lingweave.atomic import new_folder
from lingweave.building.translators.choice import Compute
from lingweave.building.translators.folders import (
    READ,
    checksum,
    converted_folder,
    model_folder,
    tokenizer_of,
)
from lingweave.building.translators.seq2seq import SEARCH, Search
from lingweave.building.translators.tokens import Tokens, tokens_of
from lingweave.errors import LingweaveError


class CTranslate2:
    """Translates by a converted model; see `Seq2Seq` for what gives ``""``.

    Args:
        folder: with ``model.bin`` and the files of the tokenizer.
        search: how translations are looked for.
        batch_size: texts that are translated together.
        compute: arithmetic, one of ``Compute``.
        device: where to translate ("cpu", "cuda"); None takes an accelerator if there is one.

    Raises:
        LingweaveError: the folder is no such model, or the package is not installed.
    """

    def __init__(
        self,
        folder: str,
        search: Search = SEARCH,
        batch_size: int = 64,
        compute: str = "default",
        device: str | None = None,
    ) -> None:
        self._ct2 = _package()
        self.batch_size = batch_size
        self._what = f"--translator ct2:{folder}"
        self._folder = converted_folder(folder)
        self._search, self._compute, self._device = search, compute, device

    def check(self, source: str, targets: Sequence[str]) -> None:
        """Refuses languages that the converted model's vocabulary has no tokens for."""
        self._tokens.languages.check(self._what, source, targets)

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """The translation of each text.

        Raises:
            LingweaveError: the weights cannot be read.
        """
        tokens = self._tokens
        marks = tokens.marks(source, target)
        found = [""] * len(texts)
        read = [tokens.read(text, marks) if text.strip() else None for text in texts]
        places = [place for place, numbers in enumerate(read) if numbers is not None]
        first = [] if marks.first is None else tokens.names([marks.first])
        end = tokens.tokenizer.eos_token
        outputs = self._translator.translate_batch(
            [tokens.names(read[place] or []) for place in places],
            target_prefix=[first] * len(places) if first else None,
            beam_size=self._search.beams,
            length_penalty=1.0,
            max_decoding_length=len(first) + self._search.max_tokens + 1,
            max_input_length=0,
            max_batch_size=self.batch_size,
            return_end_token=True,
            suppress_sequences=[[tokens.tokenizer.pad_token]] if self._pads else None,
        )
        for place, output in zip(places, outputs, strict=True):
            names = output.hypotheses[0]
            if names and names[-1] == end:
                found[place] = tokens.written(tokens.numbers(names[len(first) : -1]))
        return found

    def identity(self) -> dict[str, Any]:
        """The checksum of the folder's files, the search, the arithmetic and who does it."""
        return {
            "translator": f"ct2:{self._folder.name}",
            "version": self._checksum,
            "engine": "ctranslate2",
            "libraries": {name: version(name) for name in ("ctranslate2", "tokenizers")},
            "beams": self._search.beams,
            "max_tokens": self._search.max_tokens,
            "compute": self._compute,
        }

    @cached_property
    def _checksum(self) -> str:
        return checksum(self._folder)

    @cached_property
    def _vocabulary(self) -> frozenset[str]:
        """What the model can write, which may be less than its tokenizer has."""
        for name in ("shared_vocabulary.json", "target_vocabulary.json"):
            path = self._folder / name
            if path.is_file():
                return frozenset(json.loads(path.read_text(encoding="utf-8")))
        raise LingweaveError(
            f"{self._what}: no shared_vocabulary.json in this folder; convert the model again"
        )

    @property
    def _pads(self) -> bool:
        return self._tokens.tokenizer.pad_token in self._vocabulary

    @cached_property
    def _tokens(self) -> Tokens:
        return tokens_of(self._folder, self._what, self._folder.name, self._vocabulary)

    @cached_property
    def _translator(self) -> Any:
        device = self._device or ("cuda" if self._ct2.get_cuda_device_count() else "cpu")
        name, _, number = device.partition(":")
        try:
            return self._ct2.Translator(
                str(self._folder), device=name, device_index=int(number or 0),
                compute_type=self._compute,
            )  # fmt: skip
        except (RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())[:300]
            raise LingweaveError(f"{self._what}: cannot be loaded ({reason})") from error


def converted(model: str, folder: Path, compute: str = "int8", revision: str | None = None) -> Path:
    """Converts a transformers model, with its tokenizer's files; the folder.

    Args:
        model: a folder with safetensors weights, or a name on the hub.
        folder: what to make; one that is there is replaced.
        compute: how weights are stored, one of ``Compute``; default: as they are.
        revision: which of the hub's.

    Raises:
        LingweaveError: the model is not there, has pickled weights only, or is of a kind that
            CTranslate2 does not convert; the package is not installed.
    """
    _package()
    from ctranslate2.converters import TransformersConverter

    found = model_folder(model, revision)
    tokenizer = tokenizer_of(found, model)
    weights = {".safetensors"}
    files = [
        path.name
        for path in found.iterdir()
        if path.suffix in {*READ} - weights
        and path.name not in ("config.json", "generation_config.json")
        and not path.name.endswith(".index.json")
    ]
    converter = TransformersConverter(str(found), copy_files=files)
    converter.load_tokenizer = lambda *_, **__: tokenizer
    converter.load_model = _loaded
    try:
        with new_folder(folder) as part:
            converter.convert(
                str(part), quantization=None if compute == "default" else compute, force=True
            )
    except ValueError as error:
        raise LingweaveError(
            f"{model}: CTranslate2 does not convert it ({' '.join(str(error).split())[:200]})"
        ) from error
    return folder


def _loaded(kind: Any, name: str, **options: Any) -> Any:
    """A model for the converter.

    It takes T5's outputs to be scaled where embeddings are tied, which transformers 5 says of all
    of them, and in another place whether outputs are scaled: MADLAD's are not.
    """
    model = kind.from_pretrained(name, use_safetensors=True, local_files_only=True, **options)
    scaled = getattr(model.config, "scale_decoder_outputs", None)
    if scaled is not None:
        model.config.tie_word_embeddings = scaled
    return model


def _package() -> Any:
    try:
        import ctranslate2
    except ImportError:
        raise LingweaveError(
            "--translator ct2: needs a package; run: pip install ctranslate2"
        ) from None
    return ctranslate2


def main() -> None:
    """Converts a model from the command line."""
    parser = argparse.ArgumentParser(description="Converts a transformers model for CTranslate2.")
    parser.add_argument("model", help="a folder, or a name on the hub")
    parser.add_argument("folder", type=Path, help="what to make")
    parser.add_argument(
        "--compute", default="int8", choices=get_args(Compute), help="how to store weights"
    )
    parser.add_argument("--revision", help="which of the hub's")
    given = parser.parse_args()
    try:
        print(converted(given.model, given.folder, given.compute, given.revision))
    except LingweaveError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
