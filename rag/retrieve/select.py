"""Which of the found papers are relevant: for answers that need a whole set rather than the best few.

The fused score is relative to the best paper of the same search. A question for one paper is answered by those within
.88 of the best. For a topic, a paper that has the topic's words in a row ("optimal transport") is relevant on a low
score already, and where several papers have them, one without needs a high score; a topic that no paper spells out has
one cut for all. Where few papers have any of its words ("drones", where most write of UAVs), the words say little about
the whole set, and what is near in meaning counts more. How the cuts were chosen, and what they give: docs/decisions.md.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from rag.retrieve.search import fuse
from rag.types import Hit

SHARE_OF_FIND = 0.88
SHARE_OF_SET = 0.58
# Where this many papers have the topic's words in a row, they settle what it means.
LEAST_SPELLED = 3
SHARE_SPELLED = 0.3
SHARE_UNSPELLED = 0.68
# Fewer papers with any of the topic's words than these, or than this share of all, and the cosine counts this much, the
# words the rest.
FEW_WITH_WORDS = 12
FEW_OF_ALL = 0.1
WEIGHT_OF_MEANING = 0.8


def relevant(hits: Sequence[Hit], *, share: float = SHARE_OF_SET) -> list[Hit]:
    """The hits whose fused score is at least `share` of the best one's."""
    return [hit for hit in hits if hit.score >= share * hits[0].score]


def relevant_set(hits: Sequence[Hit], spelled: Collection[str]) -> list[Hit]:
    """The hits that belong to a topic, best first. `spelled` are the ids of the papers that have its words in a row."""
    if sum(hit.lexical > 0 for hit in hits) < min(FEW_WITH_WORDS, FEW_OF_ALL * len(hits)):
        return relevant(_by_meaning(hits))
    if len(spelled) < LEAST_SPELLED:
        return relevant(hits)
    top = hits[0].score if hits else 0.0
    return [hit for hit in hits if hit.score >= top * (SHARE_SPELLED if hit.paper.id in spelled else SHARE_UNSPELLED)]


def _by_meaning(hits: Sequence[Hit]) -> list[Hit]:
    """The hits scored anew, mostly by their cosine."""
    cosines = {hit.paper.id: hit.dense for hit in hits}
    words = {hit.paper.id: hit.lexical for hit in hits}
    fused = fuse(cosines, words, weight=WEIGHT_OF_MEANING)
    scored = [replace(hit, score=fused[hit.paper.id]) for hit in hits]
    return sorted(scored, key=lambda hit: (-hit.score, hit.paper.id))
