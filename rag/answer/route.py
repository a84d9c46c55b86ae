"""The parts of a question: what it asks, the sides of a comparison, the topic of an overview. By its wording."""

from __future__ import annotations

import re

from rag.answer import wording
from rag.text import search_words, split_sentences


def sides(question: str) -> list[str]:
    """The parts of a comparison that may name a paper each, best guess, in the order of the question."""
    text = max(re.split(r"[:?]| - ", question), key=lambda part: (len(wording.BETWEEN_SIDES.findall(part)), len(part)))
    parts = [part.strip(" ?.!-–—()") for part in wording.BETWEEN_SIDES.split(text)]
    if len(parts) == 1 and wording.SET_AGAINST.search(text):
        parts = [part.strip(" ?.!-–—()") for part in wording.AGAINST.split(text)]
    return [part for part in parts if wording.NO_SIDE.sub(" ", part).split()]


LONG_QUESTION_WORDS = 60


def core(question: str) -> str:
    """The part of a long message that asks: its sentences with a question mark, or its last sentence. A question of
    ordinary length is returned as it is. Always without `et al.`, which sentences that cite have, whatever they say."""
    question = wording.AND_OTHERS.sub("", question)
    if len(question.split()) <= LONG_QUESTION_WORDS:
        return question
    sentences = [span.text for span in split_sentences(question)]
    asking = [text for text in sentences if text.endswith("?")][-2:] or sentences[-1:]
    return " ".join(asking)[-1000:]


def topic_phrases(question: str) -> list[str]:
    """The topics of an overview one by one, without the words that ask for it (`domain adaptation`, `domain
    generalization`). One of several that is a single word (`RL included`) says too little by itself."""
    parts = [
        " ".join(search_words(wording.NOT_TOPIC.sub(" ", part)))
        for part in wording.BETWEEN_TOPICS.split(_behind_about(question))
    ]
    parts = list(dict.fromkeys(part for part in parts if part))
    return [part for part in parts if " " in part] if len(parts) > 1 else parts


def topic(question: str) -> str:
    """What an overview is about: the question without the words that ask for it; all of it when nothing is left."""
    rest = wording.NOT_TOPIC.sub(" ", _behind_about(question))
    return " ".join(rest.replace("?", " ").replace(".", " ").split()).strip(" ,;:-") or question


def _behind_about(question: str) -> str:
    """What stands behind `about`, `work on` and the like, where that says something by itself; else the whole
    question: "my sister builds boats, what should I tell her about wax?", "boats leak, what is there about that?"."""
    behind = [match.group("topic") for match in wording.ABOUT_TOPIC.finditer(question)]
    named = [text for text in behind if not wording.POINTS_BACK.search(text)]
    return next((text for text in reversed(named) if search_words(wording.NOT_TOPIC.sub(" ", text))), question)
