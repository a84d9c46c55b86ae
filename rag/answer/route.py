"""Which way a question goes, by rules over its wording. No model is asked.

The rules name only general English; what they cannot tell apart goes to `fact`, which reads the best paper.
"""

from __future__ import annotations

import re

from rag.answer import record_wording, wording
from rag.text import search_words, split_sentences
from rag.types import Route


def route(question: str) -> Route:
    """`compare`, `overview`, `find` or `fact`, from the wording alone: the user's, not that of quoted text."""
    if wording.TOPIC_NAMED.search(question):
        return "overview"
    question = wording.QUOTED.sub(" “…” ", question)
    if wording.COMPARE.search(question) and (len(sides(question)) >= 2 or wording.TWO_PAPERS.search(question)):
        return "compare"
    if wording.OVERVIEW.search(question) and not wording.ONE_PAPER.search(question):
        return "overview"
    if wording.MANY.search(question) or record_wording.COUNT.search(question):
        return "overview"
    if wording.FIND.search(question) or _describes(question):
        return "find"
    return "fact"


def _describes(question: str) -> bool:
    """Whether it asks nothing but describes something, at some length: "paper boats that float in the rain"."""
    asks = "?" in question or wording.QUESTION_WORD.search(question) or wording.ORDERS.search(question)
    return not asks and not re.search(r"\d", question) and len(question.split()) >= LEAST_DESCRIPTION


def sides(question: str) -> list[str]:
    """The parts of a comparison that may name a paper each, best guess, in the order of the question."""
    text = max(re.split(r"[:?]| - ", question), key=lambda part: (len(wording.BETWEEN_SIDES.findall(part)), len(part)))
    parts = [part.strip(" ?.!-–—()") for part in wording.BETWEEN_SIDES.split(text)]
    return [part for part in parts if wording.NO_SIDE.sub(" ", part).split()]


LONG_QUESTION_WORDS = 60
LEAST_DESCRIPTION = 7  # words


def core(question: str) -> str:
    """The part of a long message that asks: its sentences with a question mark, or its last sentence. A question of
    ordinary length is returned as it is."""
    if len(question.split()) <= LONG_QUESTION_WORDS:
        return question
    sentences = [span.text for span in split_sentences(question)]
    asking = [text for text in sentences if text.endswith("?")][-2:] or sentences[-1:]
    return " ".join(asking)[-1000:]


def topic_phrases(question: str) -> list[str]:
    """The topics of an overview one by one, without the words that ask for it (`domain adaptation`, `domain
    generalization`). One of several that is a single word (`RL included`) says too little by itself."""
    parts = [
        " ".join(search_words(wording.NOT_TOPIC.sub(" ", part))) for part in wording.BETWEEN_TOPICS.split(question)
    ]
    parts = list(dict.fromkeys(part for part in parts if part))
    return [part for part in parts if " " in part] if len(parts) > 1 else parts


def topic(question: str) -> str:
    """What an overview is about: the question without the words that ask for it; all of it when nothing is left."""
    rest = wording.NOT_TOPIC.sub(" ", question)
    return " ".join(rest.replace("?", " ").replace(".", " ").split()).strip(" ,;:-") or question
