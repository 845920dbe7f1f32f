"""What the bodies of requests may hold, with the server's limits, and what they mean.

Checking ends early: of a body full of mistakes only a few are looked for, so that no request costs
much more than its bytes.
"""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError, PydanticKnownError

from lingweave.index.passages import Condition, Filter
from lingweave.index.requests import AsScored, Balanced, Dial, Preferred, Request
from lingweave.languages import UNKNOWN, canonical, is_language
from lingweave.serve.limits import MAX_FIELDS, MAX_NAME, MAX_VALUE, PLAIN, Limits

_LARGEST = 2**63 - 1
"""What a store's whole numbers reach to."""
_HEAVIEST = 1000.0
"""The weight of a preference."""


def _language(code: str) -> str:
    if code == UNKNOWN:
        return code
    if not is_language(code):
        raise PydanticCustomError("language", "a BCP 47 code such as 'de' or 'zh-CN' is wanted")
    return canonical(code)


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "at least a word is wanted")
    return text


def _not_whole(number: Any) -> Any:
    # A whole number that is too large would be taken for another one near it.
    if isinstance(number, int):
        raise PydanticCustomError("whole", "a whole number of at most 64 bits is wanted")
    return number


Language = Annotated[
    StrictStr,
    Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$", examples=["de", "zh-CN"]),
    AfterValidator(_language),
]
Text = Annotated[StrictStr, Field(min_length=1), AfterValidator(_not_blank)]
Name = Annotated[StrictStr, Field(min_length=1, max_length=MAX_NAME, pattern=PLAIN)]
Id = Annotated[StrictStr, Field(min_length=1, max_length=MAX_VALUE, pattern=PLAIN)]
_Number = (
    Annotated[StrictInt, Field(ge=-_LARGEST, le=_LARGEST)]
    | Annotated[StrictFloat, Field(allow_inf_nan=False), BeforeValidator(_not_whole)]
)
Scalar = Annotated[StrictStr, Field(max_length=MAX_VALUE)] | StrictBool | _Number
Compared = Annotated[StrictStr, Field(max_length=MAX_VALUE, pattern=PLAIN)] | StrictBool | _Number


def _not_too_many(fields: Any) -> Any:
    # The library counts only after it has looked at each, and keeps an error of each.
    if isinstance(fields, dict) and len(fields) > MAX_FIELDS:
        told = {"field_type": "Dictionary", "max_length": MAX_FIELDS, "actual_length": len(fields)}
        raise PydanticKnownError("too_long", told)
    return fields


