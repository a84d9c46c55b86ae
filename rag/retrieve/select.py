"""Which of the found papers are relevant: for answers that need a whole set rather than the best few.

The fused score is relative to the best paper of the same search. On the dev questions of one session a cut at .58 of
the best score finds .91 of the papers of a subfield at a precision of .89; a question for one paper is answered by
those within .88 of the best (docs/decisions.md).
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.types import Hit

SHARE_OF_SET = 0.58
SHARE_OF_FIND = 0.88


def relevant(hits: Sequence[Hit], *, share: float = SHARE_OF_SET) -> list[Hit]:
    """The hits whose fused score is at least `share` of the best one's."""
    return [hit for hit in hits if hit.score >= share * hits[0].score]
