"""Which of the papers that a search finds is the one that is looked for: the model is asked about the first of them.

Who looks for a paper in everyday words shares few of them with its abstract. The search then has the right paper among
the first ten, but seldom first; the model, asked about each, tells it from the others (docs/decisions.md has the
figures). A paper whose state is kept (`rag/llm/blocks.py`) takes a fifth of a second.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from rag.answer.read import Reader
from rag.answer.run import Run
from rag.types import Event, Hit

# So many of the best by score, and of those nearest in meaning.
BEST, NEAREST = 5, 5
# A first paper that the model takes for the one, and that leads by so much in score, needs no comparison: so it was for
# 52 of 104 questions of four sessions, and right each time.
CLEAR_PROBABILITY, CLEAR_LEAD = 0.75, 0.1
# What is compared: the log-odds that the model gives to "yes", and the cosine of the paper, which keeps papers behind
# to which the model says yes whatever is asked.
COSINE_AGREES = 2.0
# The log-odds of the best and its lead over the next: a logistic regression on 89 questions for a paper of four
# sessions and 35 for one that a session lacks, scaled to the log-odds.
LEAD_AGREES = 0.43
LEAST_AGREEMENT = 0.7
CLEAR_AGREEMENT = 1.3
# Others that the model takes for what is looked for are listed, too, if they come near the best.
ALSO_WITHIN, ALSO_FROM = 0.7, 0.65
SUREST = 0.99
NEAREST_TITLES = 3


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
    life. A stopped run ends with what was asked until then."""
    asked: list[tuple[float, float, Hit]] = []
    for hit in _candidates(hits):
        probability = yield from reader.agreement(run, hit.paper, run.question)
        odds = _log_odds(probability)
        asked.append((odds + COSINE_AGREES * hit.dense, odds, hit))
        lead = hits[0].score - hits[1].score if len(hits) > 1 else math.inf
        first_is_clear = len(asked) == 1 and probability >= CLEAR_PROBABILITY and lead >= CLEAR_LEAD
        if first_is_clear or run.stop.is_set():
            break
    asked.sort(key=lambda pair: -pair[0])
    best, odds, _ = asked[0]
    lead = best - asked[1][0] if len(asked) > 1 else 0.0
    also = [hit for score, own, hit in asked[1:] if score >= best - ALSO_WITHIN and own >= _log_odds(ALSO_FROM)]
    nearest = tuple(hit.paper.title for _, _, hit in asked[:NEAREST_TITLES])
    return Agreed((asked[0][2], *also), odds + LEAD_AGREES * lead, nearest)


def _candidates(hits: Sequence[Hit]) -> list[Hit]:
    nearest = sorted(hits, key=lambda hit: -hit.dense)[:NEAREST]
    return list(dict.fromkeys([*hits[:BEST], *nearest]))


def _log_odds(probability: float) -> float:
    sure = min(max(probability, 1 - SUREST), SUREST)
    return math.log(sure / (1 - sure))