class _Body(BaseModel):
    """Nothing is taken for something else, and nothing unknown is passed over."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _one_unknown(cls, given: Any) -> Any:
        """Of fields that are not known, the first: the library would keep an error of each."""
        if not isinstance(given, dict):
            return given
        known = cls.model_fields.keys()
        unknown = [name for name in given if name not in known]
        return {name: given[name] for name in given if name in known or name == unknown[0]}


class ConditionBody(_Body):
    """A field of the metadata compared with a value."""

    field: Name
    relation: Literal["=", "!=", "<", "<=", ">", ">=", "in"]
    value: Compared | list[Compared] = Field(description="A value; with `in` a list of values.")

    def condition(self) -> Condition:
        """The condition that it means."""
        value = tuple(self.value) if isinstance(self.value, list) else self.value
        return Condition(self.field, self.relation, value)


def _value_of_its_relation(body: ConditionBody) -> ConditionBody:
    several = isinstance(body.value, list)
    if several != (body.relation == "in"):
        raise PydanticCustomError("value", "`in` takes a list of values, the others one value")
    if isinstance(body.value, bool) and body.relation not in ("=", "!="):
        raise PydanticCustomError("value", "true and false are compared with = and != only")
    return body


class FilterBody(_Body):
    """Which passages may be found: those that fit everything given."""

    languages: list[Language] | None = Field(None, description="None: all.")
    conditions: list[Annotated[ConditionBody, AfterValidator(_value_of_its_relation)]] = []


class AsScoredBody(_Body):
    """The best of all languages in the order of their scores."""

    kind: Literal["as_scored"]


class BalancedBody(_Body):
    """The best of each language in turns."""

    kind: Literal["balanced"]


class PreferredBody(_Body):
    """Given languages first, as far as the weight goes."""

    kind: Literal["preferred"]
    languages: list[Language]
    weight: Annotated[StrictFloat, Field(ge=0, le=_HEAVIEST)] = 1.0


class SearchBody(_Body):
    """One search."""

    query: Text
    k: int = 10
    language: Language | None = Field(None, description="Of the query; by default detected.")
    where: FilterBody = FilterBody(languages=None)
    dial: AsScoredBody | BalancedBody | PreferredBody = Field(
        AsScoredBody(kind="as_scored"), discriminator="kind"
    )
    mode: Literal["dense", "words", "both"] = "dense"
    rerank: StrictBool = False
    fold: StrictBool = False
    explain: StrictBool = False

    def request(self) -> Request:
        """The request that it means."""
        languages = self.where.languages
        return Request(
            query=self.query,
            k=self.k,
            language=self.language,
            where=Filter(
                languages=None if languages is None else tuple(dict.fromkeys(languages)),
                conditions=tuple(one.condition() for one in self.where.conditions),
            ),
            dial=_dial(self.dial),
            mode=self.mode,
            rerank=self.rerank,
            fold=self.fold,
            explain=self.explain,
        )


class SearchesBody(_Body):
    """Several searches."""

    searches: list[SearchBody]


class DocumentBody(_Body):
    """A document to add."""

    id: Id
    text: Text
    title: Annotated[StrictStr, Field(max_length=MAX_VALUE)] | None = None
    language: Language | None = Field(None, description="By default detected.")
    parallel: Id | None = Field(None, description="What its versions in other languages share.")
    metadata: Annotated[
        dict[Name, Scalar], Field(max_length=MAX_FIELDS), BeforeValidator(_not_too_many)
    ] = {}


class DocumentsBody(_Body):
    """Documents to add; those that are there already are replaced."""

    documents: list[DocumentBody]


class Bodies(NamedTuple):
    """The bodies with a server's limits in them, and so in its OpenAPI document."""

    search: type[SearchBody]
    searches: type[SearchesBody]
    documents: type[DocumentsBody]


def bodies_of(limits: Limits) -> Bodies:
    """The bodies that a server with these limits takes."""

    def some(kind: Any, most: int) -> Any:
        return Annotated[list[kind], Field(min_length=1, max_length=most, fail_fast=True)]

    value = Compared | some(Compared, limits.max_values)
    condition: Any = create_model("Condition", __base__=ConditionBody, value=(value, ...))
    checked = Annotated[condition, AfterValidator(_value_of_its_relation)]
    where = create_model(
        "Filter",
        __base__=FilterBody,
        languages=(some(Language, limits.max_languages) | None, None),
        conditions=(
            Annotated[list[checked], Field(max_length=limits.max_conditions, fail_fast=True)],
            [],
        ),
    )
    preferred: Any = create_model(
        "Preferred",
        __base__=PreferredBody,
        languages=(some(Language, limits.max_languages), ...),
    )
    dial = Annotated[AsScoredBody | BalancedBody | preferred, Field(discriminator="kind")]
    search = create_model(
        "Search",
        __base__=SearchBody,
        query=(Annotated[Text, Field(max_length=limits.max_query)], ...),
        k=(Annotated[StrictInt, Field(ge=1, le=limits.max_k)], min(10, limits.max_k)),
        where=(where, where(languages=None)),
        dial=(dial, AsScoredBody(kind="as_scored")),
    )
    searches = create_model(
        "Searches", __base__=SearchesBody, searches=(some(search, limits.max_searches), ...)
    )
    documents = create_model(
        "Documents",
        __base__=DocumentsBody,
        documents=(some(DocumentBody, limits.max_documents), ...),
    )
    return Bodies(search, searches, documents)


def _dial(body: AsScoredBody | BalancedBody | PreferredBody) -> Dial:
    if isinstance(body, PreferredBody):
        return Preferred(tuple(dict.fromkeys(body.languages)), body.weight)
    return Balanced() if isinstance(body, BalancedBody) else AsScored()
