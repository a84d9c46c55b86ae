"""A full queue turns new answers away, and never one that has begun."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import pytest

from rag.answer.pipeline import Assistant
from rag.errors import Overloaded
from rag.testing import ScriptedGenerator
from rag.types import Done, Prompt, SentenceChecked


@dataclass
class Crowded(ScriptedGenerator):
    """Its queue is full at these calls, counted from 1."""

    full: set[int] = field(default_factory=set)
    calls: int = 0
    stop: threading.Event | None = None

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Any:
        self.calls += 1
        if self.calls in self.full:
            if self.stop is not None:
                self.stop.set()
            raise Overloaded("Too many questions are waiting already.")
        return super().generate(prompt, max_tokens=max_tokens)


@pytest.fixture
def model() -> Crowded:
    return Crowded(script=["Folded boats sink in wind.", "A slow clock is adjusted by 4 seconds an hour."])


QUESTION = "How do paper boats and slow clocks differ?"


def test_an_answer_that_has_begun_waits_for_its_next_read(assistant: Assistant, model: Crowded) -> None:
    model.full = {2, 3}
    events = list(assistant.ask(QUESTION))
    assert isinstance(events[-1], Done) and model.calls > 3
    assert any(isinstance(event, SentenceChecked) for event in events)


def test_a_new_answer_is_turned_away(assistant: Assistant, model: Crowded) -> None:
    model.full = {1}
    with pytest.raises(Overloaded):
        list(assistant.ask(QUESTION))


def test_stop_ends_the_waiting(assistant: Assistant, model: Crowded) -> None:
    model.full, model.stop = set(range(2, 1000)), threading.Event()
    events = list(assistant.ask(QUESTION, stop=model.stop))
    assert isinstance(events[-1], Done) and events[-1].answer.cancelled
