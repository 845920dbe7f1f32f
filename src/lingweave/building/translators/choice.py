"""The options of a translator, and from them to the translator."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from lingweave.errors import LingweaveError, refuse_unused

if TYPE_CHECKING:
    from lingweave.building.translators.chat import Chat
    from lingweave.building.translators.protocol import Translator

CONVERTED = "ct2:"
"""Stands before a folder of CTranslate2."""
FILE = "file:"
"""Stands before a file of translations that are there already."""
NAMED = ("apertium", "chat", "pseudo")
"""Translators that are no model of ours to load; whatever else is named is one."""

Compute = Literal[
    "default", "auto", "int8", "int8_float32", "int8_float16", "int8_bfloat16", "int16", "float16",
    "bfloat16", "float32",
]  # fmt: skip
"""Arithmetic of CTranslate2; default: as the model was converted."""


@dataclass(frozen=True, kw_only=True)
class TranslatorOptions:
    """What translates: rules, a model, an endpoint, or a file of translations.

    Pickled, it is what worker processes make their own translator from (`translator_of`).
    """

    translator: str | None = None
    """apertium; a sequence-to-sequence model of transformers (a folder, or a name on the hub);
    ct2:FOLDER, a CTranslate2 conversion of one; chat, a chat model behind --translator_endpoint; or
    file:PATH, translations that are there already, joined by id."""
    translator_revision: str | None = None
    """Which revision of a model on the hub; by default its main one."""
    translator_endpoint: str | None = field(default=None, repr=False)
    """With chat: address of an OpenAI-compatible server, such as http://localhost:8000/v1."""
    translator_model: str | None = None
    """With chat: the name that the endpoint knows the model by."""
    translator_key_env: str | None = field(default=None, repr=False)
    """With chat: name of the environment variable that holds the endpoint's key; OPENAI_API_KEY by
    default, if that is set; '' sends none."""
    translator_beams: int = 4
    """With a model: beams of the search; 1 always takes the likeliest token, and is faster."""
    translator_max_tokens: int = 256
    """With a model: tokens of a sentence's translation; what would be longer is none."""
    translator_batch_size: int | None = None
    """Sentences that are translated together, with chat those of one request; by default as suits
    the translator (2048 with apertium, 64 with ct2, 32 with other models, 16 with chat)."""
    translator_dtype: Literal["fp32", "bf16"] = "fp32"
    """With a transformers model: its arithmetic; bf16 is faster where the processor has it."""
    translator_compute: Compute = "default"
    """With ct2: its arithmetic; by default as the model was converted."""
    translator_device: str | None = None
    """With a model: where it translates, such as cpu or cuda; by default an accelerator if there is
    one."""
    translator_concurrency: int = 4
    """With chat: requests in flight at once."""
    translator_requests_per_minute: float | None = None
    """With chat: requests a minute at most."""
    translator_timeout: float = 120.0
    """With chat and apertium: seconds that one answer may take."""
    translator_retries: int = 6
    """With chat: how often a request is tried again, after growing waits or as long as the endpoint
    asks."""

    def __post_init__(self) -> None:
        _check_values(self)
        _check_together(self)

    @property
    def translator_kind(self) -> str | None:
        """apertium, chat, pseudo, ct2, file or model; None where nothing is to be translated."""
        name = self.translator
        if name is None:
            return "chat" if self.translator_endpoint is not None else None
        for prefix in (CONVERTED, FILE):
            if name.startswith(prefix):
                return prefix[:-1]
        return name if name in NAMED else "model"


