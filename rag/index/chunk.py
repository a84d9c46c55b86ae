"""Papers cut into what is embedded: windows of whole sentences, each with the title in front."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.types import Chunk, Paper, Span

CHUNKING = "sentences-1"  # part of the index fingerprint: raise it when a change here gives other chunks


def make_chunks(
    paper: Paper, sentences: Sequence[Span], *, count_tokens: Callable[[str], int], max_tokens: int
) -> list[Chunk]:
    """Chunks of at most `max_tokens` word pieces (title and special tokens included) that cover every sentence.

    Neighbouring windows share one sentence where it fits. A sentence that is too long alone is cut between words.
    A paper without sentences has one chunk, its title. Costs about one `count_tokens` call per sentence.
    """
    special = count_tokens("")
    title = _cut(paper.title, count_tokens, special + (max_tokens - special) // 2)
    room = max_tokens - count_tokens(title)
    units: list[_Unit] = []
    for sentence in sentences:
        cost = count_tokens(sentence.text) - special
        if cost <= room:
            units.append(_Unit(sentence.start, sentence.end, cost))
        else:
            units += _split(sentence, count_tokens, special, room)
    if not units:
        return [_chunk(paper, title, 0, 0)]
    chunks: list[Chunk] = []
    first = 0
    while first < len(units):
        end = _fill(units, first, room)
        # Counts of parts need not add up in every tokeniser: what counts is the whole text.
        chunk = _chunk(paper, title, units[first].start, units[end - 1].end)
        while end - first > 1 and count_tokens(chunk.text) > max_tokens:
            end -= 1
            chunk = _chunk(paper, title, units[first].start, units[end - 1].end)
        chunks.append(chunk)
        overlap = end - first > 1 and end < len(units) and units[end - 1].cost + units[end].cost <= room
        first = end - 1 if overlap else end
    return chunks


@dataclass(frozen=True, slots=True)
class _Unit:
    start: int
    end: int
    cost: int


def _fill(units: list[_Unit], first: int, room: int) -> int:
    used, end = units[first].cost, first + 1
    while end < len(units) and used + units[end].cost <= room:
        used += units[end].cost
        end += 1
    return end


def _split(sentence: Span, count_tokens: Callable[[str], int], special: int, room: int) -> list[_Unit]:
    """Parts of a sentence that fit `room`, cut between words, inside a word only where a word alone is too long."""
    parts: list[_Unit] = []
    rest, start = sentence.text, sentence.start
    while rest:
        part = _cut(rest, count_tokens, room + special)
        parts.append(_Unit(start, start + len(part), count_tokens(part) - special))
        left = rest[len(part) :]
        rest = left.lstrip()
        start += len(part) + len(left) - len(rest)
    return parts


def _cut(text: str, count_tokens: Callable[[str], int], limit: int) -> str:
    """The longest beginning of `text` that has at most `limit` tokens and ends with a word, at least one character."""
    if count_tokens(text) <= limit:
        return text
    ends = [match.end() for match in re.finditer(r"\S+", text)]
    fit = _most(ends, lambda end: count_tokens(text[:end]) <= limit)
    if fit is None:
        fit = _most(list(range(1, ends[0] + 1)), lambda end: count_tokens(text[:end]) <= limit) or 1
    return text[:fit]


def _most(ends: list[int], fits: Callable[[int], bool]) -> int | None:
    """The last of the ascending `ends` that fits, None when none does."""
    low, high = 0, len(ends)
    while low < high:
        middle = (low + high) // 2
        if fits(ends[middle]):
            low = middle + 1
        else:
            high = middle
    return ends[low - 1] if low else None


def _chunk(paper: Paper, title: str, start: int, end: int) -> Chunk:
    text = f"{title}\n{paper.abstract[start:end]}" if end > start else title
    return Chunk(f"{paper.id}:{start}-{end}", paper.id, text, start, end)
