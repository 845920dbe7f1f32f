"""The folder of a translation model: given, or fetched from the hub; what may be read in it."""

import hashlib
from pathlib import Path
from typing import Any

from lingweave.errors import LingweaveError

READ = (".safetensors", ".json", ".txt", ".model", ".spm")
"""What a model's own files end in: weights, settings, vocabularies. No pickles and no code."""
CONVERTED = "model.bin"
"""The weights in a folder of CTranslate2: a format of its own, which runs nothing."""


def model_folder(model: str, revision: str | None = None) -> Path:
    """A transformers model's folder, with safetensors weights.

    Args:
        model: a folder, or a name on the hub.
        revision: which of the hub's, such as ``main``.

    Raises:
        LingweaveError: there is none, or its weights are pickled.
    """
    folder = Path(model).expanduser()
    if not folder.is_dir():
        if folder.exists():
            raise LingweaveError(f"--translator {model}: is a file; give the model's folder")
        if model.startswith((".", "/", "~")) or model.count("/") != 1:
            raise LingweaveError(
                f"--translator {model}: no such folder, and no name of the hub such as"
                " Helsinki-NLP/opus-mt-en-de"
            )
        folder = _fetched(model, revision)
    elif revision is not None:
        raise LingweaveError(f"--translator_revision: {model} is a folder; leave it out")
    if (folder / CONVERTED).is_file():
        raise LingweaveError(
            f"--translator {model}: is a model of CTranslate2; write ct2:{model} for it"
        )
    if not any(folder.glob("*.safetensors")):
        pickled = any(folder.glob("pytorch_model*.bin"))
        raise LingweaveError(
            f"--translator {model}: no *.safetensors weights in {folder}; "
            + (
                "pickled ones are not read, they can run code: save the model again as safetensors"
                if pickled or folder != Path(model).expanduser()
                else "give the folder that save_pretrained wrote"
            )
            + ("" if folder == Path(model).expanduser() else ", or name a --translator_revision")
        )
    return folder


def converted_folder(path: str) -> Path:
    """A folder of CTranslate2 with the tokenizer's files beside the weights.

    Raises:
        LingweaveError: something is missing.
    """
    folder = Path(path).expanduser()
    if not (folder / CONVERTED).is_file():
        raise LingweaveError(
            f"--translator ct2:{path}: no {CONVERTED} in this folder; make it with:"
            f" python -m lingweave.building.translators.ctranslate2 MODEL {path}"
        )
    if not (folder / "tokenizer_config.json").is_file():
        raise LingweaveError(
            f"--translator ct2:{path}: no tokenizer_config.json in this folder; copy the"
            " tokenizer's files from the model that was converted"
        )
    return folder


def checksum(folder: Path) -> str:
    """SHA-256 of everything that decides a model's output."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.is_file() and (path.suffix in READ or path.name == CONVERTED):
            digest.update(f"{path.name}\n".encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def tokenizer_of(folder: Path, what: str) -> Any:
    """The tokenizer in a folder; code in it is not run.

    Raises:
        LingweaveError: there is none, or a package that it needs is not installed.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # The libraries below raise almost anything for a bad folder.
        reason = " ".join(str(error).split())[:200]
        if "sentencepiece" in reason.lower():
            raise LingweaveError(
                f"{what}: its tokenizer needs a package; run: pip install sentencepiece"
            ) from None
        raise LingweaveError(f"{what}: its tokenizer cannot be read ({reason})") from error
    # M2M100's languages have numbers, but stand in none of its vocabularies.
    if languages := getattr(tokenizer, "lang_token_to_id", None):
        tokenizer.add_special_tokens({"additional_special_tokens": list(languages)})
    return tokenizer


def _fetched(model: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(
            snapshot_download(
                model, revision=revision, allow_patterns=[f"*{suffix}" for suffix in READ]
            )
        )
    except Exception as error:  # Offline, unknown name, no access: each its own exception.
        reason = " ".join(str(error).split())[:200]
        raise LingweaveError(
            f"--translator {model}: no such folder, and the hub does not give it ({reason}); check"
            " the name, go online once to fetch it, or copy its folder here and give that"
        ) from None
