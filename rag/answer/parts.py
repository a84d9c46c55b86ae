"""The parts of the way to an answer that can be left out, so that what each brings can be measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from rag.errors import UsageError


@dataclass(frozen=True, slots=True)
class Parts:
    """All of them, as the program answers. `posterchat eval --without` leaves some out (docs/decisions.md has the
    figures)."""

    off_topic: bool = True  # refusing what the collection does not speak to
    names: bool = True  # refusing coined names that no paper has
    agreement: bool = True  # asking the model which paper is what was looked for
    belonging: bool = True  # asking the model which papers belong to the topic of an overview
    context: bool = True  # searching a follow-up with the turns that it leans on
    nearest: bool = True  # putting close papers in order by their nearest sentence, for facts and finds
    beyond_titles: bool = True  # ranking a fact's sentences by what the question says beyond the paper's title
    check: bool = True  # leaving out what the abstract does not support
    number: bool = True  # leaving out what lacks the number that was asked for
    said: bool = True  # asking the model whether the abstract says what it wrote
    classifier: bool = True  # the trained part of the check
    spelled: bool = True  # keeping a topic that papers spell out to those papers
    shared_words: bool = True  # asking a side of a comparison only about its own words
    side_quotes: bool = True  # the sentence of each side that is nearest to the question, beside the written one

    @classmethod
    def without(cls, names: Iterable[str]) -> Parts:
        """All parts but those named, dashes for underscores. Raises UsageError for a name that there is not."""
        there = [field.name for field in fields(cls)]
        left_out = [name.strip().replace("-", "_") for name in names if name.strip()]
        unknown = [name for name in left_out if name not in there]
        if unknown:
            shown = ", ".join(name.replace("_", "-") for name in there)
            raise UsageError(f"There is no part called {', '.join(unknown)}.", hint=f"There are: {shown}.")
        return cls(**dict.fromkeys(left_out, False))

    @property
    def left_out(self) -> tuple[str, ...]:
        """Names of the parts that are off."""
        return tuple(field.name.replace("_", "-") for field in fields(self) if not getattr(self, field.name))
