"""Facts that a sentence can get wrong while all of its words are right: numbers, names, negations, directions.

`Reading` is a text as words with their stems; the other functions compare readings. All rules are about general
English. Each list of words was written before it was measured, and cut where it gave false alarms
(docs/support-check.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag.text import content_words, words


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
NAME = re.compile(r"[^\W_][\w+-]*")
_CAPITALISED = re.compile(r"(?<=[\w,;)] )[A-Z][\w+-]*")
_YEAR = re.compile(r"(?:19|20)\d\d")
# Not one and zero: `one of the`, `one particular person`, `zero-shot`.
_NUMBER_WORDS = dict(two="2", three="3", four="4", five="5", six="6", seven="7", eight="8", nine="9", ten="10")

# `5 m` are metres: the letters stand close to the digits.
_AMOUNT = re.compile(r"(?<![\w.,])(\d+(?:[.,]\d+)*)(?:([kKMB])\b|[\s-](thousand|million|billion)\b)")
_SCALE = dict(k=10**3, K=10**3, M=10**6, B=10**9, thousand=10**3, million=10**6, billion=10**9)

_SUFFIX = re.compile(r"[^\d.,]+$")  # `10x`, `35k`, `2.5%`
_RANGE = re.compile(r"\d[\d.,]*\s?[-–]\s?\d[\d.,]*")

_DENIAL = _set(
    """not no never none neither nor cannot cant unable impossible fail fails failed dont doesnt didnt isnt arent wasnt
    werent wont couldnt shouldnt wouldnt hasnt havent"""
)
_NO_DENIAL_BEFORE = _set("only just merely solely necessarily least yet")  # `not only`
# A source with one of these may well say in other words what the claim says with `not`.
_SOFT_DENIAL = _DENIAL | _set(
    """without lack lacks lacking hardly rarely nothing unlikely little non except absent absence prevent prevents avoid
    avoids avoiding struggle struggles ban banned banning stop stops eliminate eliminates eliminating remove removes
    removing overcome overcomes overcoming lose loses losing"""
)
_PREFIXES = ("un", "in", "im", "ir", "non", "dis")
# Two sides of one scale each: to write a word of one side where the source has only the other is a reversal.
_SCALES = (
    (
        """more most higher highest high greater greatest larger largest large big increase increasing raise rise exceed
        above grow maximum maximize expand""",
        """less least lower lowest low fewer few smaller smallest small decrease decreasing reduce reduction drop below
        shrink minimum minimize diminish decline limit""",
    ),
    (
        "better best good improve improvement outperform superior enhance gain benefit",
        "worse worst bad poor degrade degradation underperform inferior loss harm hurt damage",
    ),
    ("fast faster fastest quick quickly accelerate speed", "slow slower slowest slowly delay"),
    ("strong stronger strongest strengthen robust", "weak weaker weakest weaken fragile"),
    ("easy easier easily simple simpler", "hard harder difficult complex complicated"),
    ("before prior earlier early precede", "after later late follow subsequent last"),
    ("all every always each both", "none never neither"),
    ("long longer longest", "short shorter shortest"),
    ("same similar equal", "different dissimilar unequal"),
    ("positive positively", "negative negatively"),
    ("deep deeper wide wider", "shallow shallower narrow narrower"),
    ("possible able success succeed", "impossible unable failure fail"),
    ("support confirm agree accept", "contradict refute disagree reject"),
    ("with include contain", "without exclude lack"),
)

Side = tuple[int, bool]


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as lower-case words; `stems[i]` is the stem of `words[i]`, empty for a stop word."""

    text: str
    words: tuple[str, ...]
    stems: tuple[str, ...]
    content: frozenset[str]

    @property
    def keys(self) -> tuple[str, ...]:
        """Stems, and stop words as they are."""
        return tuple(stem or word for stem, word in zip(self.stems, self.words, strict=True))


