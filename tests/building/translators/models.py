"""Translation models small enough to make in every test: random weights, real settings."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import (
    GenerationConfig,
    M2M100Config,
    M2M100ForConditionalGeneration,
    MarianConfig,
    MarianMTModel,
    NllbTokenizer,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,?!"
TEXTS = [
    "the cat sat on the mat.",
    "who was the first king of france?",
    "a",
    "in 1998, the price was 3.50 and then it rose to 4.",
    "zzz yyy",
    "a much longer sentence than all of the others, which goes on and on, and on!",
]


SIZES = {
    "d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64,
    "max_position_embeddings": 128,
}  # fmt: skip


def tiny_marian(
    folder: Path,
    languages: tuple[str, ...] = (),
    pair: tuple[str, str] | None = ("en", "de"),
) -> Path:
    """A Marian model whose tokens are letters.

    Args:
        folder: where to write it.
        languages: its tokens for targets, such as ``>>deu<<``.
        pair: the languages that its files name.
    """
    pieces = [f"▁{letter}" for letter in LETTERS] + list(LETTERS)
    # CTranslate2 takes the padding token off the end.
    words = ["</s>", "<unk>", *languages, "▁", *pieces, "<pad>"]
    vocabulary = {word: place for place, word in enumerate(words)}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 0)]
    )
    named = {} if pair is None else {"source_lang": pair[0], "target_lang": pair[1]}
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="</s>", unk_token="<unk>", pad_token="<pad>",
        model_max_length=100, **named,
    ).save_pretrained(folder)  # fmt: skip
    random_marian(len(words)).save_pretrained(folder)
    return folder


def tiny_nllb(folder: Path, codes: tuple[str, ...] = ("eng_Latn", "deu_Latn", "zho_Hans")) -> Path:
    """A model that is told both languages, with NLLB's own tokenizer."""
    words = ["<s>", "<pad>", "</s>", "<unk>", "▁", *(f"▁{x}" for x in LETTERS), *LETTERS]
    tokenizer = NllbTokenizer(
        {word: i for i, word in enumerate(words)}, [], extra_special_tokens=list(codes),
        model_max_length=100,
    )  # fmt: skip
    tokenizer.save_pretrained(folder)
    random_m2m100(len(tokenizer)).save_pretrained(folder)
    return folder


def tiny_madlad(folder: Path, codes: tuple[str, ...] = ("de", "zh")) -> Path:
    """T5 of MADLAD's kind, which is told the target before the text."""
    named = [f"<2{code}>" for code in codes]
    words = ["<unk>", "<s>", "</s>", "<pad>", *named, "▁", *(f"▁{x}" for x in LETTERS), *LETTERS]
    vocabulary = {word: place for place, word in enumerate(words)}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="</s>", unk_token="<unk>", pad_token="<pad>"
    ).save_pretrained(folder)
    torch.manual_seed(0)
    model = T5ForConditionalGeneration(
        T5Config(
            vocab_size=len(words), d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4,
            feed_forward_proj="gated-gelu", tie_word_embeddings=False, pad_token_id=3,
            eos_token_id=2, decoder_start_token_id=3,
        )
    )  # fmt: skip
    with torch.no_grad():
        model.lm_head.weight[2] *= 4  # Some outputs come to an end.
    model.save_pretrained(folder)
    return folder


def random_marian(words: int) -> MarianMTModel:
    """Marian for a vocabulary whose first token is the end and whose last one pads."""
    pad = words - 1
    torch.manual_seed(0)
    model = MarianMTModel(
        MarianConfig(
            vocab_size=words, pad_token_id=pad, decoder_start_token_id=pad, eos_token_id=0, **SIZES
        )
    )
    _stir(model)
    with torch.no_grad():
        model.final_logits_bias[0, 0] = 7.0  # Some outputs come to an end, others do not.
        # As in Marian itself, where nothing begins an output.
        model.model.shared.weight[pad] = 0
    # Such settings stand in published models; ours must not let them decide.
    model.generation_config = GenerationConfig(
        decoder_start_token_id=pad, eos_token_id=0, pad_token_id=pad, forced_eos_token_id=0,
        max_length=12, num_beams=6, bad_words_ids=[[pad]],
    )  # fmt: skip
    return model


def random_m2m100(words: int) -> M2M100ForConditionalGeneration:
    """M2M100, which NLLB is too, for a vocabulary of so many tokens."""
    torch.manual_seed(0)
    model = M2M100ForConditionalGeneration(M2M100Config(vocab_size=words, **SIZES))
    _stir(model)
    return model


@torch.no_grad()
def _stir(model: torch.nn.Module) -> None:
    """Makes outputs depend on the text: tokens far apart, and a decoder led by what it reads."""
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            parameter.mul_(25 if "shared" in name else 40 if "encoder_attn" in name else 10)
