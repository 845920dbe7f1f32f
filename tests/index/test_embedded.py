"""The embedded store against an exact one in memory, whatever is written, merged and reopened."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from index.memory_store import MemoryStore

from lingweave.index.embedded import EmbeddedStore, Settings
from lingweave.index.passages import EVERYTHING, Condition, Filter, Passage

D = 4
SMALL = Settings(tier=3, most_rows=40, patience=0.1)
LANGUAGES = ("de", "en", "th", "zh-CN")


def vectors(count, seed):
    """Vectors of few values, so that many tie."""
    return np.random.default_rng(seed).integers(-2, 3, (count, D)).astype(np.float32)


def found(answer):
    return [(one.id, one.score) for one in answer]


def same(store, model, seed, filters):
    asked = vectors(3, seed)
    for where in filters:
        for depth in (1, 3, 1000):
            for mine, other in zip(
                store.search(asked, depth, where), model.search(asked, depth, where), strict=True
            ):
                assert found(mine) == found(other)
            for mine, other in zip(
                store.search_languages(asked, depth, where),
                model.search_languages(asked, depth, where),
                strict=True,
            ):
                assert {x: found(y) for x, y in mine.items()} == {
                    x: found(y) for x, y in other.items()
                }
        assert dict(store.counts(where)) == dict(model.counts(where))
        ids = [one.id for one in model.search(asked[:1], 1000)[0]]
        assert store.places(asked[0], [*ids, "nobody"], where) == model.places(asked[0], ids, where)
    ids = [*ids, "nobody"]
    assert store.passages(ids) == model.passages(ids)
    assert store.versions(["p0", "p1", "none"]) == model.versions(["p0", "p1", "none"])


def the_filters(draw):
    values = draw(st.sampled_from([0, 1, 2.5, "a", "b", True, False]))
    relation = draw(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]))
    one = Condition("f", relation, values)
    many = Condition("g", "in", (1, "a", True))
    return [
        EVERYTHING,
        Filter(("de", "th", "xx")),
        Filter(None, (one,)),
        Filter(("en", "de"), (one, many)),
        Filter((), ()),
    ]


passages_of = st.lists(
    st.tuples(
        st.sampled_from(LANGUAGES),
        st.sampled_from([None, "p0", "p1"]),
        st.dictionaries(
            st.sampled_from(["f", "g"]), st.sampled_from([0, 1, 2, 2.5, "a", "b", True, False])
        ),
    ),
    min_size=1,
    max_size=3,
)
writes = st.tuples(
    st.just("upsert"),
    st.lists(
        st.tuples(st.sampled_from("abcdefgh"), passages_of),
        max_size=4,
        unique_by=lambda one: one[0],
    ),
)
deletes = st.tuples(st.just("delete"), st.lists(st.sampled_from("abcdefghxyz"), max_size=4))
others = st.tuples(st.sampled_from(["optimise", "reopen", "other reader"]), st.none())


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), steps=st.lists(st.one_of(writes, deletes, others), max_size=14))
def test_any_sequence_of_changes_leaves_what_an_exact_store_holds(tmp_path_factory, data, steps):
    folder = tmp_path_factory.mktemp("store")
    store, model = EmbeddedStore(folder, D, SMALL), MemoryStore(D)
    reader = EmbeddedStore(folder)
    for number, (what, given_) in enumerate(steps):
        if what == "upsert":
            passages = [
                Passage(f"{document}#{i}" if i else document, document, f"text {number}", *rest)
                for document, pieces in given_
                for i, rest in enumerate(pieces)
            ]
            values = vectors(len(passages), number)
            store.upsert(passages, values)
            model.upsert(passages, values)
        elif what == "delete":
            assert store.delete(given_) == model.delete(given_)
        elif what == "optimise":
            store.optimise()
        elif what == "reopen":
            store.close()
            store = EmbeddedStore(folder, None, SMALL)
        else:
            same(reader, model, number, [EVERYTHING])
    filters = the_filters(data.draw)
    same(store, model, 99, filters)
    same(reader, model, 98, filters)
    store.optimise()
    same(reader, model, 97, filters)
    names = {path.name for path in (folder / "shards").iterdir()}
    store.close()
    reader.close()
    again = EmbeddedStore(folder)
    again.delete(["nobody"])  # Sweeps, and finds nothing to sweep.
    assert {path.name for path in (folder / "shards").iterdir()} == names
    again.close()
