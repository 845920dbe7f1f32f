"""The training data that a study names, as files that `lingweave train --table` reads."""

from collections.abc import Sequence
from pathlib import Path

from lingweave.atlas import ALL_LANGUAGES, DEFAULT_LANGUAGES
from lingweave.errors import LingweaveError
from lingweave.sources.atlas import SEED, atlas_path
from lingweave.sources.files import files_of
from lingweave.studies.data.thinning import check_thin, thinned
from lingweave.studies.definition.places import path_of
from lingweave.studies.definition.study import AtlasTable, Study, TableSpec, named

ORDER = (*DEFAULT_LANGUAGES, *(x for x in ALL_LANGUAGES if x not in DEFAULT_LANGUAGES))
"""The order in which N languages of the atlas are chosen: its default twelve, then by code."""


def table_files(study: Study, name: str, out: Path) -> list[Path]:
    """The files of one of a study's tables; what is generated or made thin is written once.

    An atlas in other languages has other facts in its test split: a language is held out of
    training by a thin table with share 0, not by an atlas without it.

    Args:
        study: whose table.
        name: its name in the study.
        out: the folder of all studies; thin tables go to `tables` in it.

    Raises:
        LingweaveError: there is no such table, or it cannot be had.
    """
    spec = checked(study, name)
    with_name = f"table {name!r}"
    if spec.files is not None:
        return files_of([path_of(file, with_name) for file in spec.files])
    if spec.atlas is not None:
        return [atlas_file(spec.atlas)]
    assert spec.thin is not None
    try:
        return [thinned(table_files(study, spec.thin.of, out), spec.thin, out / "tables")]
    except LingweaveError as error:
        raise LingweaveError(f"{with_name}: {error}") from error


def check_table(study: Study, name: str) -> None:
    """Whether a table can be had, as far as can be said without reading or writing any.

    Raises:
        LingweaveError: as `table_files` would.
    """
    spec = checked(study, name)
    if spec.files is not None:
        files_of([path_of(file, f"table {name!r}") for file in spec.files])
    elif spec.atlas is not None:
        languages_of(spec.atlas)
    elif spec.thin is not None:
        check_table(study, spec.thin.of)


def checked(study: Study, name: str, above: Sequence[str] = ()) -> TableSpec:
    """The table of that name; those that it is made of are there, and none is made of itself.

    Raises:
        LingweaveError: naming the table.
    """
    spec: TableSpec = named("table", name, study.tables)
    if name in above:
        raise LingweaveError(f"table {name!r}: is made of itself ({' of '.join([*above, name])})")
    if spec.thin is not None:
        check_thin(spec.thin, name)
        checked(study, spec.thin.of, [*above, name])
    return spec


def atlas_file(spec: AtlasTable) -> Path:
    """The packed table of a part of the atlas.

    Raises:
        LingweaveError: it has no sentences in a language.
    """
    return atlas_path(spec.part, languages_of(spec), SEED if spec.seed is None else spec.seed)


def languages_of(spec: AtlasTable) -> tuple[str, ...]:
    """The languages of a part of the atlas.

    Raises:
        LingweaveError: it has no sentences in one, or not so many languages.
    """
    if spec.languages is None:
        return DEFAULT_LANGUAGES
    if isinstance(spec.languages, int):
        return atlas_languages(spec.languages)
    unknown = [code for code in spec.languages if code not in ALL_LANGUAGES]
    if unknown:
        raise LingweaveError(
            f"atlas: no sentences in {unknown[0]!r}: choose from {', '.join(ALL_LANGUAGES)}"
        )
    return tuple(spec.languages)


def atlas_languages(count: int) -> tuple[str, ...]:
    """So many languages of the atlas, by `ORDER`.

    Raises:
        LingweaveError: it does not have so many, or it is fewer than two.
    """
    if not 2 <= count <= len(ORDER):
        raise LingweaveError(f"atlas: {count} languages: give 2 to {len(ORDER)}")
    return ORDER[:count]
