"""Reading ahead: what is read when, and that it gives way. The model's thread is played by the test."""

from __future__ import annotations

import threading

from rag.llm.ahead import Ahead, PoliteEmbedder, Reading
from rag.testing import HashEmbedder
from rag.types import Prompt

ONE, TWO, THREE = (Prompt("", name, "") for name in ("one", "two", "three"))


def make(quiet_s: float = 0.0) -> Ahead:
    return Ahead(threading.Condition(), quiet_s)


def begun(ahead: Ahead) -> Reading:
    """What the model's thread would read now, its prompt drawn and tokenised."""
    reading, _ = ahead.begin()
    assert reading is not None
    if reading.prompt is None and reading.plan is not None:
        reading.prompt = next(reading.plan)
    assert reading.prompt is not None
    reading.stable = [len(reading.prompt.stable)]
    return reading


def test_nothing_is_read_unless_it_is_planned_and_quiet() -> None:
    assert make().begin() == (None, None)
    ahead = make(quiet_s=1000.0)
    ahead.plan(iter([ONE]))
    reading, wait_s = ahead.begin()
    assert reading is None and wait_s is not None and 900 < wait_s <= 1000


def test_a_plan_is_read_in_order_until_there_is_no_room() -> None:
    ahead = make()
    ahead.plan(iter([ONE, TWO, THREE]))
    for prompt, go_on in ((ONE, True), (TWO, False)):
        reading = begun(ahead)
        assert reading.prompt == prompt and not ahead.stopped()
        ahead.end(reading, go_on=go_on)
    assert ahead.begin() == (None, None)


def test_a_question_ends_a_reading_which_is_taken_up_again() -> None:
    ahead = make()
    ahead.plan(iter([ONE, TWO]))
    reading = begun(ahead)
    ahead.give_way([99])
    assert ahead.stopped()
    ahead.end(reading, go_on=True)
    assert not ahead.stopped() and begun(ahead).prompt == ONE


def test_a_question_about_the_paper_being_read_lets_it_go_on() -> None:
    ahead = make()
    ahead.plan(iter([ONE]))
    reading = begun(ahead)
    ahead.give_way(reading.stable)
    assert not ahead.stopped()


def test_wishes_come_before_the_plan_and_need_no_quiet() -> None:
    ahead = make(quiet_s=1000.0)
    ahead.plan(iter([THREE]))
    ahead.wish([(ONE, [1]), (TWO, [2])])
    first, _ = ahead.begin()
    assert first is not None and first.prompt == ONE
    ahead.wish([(TWO, [2]), (ONE, [1])])
    assert not first.cancel.is_set(), "still wanted"
    ahead.wish([(TWO, [2])])
    assert first.cancel.is_set()
    ahead.end(first, go_on=True)
    second, _ = ahead.begin()
    assert second is not None and second.prompt == TWO
    ahead.end(second, go_on=True)
    assert ahead.begin()[0] is None


def test_a_new_plan_takes_the_place_of_the_one_being_read() -> None:
    ahead = make()
    ahead.plan(iter([ONE]))
    reading = begun(ahead)
    ahead.plan(iter([TWO]))
    ahead.end(reading, go_on=False)
    assert begun(ahead).prompt == TWO


def test_the_model_stands_still_while_others_need_the_cores() -> None:
    ahead = make()
    ahead.plan(iter([ONE]))
    reading = begun(ahead)
    steps = [0]

    def model() -> None:
        while not ahead.stopped():
            steps[0] += 1
        ahead.end(reading, go_on=True)

    thread = threading.Thread(target=model)
    thread.start()
    embedder = PoliteEmbedder(HashEmbedder(), ahead.stepping_aside)
    with ahead.stepping_aside():
        before = steps[0]
        embedder.embed(["as a question does, once more"])
        threading.Event().wait(0.05)
        assert steps[0] == before
    while steps[0] == before:  # it goes on by itself
        threading.Event().wait(0.01)
    assert thread.is_alive()
    ahead.give_way()
    thread.join(timeout=30)
    assert not thread.is_alive()


def test_a_question_ends_a_reading_that_stands_still() -> None:
    ahead = make()
    ahead.plan(iter([ONE]))
    reading = begun(ahead)
    thread = threading.Thread(target=lambda: [None for _ in iter(ahead.stopped, True)])
    thread.start()
    with ahead.stepping_aside():
        ahead.give_way([99])
        thread.join(timeout=30)
        assert not thread.is_alive() and reading.cancel.is_set()
    ahead.end(reading, go_on=True)
    assert begun(ahead).prompt == ONE


def test_a_polite_embedder_is_the_embedder_behind_it() -> None:
    inner = HashEmbedder()
    embedder = PoliteEmbedder(inner, make().stepping_aside)
    assert (embedder.name, embedder.dimension, embedder.max_tokens) == (inner.name, inner.dimension, inner.max_tokens)
    assert embedder.count_tokens("two words") == inner.count_tokens("two words")
    assert (embedder.embed(["some text"]) == inner.embed(["some text"])).all()
