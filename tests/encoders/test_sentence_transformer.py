"""A real, tiny sentence-transformers model: prompts, arithmetic, checksum, and what is refused."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from tiny import tiny_model

from lingweave.encoders import sentence_transformer as module
from lingweave.encoders.sentence_transformer import SentenceTransformerEncoder, identity
from lingweave.errors import LingweaveError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("models") / "tiny")


def test_texts_get_the_checkpoint_prompts(folder: Path) -> None:
    encoder = SentenceTransformerEncoder(str(folder), device="cpu")
    plain = SentenceTransformer(str(folder), device="cpu")
    for encode, prompt in (
        (encoder.encode_queries, "Query: "),
        (encoder.encode_passages, "Passage: "),
    ):
        vectors = encode(["sky", "grass snow"], "en")
        assert vectors.dtype == np.float32
        expected = plain.encode([prompt + "sky", prompt + "grass snow"], prompt="")
        np.testing.assert_allclose(vectors, expected, rtol=1e-6)


def test_bf16_is_close_and_comes_back_as_fp32(folder: Path) -> None:
    half = SentenceTransformerEncoder(str(folder), dtype="bf16", device="cpu")
    full = SentenceTransformerEncoder(str(folder), device="cpu")
    vectors = half.encode_queries(["sky"], "en")
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, full.encode_queries(["sky"], "en"), atol=0.05)
    assert half.describe()["dtype"] == "bf16"


def test_the_description_holds_what_decides_the_vectors(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "lingweave.json").write_text(json.dumps({"recipe": "hybrid"}))
    described = SentenceTransformerEncoder(str(copy), device="cpu").describe()
    assert described["training"] == {"recipe": "hybrid"}
    assert described["prompts"] == {"query": "Query: ", "document": "Passage: "}
    assert described["sha256"] == identity("other", folder)["sha256"]
    other = tiny_model(tmp_path / "other", seed=1)
    assert identity("other", other)["sha256"] != described["sha256"]
    json.dumps(described)


def test_pickled_weights_are_refused(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "model.safetensors").unlink()
    torch.save({}, copy / "pytorch_model.bin")
    with pytest.raises(LingweaveError, match=r"pytorch_model\.bin: pickled weights are not read"):
        SentenceTransformerEncoder(str(copy))


def test_code_in_the_folder_is_never_run(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "evil.py").write_text("raise SystemExit('ran')\nclass Evil: ...\n")
    modules = json.loads((copy / "modules.json").read_text())
    modules[0]["type"] = "evil.Evil"
    (copy / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(LingweaveError, match="cannot be loaded"):
        SentenceTransformerEncoder(str(copy))


def test_damaged_weights(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:40])
    with pytest.raises(LingweaveError, match="cannot be loaded") as caught:
        SentenceTransformerEncoder(str(copy))
    assert "\n" not in str(caught.value)


def test_no_model_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    for name, message in (
        (str(tmp_path / "absent"), "no such folder"),
        ("./absent", "no such folder"),
        (str(tmp_path / "file"), "is a file"),
        (str(tmp_path), "no .*safetensors weights"),
    ):
        with pytest.raises(LingweaveError, match=message):
            SentenceTransformerEncoder(name)

    def offline(*_: object, **__: object) -> str:
        raise OSError("Cannot reach\nthe hub")

    monkeypatch.setattr(module, "snapshot_download", offline)
    with pytest.raises(LingweaveError, match=r"hub does not give it \(Cannot reach the hub"):
        SentenceTransformerEncoder("somebody/absent")
