"""Which of the found papers are relevant: for answers that need a whole set rather than the best few.

The fused score is relative to the best paper of the same search. A question for one paper is answered by those within
.88 of the best. For a topic, a paper that has the topic's words in a row ("optimal transport") is relevant on a low
score already, and where several papers have them, one without needs a high score; a topic that no paper spells out has
one cut for all. How the cuts were chosen, and what they give: docs/decisions.md.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rag.types import Hit

SHARE_OF_FIND = 0.88
SHARE_OF_SET = 0.58
# Where this many papers have the topic's words in a row, they settle what it means.
LEAST_SPELLED = 3
SHARE_SPELLED = 0.3
SHARE_UNSPELLED = 0.68


def relevant(hits: Sequence[Hit], *, share: float = SHARE_OF_SET) -> list[Hit]:
    """The hits whose fused score is at least `share` of the best one's."""
    return [hit for hit in hits if hit.score >= share * hits[0].score]


def relevant_set(hits: Sequence[Hit], spelled: Collection[str]) -> list[Hit]:
    """The hits that belong to a topic. `spelled` are the ids of the papers that have its words in a row."""
    if len(spelled) < LEAST_SPELLED:
        return relevant(hits)
    top = hits[0].score if hits else 0.0
    return [hit for hit in hits if hit.score >= top * (SHARE_SPELLED if hit.paper.id in spelled else SHARE_UNSPELLED)]
