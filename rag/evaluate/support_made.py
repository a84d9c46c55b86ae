"""Sentences about abstracts that are true or spoilt in a known way: what the judged sets do not have.

Made from SciTLDR: the summary that a paper's author wrote, and sentences of the abstract itself, as they are and
with one thing changed. The rules that spoil know more and other words than the checker's lists do, but the same
people wrote both: the figures are an upper limit for what a model may write.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence

from rag.answer.facts import fold
from rag.evaluate.support_data import Abstract, Row
from rag.text import content_words

TRUE_KINDS = ("true summary", "copied sentence", "copied number")
# The kinds that differ from a true one in what `rag.answer.support.CONTRADICTIONS` look at.
CONTRADICTED = (
    *("negated summary", "negated copy", "reversed summary", "reversed copy"),
    *("number changed", "number moved", "name swapped in summary", "name swapped in copy"),
)
KINDS = (*TRUE_KINDS, *CONTRADICTED, "nearest paper's summary", "other paper's summary")

_PAIRS = (
    *("higher lower", "more less", "better worse", "faster slower", "larger smaller", "fewer more", "best worst"),
    *("increase decrease", "increases decreases", "improve degrade", "improves degrades", "improved degraded"),
    *("improving degrading", "outperform underperform", "outperforms underperforms", "stronger weaker"),
    *("reduce increase", "reduces increases", "reducing increasing", "decrease increase", "superior inferior"),
    *("simple complex", "efficient wasteful", "robust fragile", "effective useless", "accurate inaccurate"),
    *("supervised unsupervised", "unsupervised supervised", "before after", "large small", "small large"),
    *("high low", "low high", "generalize overfit", "always seldom", "easier harder", "lower higher", "less more"),
    "smaller larger",
)
_OPPOSITE = dict(pair.split() for pair in _PAIRS)
_REVERSIBLE = re.compile(rf"\b({'|'.join(_OPPOSITE)})\b")
_AUXILIARY = re.compile(r"\b(is|are|was|were|can|could|does|do|did|should|will|may)\b(?! not)")
_VERB = re.compile(
    r"\b(outperform|improve|achieve|reduce|enable|allow|require|lead|learn|use|show|provide|generalize|perform)s\b"
)
_WE = re.compile(r"\b[Ww]e (?=(show|propose|introduce|present|demonstrate|find|prove|use|develop|provide|study)\b)")
_NUMBER = re.compile(r"(?<![\w.,-])\d+(?:[.,]\d+)*(?![\w-])")
_COINED = re.compile(r"(?<![\w-])[A-Z]\w*[A-Z0-9][\w-]*(?![\w-])")

Spoil = Callable[[str], str | None]


def made_rows(abstracts: Sequence[Abstract], seed: int) -> list[Row]:
    """True and spoilt sentences about each abstract; the kind is the row's `part`. The same for the same seed."""
    chance = random.Random(seed)
    names = sorted({name for abstract in abstracts for text in abstract.sentences for name in _COINED.findall(text)})
    neighbours = _nearest(abstracts)
    rows = []
    for place, abstract in enumerate(abstracts):
        others = [at for at in range(len(abstracts)) if at != place]
        told: list[tuple[str, str | None]] = list(_about(abstract, names, chance))
        if others:
            told.append(("nearest paper's summary", abstracts[neighbours[place]].summary))
            told.append(("other paper's summary", abstracts[chance.choice(others)].summary))
        rows += [
            Row("made", kind, str(place), claim, abstract.sentences, kind in TRUE_KINDS)
            for kind, claim in told
            if claim
        ]
    return rows


def _about(abstract: Abstract, names: Sequence[str], chance: random.Random) -> list[tuple[str, str | None]]:
    body, summary = abstract.sentences[1:], abstract.summary
    text = " ".join(abstract.sentences)
    spoils: dict[str, Spoil] = {
        "negated": negate,
        "reversed": reverse,
        "name swapped in": lambda claim: _swap_name(claim, text, names, chance),
    }
    copied = _in_third_person(chance.choice(body))
    told: list[tuple[str, str | None]] = [("true summary", summary), ("copied sentence", copied)]
    for kind, spoil in spoils.items():
        told.append((f"{kind} summary", spoil(summary)))
        told.append((f"{kind} copy", next(filter(None, map(spoil, chance.sample(body, len(body)))), None)))
    numbered = next((sentence for sentence in chance.sample(body, len(body)) if _NUMBER.search(sentence)), None)
    if numbered:
        told.append(("copied number", _in_third_person(numbered)))
        told.append(("number changed", _change_number(numbered, text, chance)))
        told.append(("number moved", _move_number(numbered, text, chance)))
    return told


def _in_third_person(sentence: str) -> str:
    told = re.sub(r"^(In this (paper|work),? )?[Ww]e ", "The authors ", sentence)
    return re.sub(r"\b[Oo]ur\b", "the", told)


def negate(claim: str) -> str | None:
    """The claim with one `not` more; None where the rules find no place for it."""
    if match := _AUXILIARY.search(claim):
        return f"{claim[: match.end()]} not{claim[match.end() :]}"
    if match := _VERB.search(claim):
        return f"{claim[: match.start()]}does not {match.group(1)}{claim[match.end() :]}"
    if match := _WE.search(claim):
        return f"{claim[: match.end()]}do not {claim[match.end() :]}"
    return None


def reverse(claim: str) -> str | None:
    """The claim with its first word of direction turned round; None when it has none."""
    match = _REVERSIBLE.search(claim)
    return f"{claim[: match.start()]}{_OPPOSITE[match.group()]}{claim[match.end() :]}" if match else None


def _change_number(claim: str, text: str, chance: random.Random) -> str | None:
    match = chance.choice(list(_NUMBER.finditer(claim)))
    present = set(re.findall(r"\d+(?:[.,]\d+)*", text))
    for _ in range(50):
        other = re.sub(r"\d", lambda _: str(chance.randint(1, 9)), match.group())
        if other not in present:
            return f"{claim[: match.start()]}{other}{claim[match.end() :]}"
    return None


def _move_number(claim: str, text: str, chance: random.Random) -> str | None:
    own = set(_NUMBER.findall(claim))
    others = sorted(set(_NUMBER.findall(text)) - own)
    if not others:
        return None
    match = chance.choice(list(_NUMBER.finditer(claim)))
    return f"{claim[: match.start()]}{chance.choice(others)}{claim[match.end() :]}"


def _swap_name(claim: str, text: str, names: Sequence[str], chance: random.Random) -> str | None:
    own = _COINED.findall(claim)
    strange = [name for name in names if fold(name) not in fold(text + claim)]
    return claim.replace(chance.choice(own), chance.choice(strange)) if own and strange else None


def _nearest(abstracts: Sequence[Abstract]) -> list[int]:
    """For each abstract the other paper whose summary shares most with it."""
    summaries = [set(content_words(abstract.summary)) for abstract in abstracts]
    sources = [set(content_words(" ".join(abstract.sentences))) for abstract in abstracts]
    frequency = Counter(stem for source in sources for stem in source)

    def shared(source: set[str], summary: set[str]) -> float:
        weight = sum(math.log(len(abstracts) / frequency[stem]) for stem in summary & source)
        return weight / max(2.0, math.sqrt(len(summary)))

    nearest = []
    for place, source in enumerate(sources):
        scores = [shared(source, summary) if at != place else -1.0 for at, summary in enumerate(summaries)]
        nearest.append(scores.index(max(scores)))
    return nearest