def translator_of(options: TranslatorOptions) -> "Translator":
    """The translator that is chosen. Weights are read when they are first needed.

    Raises:
        LingweaveError: it cannot be had, none is chosen, or it works on records and not on
            sentences.
    """
    kind, name = options.translator_kind, options.translator or ""
    # The engines take seconds to import: only those who need one wait for it.
    if kind == "apertium":
        from lingweave.building.translators import apertium

        return apertium.Apertium(
            options.translator_batch_size or apertium.BATCH, options.translator_timeout
        )
    if kind == "chat":
        return _chat(options)
    if kind == "pseudo":
        from lingweave.building.translators.pseudo import Pseudo

        return Pseudo()
    if kind in ("ct2", "model"):
        from lingweave.building.translators.seq2seq import Search, Seq2Seq

        search = Search(options.translator_beams, options.translator_max_tokens)
        device = options.translator_device
        if kind == "model":
            return Seq2Seq(
                name,
                options.translator_revision,
                search,
                options.translator_batch_size or 32,
                options.translator_dtype,
                device,
            )
        from lingweave.building.translators.ctranslate2 import CTranslate2

        folder = name.removeprefix(CONVERTED)
        batch_size = options.translator_batch_size or 64
        return CTranslate2(folder, search, batch_size, options.translator_compute, device)
    if kind == "file":
        raise LingweaveError(f"--translator {name}: joins records and translates no sentences")
    raise LingweaveError("--translator: none is given; try apertium or the name of a model")


def _chat(options: TranslatorOptions) -> "Chat":
    from lingweave.building.translators.chat import PATH, Chat
    from lingweave.building.translators.naming import option_names
    from lingweave.encoders.address import OPENAI_KEY, address_of, secrets_of
    from lingweave.encoders.client import Client, Patience
    from lingweave.encoders.pace import Pace

    with option_names():
        address, user = address_of(options.translator_endpoint or "")
        secrets = secrets_of(user, options.translator_key_env, OPENAI_KEY)
    # People give the address with or without its usual end.
    url = address.url.removesuffix(PATH)
    client = Client(
        address._replace(url=url + ("/v1" if url.count("/") == 2 else "")),
        secrets,
        Patience(options.translator_retries, options.translator_timeout),
        Pace(options.translator_requests_per_minute),
    )
    return Chat(
        client,
        options.translator_model or "",
        options.translator_batch_size or 16,
        options.translator_concurrency,
    )


_CHAT = ("endpoint", "model", "key_env", "concurrency", "requests_per_minute", "retries")
_FITS: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (_CHAT, ("chat",), "--translator chat"),
    (("beams", "max_tokens", "device"), ("model", "ct2"), "a model that is run here"),
    (("revision", "dtype"), ("model",), "a transformers model"),
    (("compute",), ("ct2",), "--translator ct2:FOLDER"),
    (("timeout",), ("chat", "apertium"), "--translator chat and --translator apertium"),
    (("batch_size",), ("chat", "apertium", "model", "ct2"), "a --translator of sentences"),
)
"""Options without their ``translator_``, with which kinds of translators they go, and how those
are called."""


def _check_values(options: TranslatorOptions) -> None:
    for name in ("beams", "max_tokens", "batch_size", "concurrency"):
        value = getattr(options, f"translator_{name}")
        if value is not None and value < 1:
            raise LingweaveError(f"--translator_{name} {value}: must be 1 or more")
    for name in ("requests_per_minute", "timeout"):
        value = getattr(options, f"translator_{name}")
        if value is not None and not 0 < value < float("inf"):
            raise LingweaveError(f"--translator_{name} {value}: must be more than 0")
    if options.translator_retries < 0:
        raise LingweaveError(
            f"--translator_retries {options.translator_retries}: must be 0 or more"
        )
    for name, known in (
        ("dtype", ("fp32", "bf16")),
        ("compute", get_args(Compute)),
    ):
        value = getattr(options, f"translator_{name}")
        if value not in known:
            raise LingweaveError(f"--translator_{name} {value}: choose from {', '.join(known)}")
    chosen = options.translator
    if chosen is not None and chosen.strip() in ("", CONVERTED, FILE):
        raise LingweaveError(f"--translator {chosen}: names no translator")


def _check_together(options: TranslatorOptions) -> None:
    kind = options.translator_kind
    for names, kinds, whose in _FITS:
        if kind not in kinds:
            unused = [f"translator_{name}" for name in names]
            refuse_unused(options, unused, f"only goes with {whose}; leave it out")
    if kind == "chat" and not options.translator_endpoint:
        raise LingweaveError("--translator chat: give --translator_endpoint too, its address")
    if kind == "chat" and not options.translator_model:
        raise LingweaveError(
            "--translator chat: give --translator_model too, the name that the endpoint knows the"
            " model by"
        )
