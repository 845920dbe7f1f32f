"""Options of `lingweave search`."""

from dataclasses import dataclass, field
from math import isfinite
from typing import ClassVar, Literal

from lingweave.errors import LingweaveError, refuse_unused
from lingweave.index.passages import Filter
from lingweave.index.requests import AsScored, Balanced, Dial, Preferred, Request
from lingweave.index.search import DEEPEST, Depths
from lingweave.index.where import conditions_of
from lingweave.languages import UNKNOWN, canonical


@dataclass(frozen=True)
class SearchConfig:
    """What is searched for, where, and how hits are shown."""

    POSITIONAL: ClassVar[str] = "words"

    words: list[str] = field(default_factory=list)
    """The index's folder, then what is searched for."""
    k: int = 10
    """Hits wanted."""
    languages: list[str] | None = None
    """Only passages in these languages."""
    where: list[str] | None = None
    """Only passages whose metadata fit all of these conditions: a field, one of = != < <= > >= in,
    and a value, such as 'year>=2020' or 'topic in sky,grass'."""
    dial: Literal["as_scored", "balanced", "preferred"] | None = None
    """How languages share the list: as_scored, the best whatever their language; balanced, the best
    of each language in turns; preferred, those of --prefer first. By default as_scored, with
    --prefer preferred."""
    prefer: list[str] | None = None
    """Languages that are preferred."""
    weight: float = 1.0
    """How much they are preferred: 0 not at all."""
    mode: Literal["dense", "words", "both"] = "dense"
    """By vectors, by words (BM25), or both fused by reciprocal rank."""
    language: str | None = None
    """The query's language; by default detected where the encoder asks for it."""
    reranker: str | None = None
    """A cross-encoder that orders the best hits anew: a folder, or a name on the hub."""
    fold: bool = False
    """Whether parallel versions of one passage become one hit."""
    explain: bool = False
    """Whether each hit says where it stands in its language and in the pool."""
    json: bool = False
    """Whether to print the hits as JSON, as the API gives them."""
    model: str | None = None
    """Where the index's model is now, if it has moved since the index was made."""
    endpoint: str | None = field(default=None, repr=False)
    """Address of the index's endpoint now, if that has moved."""
    device: str | None = None
    """Where models compute, such as cpu or cuda; by default an accelerator if there is one."""
    fused: int = 100
    """Passages of each list that is fused with another."""
    reranked: int = 50
    """Best passages that the re-ranker reads."""

    def __post_init__(self) -> None:
        if len(self.words) < 2 or not self.query.strip():
            raise LingweaveError(
                "give the index's folder and what is searched for, before the options: lingweave"
                " search FOLDER 'some words'"
            )
        if not 1 <= self.k <= DEEPEST:
            raise LingweaveError(f"--k {self.k}: must be between 1 and {DEEPEST}")
        if not (isfinite(self.weight) and self.weight >= 0):
            raise LingweaveError(f"--weight {self.weight}: must be 0 or more")
        if self.prefer and self.dial not in (None, "preferred"):
            raise LingweaveError(f"--prefer: goes with --dial preferred, not {self.dial}")
        if self.dial == "preferred" and not self.prefer:
            raise LingweaveError("--dial preferred: give the languages with --prefer, as de,en")
        if not self.prefer:
            refuse_unused(self, ["weight"], "only goes with --prefer; leave it out")
        if self.reranker is None:
            refuse_unused(self, ["reranked"], "only goes with --reranker; leave it out")
        for name in ("languages", "prefer"):
            given = getattr(self, name)
            if given is not None and not given:
                raise LingweaveError(f"--{name}: give at least one language, such as de,en")
        self.request()  # Which refuses languages and conditions that are none.
        self.depths()

    @property
    def folder(self) -> str:
        """The index's folder."""
        return self.words[0]

    @property
    def query(self) -> str:
        """What is searched for."""
        return " ".join(self.words[1:])

    def request(self) -> Request:
        """The search that the options say."""
        languages = None if self.languages is None else _codes("languages", self.languages)
        return Request(
            query=self.query,
            k=self.k,
            language=None if self.language is None else _codes("language", [self.language])[0],
            where=Filter(languages, conditions_of(self.where or ())),
            dial=self._dial(),
            mode=self.mode,
            rerank=self.reranker is not None,
            fold=self.fold,
            explain=self.explain,
        )

    def depths(self) -> Depths:
        """How much is looked at."""
        return Depths(self.fused, self.reranked)

    def _dial(self) -> Dial:
        if self.prefer:
            return Preferred(_codes("prefer", self.prefer), self.weight)
        return Balanced() if self.dial == "balanced" else AsScored()


def _codes(option: str, given: list[str]) -> tuple[str, ...]:
    try:
        return tuple(one if one == UNKNOWN else canonical(one) for one in given)
    except LingweaveError as error:
        raise LingweaveError(f"--{option}: {error}") from None
