"""What a model may not bring by itself, whatever it read: numbers of citations, which only code gives, links, images
and markup, which could lead somebody elsewhere or tell something there, and titles that it makes up."""

from __future__ import annotations

import re

from rag.retrieve.orders import trusted
from rag.types import Paper

_MARKER = re.compile(r"\s*\[\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*\]")
_MARKUP = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{1,20}:)?//[^\s<>)\]]+ | \bwww\.[^\s<>)\]]+ | \b(?:javascript|data|vbscript):\S*"
    r" | !\[ | \]\( | </?[a-z!][^<>]*/?> | <\|[\w ]{1,40}\|> | \[/?INST\] | <<?/?SYS>>?",
    re.IGNORECASE | re.VERBOSE,
)


# `by [Author's Name], [Year]`: what a model writes where it knows nothing; and words between quotation marks.
_BLANK = re.compile(r"\[([^\[\]]*[^\W\d_][^\[\]]*)\]")
_QUOTED = re.compile(r"[\"“](?=\w)([^\"“”]+)(?<=[\w.?!)])[\"”]")
_LEAST_QUOTED = 3  # words: fewer are put between quotation marks to say that they are somebody's

_RUN = 5  # words in a row of a prompt that no answer needs


def reveals(text: str, prompts: str, paper: Paper) -> bool:
    """Whether `text` repeats some words in a row of the prompts that are not in the paper."""
    paper = trusted(paper)
    runs = _runs(prompts) - _runs(f"{paper.title} {paper.abstract}")
    return not runs.isdisjoint(_runs(text))


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1)}


def without_own_markers(text: str, paper: Paper) -> str:
    """`text` without markers such as `[3]` that the paper's abstract does not have."""
    return _MARKER.sub(lambda found: found[0] if found[0].strip() in paper.abstract else "", text).strip()


def foreign_markup(text: str, paper: Paper) -> str:
    """The first link, image, tag or control token of `text` that the paper does not have; empty when there is none."""
    if not _MARKUP.search(text):
        return ""
    paper = trusted(paper)
    source = f"{paper.title} {paper.abstract} {paper.url or ''}"
    return next(
        (found[0].rstrip(".,;") for found in _MARKUP.finditer(text) if found[0].rstrip(".,;") not in source), ""
    )


def foreign_words(text: str, paper: Paper, question: str) -> str:
    """The first words of `text` between square brackets or quotation marks that neither the paper nor the question has
    in a row: nothing was filled in there, or nobody said it. Empty when there are none."""
    paper = trusted(paper)
    source = _plain(f"{paper.title} {paper.abstract} {question}")
    quoted = (said for said in _QUOTED.findall(text) if len(said.split()) >= _LEAST_QUOTED)
    return next((said for said in (*_BLANK.findall(text), *quoted) if _plain(said) not in source), "")


def _plain(text: str) -> str:
    return re.sub(r"[\W_]", "", text.lower())
