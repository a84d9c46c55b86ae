"""Numbers in texts, whatever they are written as, and those that a sentence gets wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.answer.reading import Reading, beside
from rag.text import words

_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_YEAR = re.compile(r"(?:19|20)\d\d")
# Not one and zero: `one of the`, `one particular person`, `zero-shot`.
_NUMBER_WORDS = dict(two="2", three="3", four="4", five="5", six="6", seven="7", eight="8", nine="9", ten="10")
# `5 m` are metres: the letters stand close to the digits.
AMOUNT = re.compile(r"(?<![\w.,])(\d+(?:[.,]\d+)*)(?:([kKMB])\b|[\s-](thousand|million|billion)\b)")
_SCALE = dict(k=10**3, K=10**3, M=10**6, B=10**9, thousand=10**3, million=10**6, billion=10**9)
_SUFFIX = re.compile(r"[^\d.,]+$")  # `10x`, `35k`, `2.5%`
_DECIMAL = re.compile(r"(?<![\w.,-])\d+\.\d+")
_RANGE = re.compile(r"\d[\d.,]*\s?[-–]\s?\d[\d.,]*")


def _plain(digits: str) -> str:
    plain = re.sub(r",(?=\d{3}(?!\d))", "", digits)
    return re.sub(r"(\.\d*?)0+$", r"\1", plain).rstrip(".") if "." in plain else plain.lstrip("0") or "0"


def _numbers(reading: Reading) -> Iterator[tuple[int, str]]:
    """Place and plain form of each number; digits inside a name (`GPT-3`) are none."""
    for at, word in enumerate(reading.words):
        bare = word.rstrip("%")
        if bare in _NUMBER_WORDS:
            yield at, _NUMBER_WORDS[bare]
        elif _DIGITS.fullmatch(bare):
            yield at, _plain(bare)


def _digits_in(text: str) -> set[str]:
    return {_plain(digits) for digits in _DIGITS.findall(text)}


def numbers_in(text: str) -> set[str]:
    """All numbers of a text, also those inside names and formulas, in plain form: `3,000` is `3000`, `7.10` is `7.1`,
    `three` is `3`."""
    return _digits_in(text) | {_NUMBER_WORDS[word] for word in words(text) if word in _NUMBER_WORDS}


def loose_numbers(text: str) -> set[str]:
    """The numbers of a text that may be said of anything: those in words (`the two papers`), and years."""
    figures = _digits_in(text)
    return numbers_in(text) - figures | {figure for figure in figures if _YEAR.fullmatch(figure)}


def amounts(text: str) -> dict[str, str]:
    """What numbers with a scale come to, by the number in plain form: `52` of `52K` and of `52 thousand` is `52000`."""
    return {
        _plain(number): _plain(f"{float(_plain(number)) * _SCALE[letter or word]:.9f}")
        for number, letter, word in AMOUNT.findall(text)
    }


def told_in(text: str) -> set[str]:
    """All that counts as a number of a source: `numbers_in`, and what those with a scale come to."""
    return numbers_in(text) | set(amounts(text).values())


def numbers_of(sources: Sequence[Reading]) -> set[str]:
    """All that counts as a number of several sources, in plain form."""
    inside_words = set().union(*(_digits_in(source.text) | set(amounts(source.text).values()) for source in sources))
    return inside_words | {number for source in sources for _, number in _numbers(source)}


def missing_numbers(claim: Reading, sources: Sequence[Reading]) -> set[str]:
    """Numbers of the claim that no source has, in plain form. Digits inside a name of the claim do not count."""
    told, scaled = numbers_of(sources), amounts(claim.text)
    return {number for _, number in _numbers(claim) if number not in told and scaled.get(number) not in told}


def uncounted_numbers(claim: Reading, sources: Sequence[Reading]) -> set[str]:
    """Numbers of the claim before a word that no source has, where the sources have the number only as a piece of
    something else: `100 people` where they have `Pond-100`, `1 boat` where they have `1-2 orders`. Years are left
    out."""
    known = frozenset().union(*(source.content for source in sources))
    counts = [(number, beside(claim, at, 1, before=False)) for at, number in _numbers(claim)]
    doubtful = {n for n, counted in counts if counted and counted.isdisjoint(known) and not _YEAR.fullmatch(n)}
    if not doubtful:
        return doubtful
    text = _RANGE.sub(" ", " ".join(source.text for source in sources))
    tokens = words(text)
    alone = {_plain(_SUFFIX.sub("", token)) for token in tokens if token[0].isdigit()}
    alone |= {_NUMBER_WORDS[token] for token in tokens if token in _NUMBER_WORDS}
    alone |= {_plain(digits) for digits in _DECIMAL.findall(text)}  # `words` cuts `2.5M` in two
    return doubtful - alone - set(amounts(text).values())


def moved_numbers(claim: Reading, sources: Sequence[Reading]) -> set[str]:
    """Numbers that the sources have, but never before the word that follows it in the claim, while another number
    stands before that word: `40 ponds` where the source has `12 ponds` and `40 herons`. Years and number words are
    left out: they are told in too many ways."""
    told = [(source, at, number) for source in sources for at, number in _numbers(source)]
    moved = set()
    for at, number in _numbers(claim):
        if claim.words[at] in _NUMBER_WORDS or _YEAR.fullmatch(number):
            continue
        unit = beside(claim, at, 1, before=False)
        own = [unit & beside(source, place, 3, before=False) for source, place, other in told if other == number]
        taken = any(other != number and unit & beside(source, place, 2, before=False) for source, place, other in told)
        if own and not any(own) and taken:
            moved.add(number)
    return moved
