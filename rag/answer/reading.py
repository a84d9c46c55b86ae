"""A text as words with their stems, read once and compared many times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.text import content_words, words


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


def beside(reading: Reading, at: int, reach: int, *, before: bool = True) -> set[str]:
    """The `reach` nearest stems behind word `at`, and before it; numbers and stop words are passed over."""
    sides: list[Sequence[str]] = [reading.stems[at + 1 : at + 1 + 2 * reach]]
    if before:
        sides.append(reading.stems[max(0, at - 2 * reach) : at][::-1])
    return {stem for side in sides for stem in [s for s in side if s and not s[0].isdigit()][:reach]}
