"""Questions to begin with, made from whatever papers a collection holds."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from rag.types import Paper

LONGEST_TITLE = 70
_PLAIN = re.compile(r"[\w .,:;'’()/+-]+")


def starter_questions(papers: Sequence[Paper]) -> tuple[str, ...]:
    """Up to four questions of different kinds. Always the same for the same papers, but not just about the first
    ones: papers are taken in the order of a hash of their ids. Titles with formulas or quotes are passed over."""
    order = sorted(papers, key=lambda paper: hashlib.sha256(paper.id.encode()).digest())
    names = [name for name in map(short_title, order) if name]
    questions = [f"What does “{name}” propose?" for name in names[:1]]
    if any(paper.award for paper in papers):
        questions.append("Which papers won an award?")
    if len(names) >= 3:
        questions.append(f"How do “{names[1]}” and “{names[2]}” differ?")
    questions += [f"Who wrote “{name}”?" for name in names[3:4]]
    return tuple(questions)


def short_title(paper: Paper) -> str:
    """The title if it is short and plain, else the part before its colon if that has several words, else nothing."""
    title = " ".join(paper.title.split())
    for name in (title, title.partition(":")[0]):
        if " " in name and len(name) <= LONGEST_TITLE and _PLAIN.fullmatch(name):
            return name
    return ""
