"""Which of the papers that a search finds is the one that is looked for: the model is asked about the first of them.

Who looks for a paper in everyday words shares few of them with its abstract. The search then has the right paper among
the first ten, but seldom first; the model, asked about each, tells it from the others (docs/decisions.md has the
figures). A paper whose state is kept (`rag/llm/blocks.py`) takes a fifth of a second.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from rag.answer import wording
from rag.answer.read import Reader
from rag.answer.run import Run
from rag.errors import ModelError, Overloaded, PromptTooLong
from rag.types import Event, Hit

# So many of the best by score, and of those nearest in meaning; these only where the model has read them all, since a
# paper that it has to read first takes two seconds on two cores.
BEST, NEAREST = 5, 5
# A first paper that the model takes for the one, and that leads by so much in score, needs no comparison, unless papers
# are asked for: so it was for 52 of 104 questions of four sessions, and right each time.
CLEAR_PROBABILITY, CLEAR_LEAD = 0.75, 0.1
# What is compared: the log-odds that the model gives to "yes", and the cosine of the paper, which keeps papers behind
# to which the model says yes whatever is asked.
COSINE_AGREES = 2.0
# The log-odds of the best and its lead over the next: a logistic regression on 87 questions for a paper of five
# sessions and 57 for one that a session lacks, scaled to the log-odds, cut in the middle.
LEAD_AGREES = 1.87
LEAST_AGREEMENT = 1.25
CLEAR_AGREEMENT = 1.6
# Others that the model takes for what is looked for are listed, too, if they come near the best: nearer where one paper
# is asked for than where papers are.
ALSO_WITHIN, ALSO_WITHIN_SEVERAL, ALSO_FROM = 0.7, 1.2, 0.65
SUREST = 0.99
NEAREST_TITLES = 3
# For a whole topic: about so many papers the model is asked, of which so many at most are among those that the search
# takes. To broad topics it says yes too easily, so what counts is by how much its log-odds are above their mean: a
# logistic regression with the score of the search and whether that takes the paper, on 34 topics of three sessions, cut
# at .35.
ASKED_OF_SET, ASKED_INSIDE = 12, 9
INSIDE_COUNTS, SCORE_COUNTS = 0.24, 0.69
LEAST_TO_BELONG = 0.575
# The probability of "yes" that one of them must have where no paper has the topic's words in a row: of ten such topics
# that are there the best paper has .74 or more, of 15 of 16 that are not .71 or less.
LEAST_OF_TOPIC = 0.72


@dataclass(frozen=True, slots=True)
class Agreed:
    """The papers that the model takes for what is looked for, best first, how sure that is of the first one, and the
    titles of the best in its order, whatever it takes them for."""

    hits: tuple[Hit, ...]
    sure: float
    nearest: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        """Whether not even the first one is what is looked for."""
        return self.sure < LEAST_AGREEMENT

    @property
    def only_near(self) -> bool:
        """Whether it is doubtful that the first one is."""
        return self.sure < CLEAR_AGREEMENT


def agreed(run: Run, hits: Sequence[Hit], reader: Reader) -> Generator[Event, None, Agreed]:
    """Ask the model about the first of `hits`, which are not empty and in the order of the search. Yields signs of
    life. A stopped run ends with what was asked until then; where the model fails, it is the first one, not surely."""
    several = bool(wording.SEVERAL_WANTED.search(run.question))
    asked: list[tuple[float, float, Hit]] = []
    try:
        for hit in _candidates(hits, reader):
            with suppress(PromptTooLong):  # another one may be it
                probability = yield from reader.agreement(run, hit.paper, run.question)
                if not asked and _is_clear(probability, hits) and not several:
                    return Agreed((hit,), math.inf, (hit.paper.title,))
                odds = _log_odds(probability)
                asked.append((odds + COSINE_AGREES * hit.dense, odds, hit))
            if run.stop.is_set():
                break
    except ModelError:  # told when the paper is read
        asked = []
    if not asked:
        return Agreed((hits[0],), LEAST_AGREEMENT, (hits[0].paper.title,))
    asked.sort(key=lambda pair: -pair[0])
    best, odds, first = asked[0]
    lead = best - asked[1][0] if len(asked) > 1 else 0.0
    near = best - (ALSO_WITHIN_SEVERAL if several else ALSO_WITHIN)
    also = [hit for score, own, hit in asked[1:] if score >= near and own >= _log_odds(ALSO_FROM)]
    nearest = tuple(hit.paper.title for _, _, hit in asked[:NEAREST_TITLES])
    return Agreed((first, *also), odds + LEAD_AGREES * lead, nearest)


def _is_clear(probability: float, hits: Sequence[Hit]) -> bool:
    lead = hits[0].score - hits[1].score if len(hits) > 1 else math.inf
    return probability >= CLEAR_PROBABILITY and lead >= CLEAR_LEAD


def belonging(
    run: Run, topic: str, hits: Sequence[Hit], chosen: Sequence[Hit], reader: Reader, *, spelled: bool
) -> Generator[Event, None, list[Hit]]:
    """Those of `hits` that belong to a topic, best first. `chosen` are those that the search takes for them. About
    these and the next ones the model is asked, too, if it has read all of them already: else it would take minutes.
    None where it takes none for one of the topic, unless some have its words (`spelled`). Yields signs of life. Where
    there is no model, it fails, is overloaded or the run is stopped, `chosen`."""
    inside = {hit.paper.id for hit in chosen}
    ordered = sorted(hits, key=lambda hit: (hit.paper.id not in inside, -hit.score))
    first = max(0, len(chosen) - ASKED_INSIDE)
    asked = ordered[first : first + ASKED_OF_SET]
    odds: list[float] = []
    with suppress(ModelError, Overloaded):
        for hit in asked if chosen and reader.has_read([hit.paper for hit in asked]) else ():
            odds.append(_log_odds((yield from reader.agreement(run, hit.paper, topic))))
    if not odds or len(odds) < len(asked) or run.stop.is_set():
        return list(chosen)
    if not spelled and max(odds) < _log_odds(LEAST_OF_TOPIC):
        return []
    usual = sum(odds) / len(odds)
    belong = [
        hit
        for hit, own in zip(asked, odds, strict=True)
        if own - usual + INSIDE_COUNTS * (hit.paper.id in inside) + SCORE_COUNTS * hit.score >= LEAST_TO_BELONG
    ]
    return sorted([*ordered[:first], *belong], key=lambda hit: -hit.score) or list(chosen)


def _candidates(hits: Sequence[Hit], reader: Reader) -> Sequence[Hit]:
    nearest = sorted(hits, key=lambda hit: -hit.dense)[:NEAREST]
    both = list(dict.fromkeys([*hits[:BEST], *nearest]))
    return both if reader.has_read([hit.paper for hit in both]) else hits[:BEST]


def _log_odds(probability: float) -> float:
    sure = min(max(probability, 1 - SUREST), SUREST)
    return math.log(sure / (1 - sure))
