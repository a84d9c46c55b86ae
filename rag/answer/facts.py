"""Facts that a sentence can get wrong while all of its words are right: names, negations, directions; numbers are in
`rag/answer/numbers.py`.

All rules are about general English. Each list of words was written before it was measured, and cut where it gave false
alarms (docs/support-check.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answer.numbers import AMOUNT, amounts, numbers_of
from rag.answer.reading import Reading, beside, read


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


NAME = re.compile(r"[^\W_][\w+-]*")
_CAPITALISED = re.compile(r"(?<=[\w,;)] )[A-Z][\w+-]*")
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


def capitalised_in(text: str) -> set[str]:
    """Words with a capital inside a sentence, folded."""
    return {fold(word) for word in _CAPITALISED.findall(text)} - {""}


def names_of_amounts(claim: str, told: set[str]) -> set[str]:
    """Folded names of the claim that are amounts which a source tells in digits: `52K` where `told` has `52000`."""
    found = (match.group() for match in AMOUNT.finditer(claim))
    return {name for text in found if told.issuperset(amounts(text).values()) for name in names_in(text)}


def missing_names(claim: Reading, sources: Sequence[Reading]) -> tuple[set[str], set[str]]:
    """Folded names of the claim that no source has: coined ones and acronyms (an inner capital, two capitals, or
    letters beside digits), and other words that have a capital inside the sentence."""
    source = " ".join(reading.text for reading in sources)
    known = {fold(word) for word in NAME.findall(source)}
    joined = re.sub(r"[^a-z0-9]", "", source.lower())

    def lacks(name: str) -> bool:
        return name not in known and (len(name) < 3 or name not in joined)

    coined = names_in(claim.text) - names_of_amounts(claim.text, numbers_of(sources))
    capitalised = capitalised_in(claim.text) - coined
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
            stems |= beside(claim, at, 2, before=False)
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
            for stem in beside(claim, at, 2):
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
