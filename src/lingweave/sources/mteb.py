"""Retrieval and bitext tasks of the package ``mteb``, read through it (an extra: ``mteb``)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.errors import LingweaveError
from lingweave.languages import canonical
from lingweave.sources.aligned import TRIVIAL, shared_passages
from lingweave.sources.collection import gathered
from lingweave.sources.hushed import hushed
from lingweave.sources.parts import Part, joined, only_judged
from lingweave.sources.qrels import Judged, golds
from lingweave.sources.records import Row


def from_mteb(
    task: str,
    name: str | None = None,
    split: str | None = None,
    languages: Sequence[str] | None = None,
    aligned: bool | None = None,
) -> Benchmark:
    """A task of mteb as a benchmark, in all its languages or some.

    A subset of two languages has documents in the first and queries in the second, as mteb's
    Belebele and MLQA tasks do. Tasks whose data needs code from the hub are refused.

    Args:
        task: its name, such as ``MIRACLRetrieval``.
        name: what to call the benchmark.
        split: one of the task's splits; its first evaluation split by default.
        languages: only subsets of these.
        aligned: whether query ids of its subsets mean the same questions: see `parts.joined`.

    Raises:
        LingweaveError: the package is not installed, does not know the task, or cannot get it.
    """
    loaded, wanted_split, subsets = _loaded(task, split, languages)
    where = Path(f"mteb:{task}")
    source = {
        "mteb": task,
        "mteb version": version("mteb"),
        "revision": str(loaded.metadata.dataset.get("revision")),
        "split": wanted_split,
        "licence": str(loaded.metadata.license),
    }
    if loaded.metadata.type == "BitextMining":
        return _bitext(name or task, loaded, wanted_split, subsets, source, where)
    parts = {
        subset: _part(where, loaded.dataset[subset][wanted_split], codes)
        for subset, codes in subsets.items()
    }
    if all(len(set(codes)) == 1 for codes in subsets.values()):
        parts = {subsets[subset][0]: part for subset, part in parts.items()}
    return joined(parts, name or task, source, aligned)


def _loaded(
    name: str, split: str | None, languages: Sequence[str] | None
) -> tuple[Any, str, dict[str, tuple[str, ...]]]:
    """The task with its data, the split, and the languages of each subset."""
    try:
        import mteb
    except ImportError:
        raise LingweaveError(
            f"mteb:{name}: needs the package mteb: pip install 'lingweave[mteb]'"
        ) from None
    try:
        task: Any = mteb.get_task(name)
    except KeyError as error:
        raise LingweaveError(f"mteb:{name}: {_short(error)}") from None
    metadata = task.metadata
    if metadata.type not in ("Retrieval", "Reranking", "InstructionRetrieval", "BitextMining"):
        raise LingweaveError(f"mteb:{name}: a {metadata.type} task; name a retrieval or bitext one")
    if metadata.dataset.get("trust_remote_code"):
        raise LingweaveError(
            f"mteb:{name}: its data needs code from the hub, which is never run: give --data a copy"
        )
    splits = list(metadata.eval_splits)
    if split is not None and split not in splits:
        raise LingweaveError(f"mteb:{name}: no split {split!r}: choose from {', '.join(splits)}")
    told = metadata.eval_langs
    every = told if isinstance(told, Mapping) else {"default": told}
    wanted = None if languages is None else {canonical(code) for code in languages}
    named = _codes(tag for tags in every.values() for tag in tags)
    subsets = {}
    for subset, tags in every.items():
        codes = tuple(named[tag] for tag in tags)
        if wanted is None or set(codes) <= wanted:
            subsets[subset] = codes
    if not subsets:
        raise LingweaveError(f"mteb:{name}: has none of the languages {', '.join(languages or ())}")
    if isinstance(told, Mapping):
        task.hf_subsets = list(subsets)
    try:
        with hushed():
            task.load_data()
    except Exception as error:  # Hubs, proxies, parsers: whatever fails here is no bug of ours.
        raise LingweaveError(
            f"mteb:{name}: {metadata.dataset['path']} cannot be had ({_short(error)}): connect to"
            " the network, or give --data a local copy"
        ) from error
    if hasattr(task, "convert_v1_dataset_format_to_v2"):
        task.convert_v1_dataset_format_to_v2(num_proc=None)
    return task, split or splits[0], subsets


def _codes(tags: Iterable[str]) -> dict[str, str]:
    """``deu-Latn`` -> ``de``; with its script only where the task has a language in several."""
    bare: dict[str, set[str]] = {}
    for tag in tags:
        bare.setdefault(canonical(tag.split("-")[0]), set()).add(tag)
    return {
        tag: code if len(some) == 1 else canonical(tag)
        for code, some in bare.items()
        for tag in some
    }


def _part(where: Path, data: Mapping[str, Any], codes: Sequence[str]) -> Part:
    corpora = gathered(_rows(where, data["corpus"]), "document", codes[0], "keep")
    queries = gathered(_rows(where, data["queries"]), "query", codes[-1])
    # In the order of the queries: mteb's own is another in every run.
    relevant = dict(data["relevant_docs"])
    ordered = [id for side in queries.values() for id in side.ids if id in relevant]
    judged = [
        Judged(query, passage, int(grade), where, line)
        for line, query in enumerate(dict.fromkeys([*ordered, *sorted(relevant)]), 1)
        for passage, grade in relevant[query].items()
    ]
    gold = golds(judged, queries, corpora, "skip")
    return Part(only_judged(queries, gold), corpora, gold)


def _rows(where: Path, rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Path, Row]]:
    for line, row in enumerate(rows, 1):
        title, text = row.get("title") or "", row.get("text") or ""
        yield where, Row(str(row["id"]), f"{title} {text}".strip(), None, line)


def _bitext(
    name: str,
    task: Any,
    split: str,
    subsets: Mapping[str, Sequence[str]],
    source: Mapping[str, str],
    where: Path,
) -> Benchmark:
    """Columns ``sentence1`` and ``sentence2`` in each subset, or a column a language."""
    rows: dict[str, list[tuple[str, str]]] = {}
    columns: dict[str, str] = {}
    for subset, codes in subsets.items():
        if getattr(task, "parallel_subsets", False):
            names = dict(zip(codes, subset.split("-"), strict=True))
            columns |= {code: column for code, column in names.items() if code not in columns}
            continue
        data = task.dataset[subset][split]
        for code, column in zip(codes, ("sentence1", "sentence2"), strict=True):
            rows.setdefault(code, []).extend(
                (f"{subset}/{line}", str(text)) for line, text in enumerate(data[column], 1)
            )
    for code, column in columns.items():
        texts = task.dataset[split][column]
        rows[code] = [(str(line), str(text)) for line, text in enumerate(texts, 1)]
    corpora, queries, gold = {}, {}, []
    for code, some in rows.items():
        for id, text in some:
            if not text.strip():
                raise LingweaveError(f"{where}: line {id}: the sentence in {code!r} is empty")
        corpora[code], passage_of = shared_passages(some)
        queries[code] = Texts(tuple(id for id, _ in some), tuple(text for _, text in some))
        gold += [Gold(id, code, passage) for id, passage in passage_of.items()]
    return Benchmark(name, queries, corpora, tuple(gold), source={**source, "mono": TRIVIAL})


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