def read(texts: Iterable[str]) -> list[Reading]:
    """Readings of several texts; a word is stemmed once for all of them."""
    known: dict[str, str] = {}
    readings = []
    for text in texts:
        tokens = tuple(words(text))
        for word in tokens:
            if word not in known:
                known[word] = next(iter(content_words(word)), "")
        stems = tuple(known[word] for word in tokens)
        readings.append(Reading(text, tokens, stems, frozenset(stem for stem in stems if stem)))
    return readings


def _beside(reading: Reading, at: int, reach: int, *, before: bool = True) -> set[str]:
    """The `reach` nearest stems behind word `at`, and before it; numbers and stop words are passed over."""
    sides: list[Sequence[str]] = [reading.stems[at + 1 : at + 1 + 2 * reach]]
    if before:
        sides.append(reading.stems[max(0, at - 2 * reach) : at][::-1])
    return {stem for side in sides for stem in [s for s in side if s and not s[0].isdigit()][:reach]}


# --- numbers ---


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
        for number, letter, word in _AMOUNT.findall(text)
    }


def told_in(text: str) -> set[str]:
    """All that counts as a number of a source: `numbers_in`, and what those with a scale come to."""
    return numbers_in(text) | set(amounts(text).values())


def names_of_amounts(claim: str, told: set[str]) -> set[str]:
    """Folded names of the claim that are amounts which a source tells in digits: `52K` where `told` has `52000`."""
    found = (match.group() for match in _AMOUNT.finditer(claim))
    return {name for text in found if told.issuperset(amounts(text).values()) for name in names_in(text)}


def _numbers_of(sources: Sequence[Reading]) -> set[str]:
    inside_words = set().union(*(_digits_in(source.text) | set(amounts(source.text).values()) for source in sources))
    return inside_words | {number for source in sources for _, number in _numbers(source)}


def missing_numbers(claim: Reading, sources: Sequence[Reading]) -> set[str]:
    """Numbers of the claim that no source has, in plain form. Digits inside a name of the claim do not count."""
    told, scaled = _numbers_of(sources), amounts(claim.text)
    return {number for _, number in _numbers(claim) if number not in told and scaled.get(number) not in told}


def uncounted_numbers(claim: Reading, sources: Sequence[Reading]) -> set[str]:
    """Numbers of the claim before a word that no source has, where the sources have the number only as a piece of
    something else: `100 people` where they have `Pond-100`, `1 boat` where they have `1-2 orders`. Years are left
    out."""
    known = frozenset().union(*(source.content for source in sources))
    counts = [(number, _beside(claim, at, 1, before=False)) for at, number in _numbers(claim)]
    doubtful = {n for n, counted in counts if counted and counted.isdisjoint(known) and not _YEAR.fullmatch(n)}
    if not doubtful:
        return doubtful
    text = _RANGE.sub(" ", " ".join(source.text for source in sources))
    tokens = words(text)
    alone = {_plain(_SUFFIX.sub("", token)) for token in tokens if token[0].isdigit()}
    alone |= {_NUMBER_WORDS[token] for token in tokens if token in _NUMBER_WORDS}
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
        unit = _beside(claim, at, 1, before=False)
        own = [unit & _beside(source, place, 3, before=False) for source, place, other in told if other == number]
        taken = any(other != number and unit & _beside(source, place, 2, before=False) for source, place, other in told)
        if own and not any(own) and taken:
            moved.add(number)
    return moved


# --- names ---


