"""The lines of a saved web page and what each one looks like: a list of names, running prose, a button of the site.

Nothing here knows a page or a paper; `session_page` decides from these looks which line is what.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from rag.ingest.clean import clean_line, starts_list_item
from rag.ingest.page_words import (
    ALSO_NAMES,
    AWARD,
    FIELD,
    FUNCTION_WORDS,
    LINKING,
    NOT_IN_NAMES,
    RESEARCH,
    SITE_SENTENCE,
    SITE_WORDS,
    URL,
)

MAX_LINE = 1_000_000
_WIDEST_WRAP = 140
# The fullest lines may end a sentence or come before a capital letter, and are not counted for the width.
WRAP_SLACK = 8
_RUN_LINES = 8
_LONGEST_LABEL = 60

_SEPARATOR = re.compile(r"\s+[·∙⋅]\s*|\s*[·∙⋅]\s+|^[·∙⋅]|[·∙⋅]$")
_NAME_TOKEN = re.compile(r"[^\W\d_](?:[\w'’ʼ`´‘–-]|\.(?=[\w-]))*\.?")
_NAME_NUMBER = re.compile(r"\d{1,4}")
_BOUNDARY = re.compile(
    r"(?<![\s.(][A-Za-z])(?<!vs)(?<!et al)(?<!e\.g)(?<!i\.e)[.!?][\"”’')\]]?\s+(?=[\"“‘(\[$\\]?[A-Z0-9])"
)
_ENDED = re.compile(r"(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\bal)(?<!\bcf)[.!?…][\"”’')\]$]*$")


@dataclass(frozen=True, slots=True)
class PageLine:
    """A line that is not blank. `number` is 1-based in the source, `gap` the blank lines before it, as far as they
    mean something (see `read_lines`), `ended` whether it ends like a sentence, `repeated` whether its words stand on
    the page three times, `label` whether it is a button, a date or a link. `names` and `lone_name` (0 to 1) say how
    much it looks like a list of names or one name; `prose` (0 for a label or a title, 7 for a whole abstract) and
    `speaks_of_research` ("we", "this paper") how much like an abstract; `site_sentence` ("cookies", "click") how
    little."""

    number: int
    text: str
    gap: int
    oversize: bool = False
    words: int = 0
    ended: bool = False
    repeated: bool = False
    label: bool = False
    is_url: bool = False
    says_award: bool = False
    site_sentence: bool = False
    names: float = 0.0
    lone_name: float = 0.0
    prose: float = 0.0
    speaks_of_research: bool = False


def read_lines(lines: Iterable[str]) -> list[PageLine]:
    """All lines that are not blank, measured. On a wrapped page whose every line is followed by a blank one gaps are
    halved, so that pages of either spacing look alike. Of a line over 1 MB only the beginning is kept."""
    found: list[PageLine] = []
    gap = 0
    for number, raw in enumerate(lines, start=1):
        oversize = len(raw) > MAX_LINE
        text = clean_line(raw[:1000] if oversize else raw)
        if not text:
            gap += 1
            continue
        found.append(PageLine(number, text, gap, oversize))
        gap = 0
    if _double_spaced(found):
        found = [replace(line, gap=line.gap // 2) for line in found]
    counts = Counter(_without_numbers(line.text) for line in found if len(line.text) <= _LONGEST_LABEL)
    measured = [_measured(line, counts[_without_numbers(line.text)] >= 3) for line in found]
    return _with_wrapped_prose(measured, wrap_width(measured))


def wrap_width(lines: list[PageLine]) -> int:
    """The width in characters at which running text is wrapped on this page; 0 when it is not. Told by the lines that
    stop inside a sentence which the next line takes up with a small letter."""
    broken = [
        len(before.text) for before, line in zip(lines, lines[1:], strict=False) if _breaks_sentence(before, line)
    ]
    return max(broken) if len(broken) >= max(3, len(lines) // 50) else 0


def was_full(before: PageLine, line: PageLine, width: int) -> bool:
    """Whether the first word of `line` would not have fitted behind `before`, so that wrapping may have parted them."""
    return len(before.text) <= width + WRAP_SLACK and len(before.text) + 1 + len(line.text.split(" ", 1)[0]) > width


def _breaks_sentence(before: PageLine, line: PageLine) -> bool:
    inside = line.text[0].islower() and not before.names and not line.names and not _ENDED.search(before.text)
    return inside and line.gap == 0 and 40 <= len(before.text) <= _WIDEST_WRAP


def _with_wrapped_prose(lines: list[PageLine], width: int) -> list[PageLine]:
    """A piece of a wrapped paragraph is measured together with the lines in which it goes on."""
    runs: list[str] = []
    out: list[PageLine] = []
    for at in range(len(lines) - 1, -1, -1):
        line = lines[at]
        following = lines[at + 1] if at + 1 < len(lines) else None
        if following and following.gap == 0 and not following.names and was_full(line, following, width):
            runs = [line.text, *runs[:_RUN_LINES]]
            text = " ".join(runs)
            line = replace(line, prose=max(line.prose, _prose(text)), speaks_of_research=bool(RESEARCH.search(text)))
        else:
            runs = [line.text]
        out.append(line)
    return out[::-1]


def split_names(text: str) -> list[str]:
    """The authors of an author line, as they stand there."""
    return [name.strip() for name in _SEPARATOR.split(text) if name.strip()]


def _double_spaced(lines: list[PageLine]) -> bool:
    if any(line.gap % 2 == 0 for line in lines[1:]):
        return False
    broken = sum(_breaks_sentence(before, replace(line, gap=0)) for before, line in zip(lines, lines[1:], strict=False))
    return broken > len(lines) / 5


def _without_numbers(text: str) -> str:
    return re.sub(r"\d+", "0", text.casefold())


def _measured(line: PageLine, repeated: bool) -> PageLine:
    if line.oversize:
        return replace(line, prose=7.0)
    pieces = split_names(line.text)
    ended = bool(_ENDED.search(line.text))
    site_sentence = bool(SITE_SENTENCE.search(line.text))
    listed = len(pieces) > 1 or bool(_SEPARATOR.search(line.text))
    return replace(
        line,
        repeated=repeated and not starts_list_item(line.text) and (line.text[0].isupper() or not ended),
        words=len(line.text.split()),
        ended=ended,
        label=_is_label(line.text),
        is_url=bool(URL.match(line.text)),
        says_award=len(line.text) <= 80 and bool(AWARD.search(line.text)),
        site_sentence=site_sentence,
        names=sum(min(1.0, _name(piece)) for piece in pieces) / len(pieces) if listed and pieces else 0.0,
        lone_name=0.0 if listed or site_sentence else _name(line.text),
        prose=_prose(line.text),
        speaks_of_research=bool(RESEARCH.search(line.text)),
    )


def _is_label(text: str) -> bool:
    """A button, a date, a link, `Keywords: ...`: short, and made of the words that sites are made of."""
    if FIELD.match(text) or URL.match(text):
        return True
    words = [word.strip(".'’&").casefold() for word in re.split(r"[\s\[\]()<>/:,»«→←▸▼▲·•|#!?+–—-]+", text)]
    words = [word for word in words if any(map(str.isalnum, word))]
    if text.endswith((".", "!", "?")) and not text.casefold().endswith(("a.m.", "p.m.")):
        return False
    if not words:
        return len(text) <= 20
    digits = any(map(str.isdigit, text))
    if len(words) > 12 or not any(word in SITE_WORDS and (digits or word not in ALSO_NAMES) for word in words):
        return all(map(str.isdigit, words))
    return all(word in SITE_WORDS or word in LINKING or word.isdigit() or len(word) == 1 for word in words)


def _name(text: str) -> float:
    """How much a text looks like one person's name: 1 for `Ada B. Lovelace`, about .6 in lower case, .3 for one
    word, 0 for anything else. Parentheses (nicknames, affiliations) and numbers after a name are allowed."""
    if not text or len(text) > 80 or text.startswith("("):
        return 0.0
    tokens = re.sub(r"\s*\([^()]*\)", "", text).replace(",", " ,").split()
    tokens = [token for token in tokens if not _NAME_NUMBER.fullmatch(token)]
    if not 1 <= len(tokens) <= 7 or not all(_NAME_TOKEN.fullmatch(token) for token in tokens):
        return 0.0
    lowered = [token.casefold().strip(".") for token in tokens]
    if any(word in SITE_WORDS and word not in ALSO_NAMES for word in lowered):
        return 0.0
    # "Linh The Nguyen" is a name, "The Nguyen Method" and "notes for the Nguyens" are not.
    if lowered[0] in NOT_IN_NAMES or any(token in FUNCTION_WORDS for token in tokens):
        return 0.0
    if any(word in NOT_IN_NAMES and word != "the" for word in lowered):
        return 0.0
    if any(len(token) > 4 and token.endswith(".") and "." not in token[:-1] for token in tokens):
        return 0.0
    capitals = sum(not token[0].islower() for token in tokens)
    if len(tokens) == 1:
        return 0.3
    if capitals == len(tokens):
        return 1.0 if len(tokens) <= 4 else 0.7
    return 0.8 if capitals and not tokens[0][0].islower() and not tokens[-1][0].islower() else 0.6


def _prose(text: str) -> float:
    words = text.split()
    count = len(words)
    boundaries = len(_BOUNDARY.findall(text))
    score = min(3.0, 1.5 * boundaries)
    if count >= 6 and sum(word in FUNCTION_WORDS for word in words) >= 0.2 * count:
        score += 1.0
    ended = _ENDED.search(text)
    if ended and count >= 2:
        score += 0.5 if count < 4 or text.rstrip("\"”’')]").endswith("?") else 1.0
    if ended or boundaries:
        score += (1.0 if count >= 25 else 0.0) + (1.0 if count >= 60 else 0.0)
    return score
