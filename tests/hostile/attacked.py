"""What the tests of injections share."""

from __future__ import annotations

from dataclasses import dataclass

from attacks import Attack
from worst_model import ObedientModel

from rag.answer.pipeline import Assistant
from rag.types import Paper


@dataclass
class Attacked:
    """An assistant over attacked papers."""

    assistant: Assistant
    model: ObedientModel
    tries: list[Attack]
    papers: dict[str, Paper]