def fold(name: str) -> str:
    """Lower-case letters and digits without a plural s: `ViTs` and `ViT` are `vit`."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return plain[:-1] if plain.endswith("s") and len(plain) > 3 else plain


def names_in(text: str) -> set[str]:
    """Acronyms and coined names: words with an inner capital, two capitals, or letters beside digits, folded."""
    found = set()
    for word in NAME.findall(text):
        letters = re.sub(r"[^A-Za-z0-9]", "", word)
        capitals = sum(char.isupper() for char in letters)
        mixed = any(char.isdigit() for char in letters) and any(char.isalpha() for char in letters)
        if capitals >= 2 or (capitals and not letters[0].isupper()) or mixed:
            found.add(fold(word))
    return found - {""}


def missing_names(claim: Reading, sources: Sequence[Reading]) -> tuple[set[str], set[str]]:
    """Folded names of the claim that no source has: coined ones and acronyms (an inner capital, two capitals, or
    letters beside digits), and other words that have a capital inside the sentence."""
    source = " ".join(reading.text for reading in sources)
    known = {fold(word) for word in NAME.findall(source)}
    joined = re.sub(r"[^a-z0-9]", "", source.lower())

    def lacks(name: str) -> bool:
        return name not in known and (len(name) < 3 or name not in joined)

    coined = names_in(claim.text) - names_of_amounts(claim.text, _numbers_of(sources))
    capitalised = {fold(word) for word in _CAPITALISED.findall(claim.text)} - coined - {""}
    return {name for name in coined if lacks(name)}, {name for name in capitalised if lacks(name)}


# --- negations and directions ---


def denied(claim: Reading) -> set[str]:
    """Stems that the claim denies: the two behind a word like `not`."""
    stems: set[str] = set()
    for at, word in enumerate(claim.words):
        behind = claim.words[at + 1] if at + 1 < len(claim.words) else ""
        said_otherwise = (
            (word == "not" and (behind in _NO_DENIAL_BEFORE or claim.words[max(0, at - 1)] == "or"))  # `or not`
            or (word == "no" and behind[:1].isdigit())  # `No. 2`
        )
        if word in _DENIAL and not said_otherwise:
            stems |= _beside(claim, at, 2, before=False)
    return stems


def denies(claim: Reading, ranked: Sequence[Reading]) -> bool:
    """Whether the claim denies something that the source states. `ranked` are the source sentences that say most of
    what the claim says, best first; the first two that have the denied word decide."""
    for stem in denied(claim):
        bearers = [source for source in ranked if stem in source.content][:2]
        if bearers and not any(_may_deny(source, stem) for source in bearers):
            return True
    return False


def _may_deny(source: Reading, stem: str) -> bool:
    inverted = tuple(prefix + stem.rstrip("e")[:6] for prefix in _PREFIXES)
    return not _SOFT_DENIAL.isdisjoint(source.words) or any(other.startswith(inverted) for other in source.content)


def opposites() -> dict[str, Side]:
    """The side of a scale that a word is on, by stem (stop words by themselves)."""
    sides: dict[str, Side] = {}
    for scale, pair in enumerate(_SCALES):
        for upper, side in zip((True, False), pair, strict=True):
            for reading in read(side.split()):
                sides.setdefault(reading.keys[0], (scale, upper))
    return sides


def reverses(claim: Reading, ranked: Sequence[Reading], sides: dict[str, Side]) -> bool:
    """Whether the claim has a word of one side of a scale (`sides`, from `opposites`) where the source has only the
    other side, or a word without its prefix (`supervised` for `unsupervised`). `ranked` as for `denies`."""
    for at, key in enumerate(claim.keys):
        side = sides.get(key)
        if side:
            for stem in _beside(claim, at, 2):
                bearer = next((source for source in ranked if stem in source.content), None)
                found = {sides[other] for other in bearer.keys if other in sides} if bearer else set()
                if side not in found and (side[0], not side[1]) in found:
                    return True
        elif claim.stems[at] and len(key) > 4 and _prefix_changed(claim.words[at], ranked[:2]):
            return True
    return False


def _prefix_changed(word: str, sources: Sequence[Reading]) -> bool:
    others = {prefix + word for prefix in _PREFIXES}
    others |= {word[len(p) :] for p in _PREFIXES if word.startswith(p) and len(word) > len(p) + 3}
    return any(word not in source.words and not others.isdisjoint(source.words) for source in sources)
