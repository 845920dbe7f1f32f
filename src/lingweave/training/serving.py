"""The files that text-embeddings-inference reads, beside those of sentence-transformers.

What its sources ask of a model's folder (github.com/huggingface/text-embeddings-inference):

- ``router/src/lib.rs``: ``config.json`` with ``architectures``, ``model_type`` and
  ``max_position_embeddings``; ``tokenizer.json``, of which it drops the padding;
  ``1_Pooling/config.json`` with the booleans ``pooling_mode_cls_token``,
  ``pooling_mode_mean_tokens`` and ``pooling_mode_lasttoken``, the first two required;
  ``prompts`` of ``config_sentence_transformers.json``, for ``prompt_name`` of a request.
- ``core/src/download.rs`` names ``sentence_bert_config.json``; if it is there, the router wants
  ``max_seq_length`` in it and takes it for the longest input.
- ``backends/candle/src/lib.rs``: ``model.safetensors``, or the shards that
  ``model.safetensors.index.json`` names, and the architectures below.
- ``backends/candle/src/models/bert.rs`` and ``distilbert.rs``: weights under the names that a bare
  ``AutoModel`` saves (``embeddings.…``, ``encoder.…`` or ``transformer.…``), and the fields of the
  architecture's own configuration, ``pad_token_id`` among them.

sentence-transformers 5.4 and later write the pooling as one word, and no ``max_seq_length``; both
are refused there. It reads the older form as well, and so do its versions from before 5.4.
"""

import json
from pathlib import Path
from typing import Any

from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

from lingweave.atomic import write_json

ARCHITECTURES = frozenset(
    {
        "bert", "camembert", "distilbert", "gemma3_text", "mistral", "modernbert", "mpnet",
        "nomic_bert", "qwen2", "qwen3", "roberta", "xlm-roberta",
    }
)  # fmt: skip
"""``model_type`` of what the candle backend serves."""
_FLAGS = {
    "cls": "pooling_mode_cls_token",
    "max": "pooling_mode_max_tokens",
    "mean": "pooling_mode_mean_tokens",
    "mean_sqrt_len_tokens": "pooling_mode_mean_sqrt_len_tokens",
    "weightedmean": "pooling_mode_weightedmean_tokens",
    "lasttoken": "pooling_mode_lasttoken",
}
_POOLINGS = ("cls", "mean", "lasttoken")


def not_served(model: SentenceTransformer) -> str | None:
    """Why text-embeddings-inference does not serve a model, as a clause; None: it does."""
    modules = list(model)
    if not isinstance(modules[0], Transformer):
        return "it has no transformer"
    kind = modules[0].config.model_type
    if kind not in ARCHITECTURES:
        return f"its architecture, {kind}, is not among those that it knows"
    if len(modules) != 2 or not isinstance(modules[1], Pooling):
        return "something other than pooling follows the transformer"
    mode = modules[1].pooling_mode
    if mode not in _POOLINGS or not modules[1].include_prompt:
        return f"it does not pool this way ({mode})"
    if mode == "lasttoken" and kind == "distilbert":
        return "it does not pool this architecture by the last token"
    if mode == "lasttoken" and kind == "qwen2":
        return "it adds an end mark of its own to the texts of this architecture"
    return None


def add_serving_files(folder: Path, model: SentenceTransformer) -> None:
    """Completes a saved transformer model so that text-embeddings-inference reads it as it is.

    A model without a transformer is left as it is.

    Args:
        folder: what ``save_pretrained`` has written.
        model: what was saved.

    Raises:
        OSError: a file cannot be written.
    """
    first = model[0]
    if not isinstance(first, Transformer):
        return
    _add(folder / first.config_file_name, max_seq_length=_longest(first))
    for number, module in enumerate(model):
        if isinstance(module, Pooling):
            _write_pooling(folder / f"{number}_Pooling" / module.config_file_name, module)
    # How a text is cut and padded is a matter of the call; a server would cut every text.
    _add(folder / "tokenizer.json", truncation=None, padding=None)


def _write_pooling(path: Path, module: Pooling) -> None:
    modes = module.pooling_mode
    active = (modes,) if isinstance(modes, str) else modes
    flags = {flag: mode in active for mode, flag in _FLAGS.items()}
    word = {"pooling_mode": modes} if isinstance(modes, str) else {}
    write_json(
        path,
        {
            # Under its old name, which every version reads.
            "word_embedding_dimension": module.embedding_dimension,
            **word,
            **flags,
            "include_prompt": module.include_prompt,
        },
    )


def _longest(module: Transformer) -> int:
    """Tokens that the model takes at most."""
    if module.max_seq_length is not None:
        return int(module.max_seq_length)
    shape = module.config
    # RoBERTa-like models number positions from the padding token on.
    before = shape.pad_token_id + 1 if "roberta" in shape.model_type else 0
    return int(shape.max_position_embeddings - before)


def _add(path: Path, **fields: Any) -> None:
    if not path.is_file():
        return
    content = json.loads(path.read_text(encoding="utf-8"))
    if any(name not in content or content[name] != value for name, value in fields.items()):
        write_json(path, content | fields)
