"""Searches that come together are answered together, and none pays for another's fault."""

import asyncio
import threading

import pytest

from lingweave.errors import LingweaveError
from lingweave.index.requests import Request
from lingweave.serve.batching import Batcher
from lingweave.serve.problems import ServeError
from lingweave.serve.worker import Worker


class Model:
    """Answers each query with itself, once it is let."""

    def __init__(self):
        self.free = threading.Event()
        self.began = threading.Event()
        self.batches = []

    def answers(self, requests):
        self.batches.append([one.query for one in requests])
        self.began.set()
        assert self.free.wait(20)
        if any(one.query == "bad" for one in requests):
            raise LingweaveError("bad")
        return [[one.query] for one in requests]


def in_batches(work, size=4, wait=0.0, room=100):
    """What `work(batcher, model)` returns."""

    async def main():
        model, worker = Model(), Worker("model")
        batcher = Batcher(model.answers, worker, size=size, wait=wait, room=room)
        try:
            return await asyncio.wait_for(work(batcher, model), 20)
        finally:
            model.free.set()
            await batcher.close()
            worker.stop()

    return asyncio.run(main())


async def begun(batcher, model, query="first"):
    """A search that the model is at work on."""
    task = asyncio.create_task(batcher.ask([Request(query)]))
    await asyncio.to_thread(model.began.wait, 20)
    return task


def test_what_comes_while_the_model_works_is_one_batch():
    async def work(batcher, model):
        first = await begun(batcher, model)
        rest = [asyncio.create_task(batcher.ask([Request(str(n))])) for n in range(6)]
        await asyncio.sleep(0.01)
        assert batcher.load == 7
        model.free.set()
        assert await first == [["first"]]
        for number, task in enumerate(rest):
            assert await task == [[str(number)]]
        return model.batches

    assert in_batches(work) == [["first"], ["0", "1", "2", "3"], ["4", "5"]]


def test_several_searches_of_one_request_keep_their_order():
    async def work(batcher, model):
        model.free.set()
        return await batcher.ask([Request(str(n)) for n in range(9)])

    assert in_batches(work) == [[str(n)] for n in range(9)]


def test_a_search_that_fails_fails_alone():
    async def work(batcher, model):
        first = await begun(batcher, model)
        tasks = [asyncio.create_task(batcher.ask([Request(q)])) for q in ("a", "bad", "b")]
        await asyncio.sleep(0.01)
        model.free.set()
        await first
        return await asyncio.gather(*tasks, return_exceptions=True)

    a, bad, b = in_batches(work)
    assert (a, b) == ([["a"]], [["b"]])
    assert isinstance(bad, LingweaveError)


def test_past_the_room_searches_are_refused():
    async def work(batcher, model):
        first = await begun(batcher, model)
        second = asyncio.create_task(batcher.ask([Request("second")]))
        await asyncio.sleep(0.01)
        with pytest.raises(ServeError) as refused:
            await batcher.ask([Request("third")])
        model.free.set()
        await asyncio.gather(first, second)
        return refused.value.code

    assert in_batches(work, room=2) == "busy"


def test_who_gave_up_is_not_answered():
    async def work(batcher, model):
        first = await begun(batcher, model)
        given_up = asyncio.create_task(batcher.ask([Request("given up")]))
        second = asyncio.create_task(batcher.ask([Request("second")]))
        await asyncio.sleep(0.01)
        given_up.cancel()
        await asyncio.sleep(0.01)
        model.free.set()
        await asyncio.gather(first, second)
        return model.batches

    assert in_batches(work) == [["first"], ["second"]]


def test_who_waits_when_it_closes_is_told_so():
    async def work(batcher, model):
        first = await begun(batcher, model)
        second = asyncio.create_task(batcher.ask([Request("second")]))
        await asyncio.sleep(0.01)
        await batcher.close()
        found = await asyncio.gather(first, second, return_exceptions=True)
        return [one.code for one in found]

    assert in_batches(work) == ["stopping", "stopping"]


def test_a_model_that_answers_too_little_is_an_error():
    async def work():
        worker = Worker("model")
        batcher = Batcher(lambda requests: [], worker, size=2, wait=0, room=2)
        with pytest.raises(RuntimeError, match="0 answers to 1"):
            await batcher.ask([Request("a")])
        await batcher.close()
        worker.stop()

    asyncio.run(work())


def test_a_worker_hands_on_what_is_raised_and_goes_on():
    async def work():
        worker = Worker("one")
        for error in (KeyError("a"), StopIteration(), SystemExit(1), KeyboardInterrupt()):

            def fail(error=error):
                raise error

            with pytest.raises(Exception):  # noqa: B017, PT011
                await worker.call(fail)
        assert await worker.call(lambda: 1) == 1
        worker.stop()

    asyncio.run(work())


def test_searches_that_nobody_waits_for_take_no_room():
    async def work(batcher, model):
        first = await begun(batcher, model)
        gone = asyncio.create_task(batcher.ask([Request(str(n)) for n in range(4)]))
        await asyncio.sleep(0.01)
        gone.cancel()
        await asyncio.wait([gone])
        assert batcher.load == 1
        after = asyncio.create_task(batcher.ask([Request("after")] * 4))
        await asyncio.sleep(0.01)
        model.free.set()
        return await first, await after

    assert in_batches(work, room=5) == ([["first"]], [["after"]] * 4)


def test_one_caller_cannot_take_all_the_room():
    async def work():
        model, worker = Model(), Worker("model")
        batcher = Batcher(model.answers, worker, size=4, wait=0.0, room=100, room_each=8)
        many = asyncio.create_task(batcher.ask([Request("first")] * 6, "greedy"))
        await asyncio.sleep(0.01)
        with pytest.raises(ServeError) as refused:
            await batcher.ask([Request("more")] * 3, "greedy")
        assert refused.value.code == "too_many"
        other = asyncio.create_task(batcher.ask([Request("other")] * 6, "other"))
        model.free.set()
        assert len(await many) == len(await other) == 6
        assert len(await batcher.ask([Request("again")] * 9, "greedy")) == 9
        await batcher.close()
        worker.stop()

    asyncio.run(asyncio.wait_for(work(), 20))


def test_searches_answered_singly_are_timed_singly():
    async def work(batcher, model):
        first = await begun(batcher, model)
        two = [asyncio.create_task(batcher.ask([Request(q)])) for q in ("bad", "good")]
        await asyncio.sleep(0.01)
        before = batcher._since
        model.free.set()
        await asyncio.wait([first, *two])
        assert await two[1] == [["good"]]
        return before, batcher._since, len(model.batches)

    before, after, batches = in_batches(work)
    assert (batches, after > before) == (4, True)
