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


def tiny_marian(
    folder: Path,
    languages: tuple[str, ...] = (),
    pair: tuple[str, str] | None = ("en", "de"),
    seed: int = 0,
    ending: float = 6.0,
    **sizes: int,
) -> Path:
    """A Marian model whose tokens are letters.

    Args:
        folder: where to write it.
        languages: its tokens for targets, such as ``>>deu<<``.
        pair: the languages that its files name.
        seed: of its weights.
        ending: what the end of an output is likelier by.
        sizes: in place of its 2 layers of 32 numbers.
    """
    pieces = [f"▁{letter}" for letter in LETTERS] + list(LETTERS)
    # CTranslate2 takes the padding token off the end.
    words = ["</s>", "<unk>", *languages, "▁", *pieces, "<pad>"]
    tokenizer = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, [],
                                     unk_token="<unk>"))  # fmt: skip
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
    pad = len(words) - 1
    config = MarianConfig(
        vocab_size=len(words), pad_token_id=pad, decoder_start_token_id=pad, eos_token_id=0,
        max_position_embeddings=128,
        **{"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
           "decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64} | sizes,
    )  # fmt: skip
    torch.manual_seed(seed)
    model = MarianMTModel(config)
    _stirred(model, ending)
    model.generation_config = GenerationConfig(
        decoder_start_token_id=pad, eos_token_id=0, pad_token_id=pad, forced_eos_token_id=0,
        max_length=12, num_beams=6, bad_words_ids=[[pad]],
    )  # fmt: skip
    model.save_pretrained(folder)
    return folder


def tiny_nllb(folder: Path, codes: tuple[str, ...] = ("eng_Latn", "deu_Latn", "zho_Hans")) -> Path:
    """A model that is told both languages, with NLLB's own tokenizer."""
    words = ["<s>", "<pad>", "</s>", "<unk>", "▁", *(f"▁{x}" for x in LETTERS), *LETTERS]
    tokenizer = NllbTokenizer(
        {word: i for i, word in enumerate(words)}, [], extra_special_tokens=list(codes),
        model_max_length=100,
    )  # fmt: skip
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = M2M100Config(
        vocab_size=len(tokenizer), d_model=32, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=64,
        decoder_ffn_dim=64, max_position_embeddings=128,
    )  # fmt: skip
    model = M2M100ForConditionalGeneration(config)
    _stirred(model, 0)
    model.save_pretrained(folder)
    return folder


@torch.no_grad()
def _stirred(model: torch.nn.Module, ending: float) -> None:
    """Makes outputs depend on the text: tokens far apart, and the decoder led by what it reads.

    Args:
        model: of random weights.
        ending: what the end of an output is likelier by.
    """
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            read = "encoder_attn" in name
            parameter.mul_(25 if "shared" in name else 40 if read else 10)
    if isinstance(model, MarianMTModel):
        model.final_logits_bias[0, model.config.eos_token_id] = ending
        # As in Marian itself, where nothing begins an output.
        model.model.shared.weight[model.config.pad_token_id] = 0
