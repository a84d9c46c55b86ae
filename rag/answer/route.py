"""Which way a question goes, by rules over its wording. No model is asked.

The rules name only general English; what they cannot tell apart goes to `fact`, which reads the best paper.
"""

from __future__ import annotations

import re

from rag.text import split_sentences
from rag.types import Route

_COMPARE = re.compile(
    r"\b(compar(e|es|ed|ing|ison|isons)|differ(s|ed|ence|ences)?|versus|vs\.?|contrast(s|ed)?|each (one|of (them|the two|these))|both)\b",
    re.I,
)
_OVERVIEW = re.compile(
    r"\b(overview|summar(y|ies|i[sz]e[sd]?|i[sz]ing)|survey|landscape|tour|trends?|main (topics|themes|trends|directions)"
    r"|what('s| is| are)? (new|being (presented|done|shown)|there|hot|happening)|people (doing|working)"
    r"|what('s| is) in (the|this) (session|collection|track))\b",
    re.I,
)
_MANY = re.compile(
    r"\b((which|what|list|all|any|other|more|name|show( me)?( the)?) (of the |the )?(\w+ ){0,3}(papers|works|posters|studies)"
    r"|papers (on|about|that|which|dealing|using|with|for)|everything (on|about)|are there (\w+ ){0,3}(papers|works|posters))\b",
    re.I,
)
_FIND = re.compile(
    r"(\b(is there|are there|any(one|body|thing)\b|has any(one|body)|does any(one|body)|which (paper|work|poster)\b|what paper\b"
    r"|looking for|search(ing)? for|find me|point me to|who (works|is working|proposes|proposed|looked|looks) )"
    r"|^\s*(a|any|the) (paper|work|poster)\b)",
    re.I,
)
_ONE_PAPER = re.compile(r"[\"“”«»]|\b(the|this|that|their|its) ([\w-]+ ){0,4}(paper|work|authors?|abstract)\b", re.I)


def route(question: str) -> Route:
    """`compare`, `overview`, `find` or `fact`, from the wording alone."""
    if _COMPARE.search(question) and len(sides(question)) >= 2:
        return "compare"
    if _OVERVIEW.search(question) and not _ONE_PAPER.search(question):
        return "overview"
    if _MANY.search(question):
        return "overview"
    if _FIND.search(question):
        return "find"
    return "fact"


_SIDES = re.compile(r"\s*(?:\bversus\b|\bvs\b\.?|\bcompared? (?:to|with)\b|\band\b|\bfrom\b|\bor\b|;|,)\s*", re.I)
_LEAD_IN = re.compile(
    r"\b(how|what|which|do|does|is|are|the|two|three|both|between|compare[sd]?|comparison|difference[s]?|differ|contrast|papers?"
    r"|approach(es)?|methods?|each|other|of|to|with|in|on|about|change|one|ones)\b",
    re.I,
)


def sides(question: str) -> list[str]:
    """The parts of a comparison that may name a paper each, best guess, in the order of the question."""
    text = max(re.split(r"[:?]| - ", question), key=lambda part: (len(_SIDES.findall(part)), len(part)))
    parts = [part.strip(" ?.!-–—()") for part in _SIDES.split(text)]
    return [part for part in parts if _LEAD_IN.sub(" ", part).split()]


LONG_QUESTION_WORDS = 60


def core(question: str) -> str:
    """The part of a long message that asks: its sentences with a question mark, or its last sentence. A question of
    ordinary length is returned as it is."""
    if len(question.split()) <= LONG_QUESTION_WORDS:
        return question
    sentences = [span.text for span in split_sentences(question)]
    asking = [text for text in sentences if text.endswith("?")][-2:] or sentences[-1:]
    return " ".join(asking)[-1000:]
