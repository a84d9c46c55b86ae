"""Text as it is kept: one Unicode form, nothing invisible, single spaces. Quotes, dashes and LaTeX stay as they are.

The result is what the user sees and what quotes are cut from, so nothing is rewritten that a reader would notice.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from html.entities import html5

MAX_TITLE = 500
MAX_AUTHOR = 200
MAX_ABSTRACT = 20_000

# Control characters that are not white space, zero-width and direction marks, soft hyphen, fillers that show nothing,
# variation selectors, tags, byte order mark, lone surrogates, non-characters and private use (Unicode 15.0, 23.7).
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_ENTITY = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]{1,31}));")
_LINE_END = re.compile(r"\r\n|[\r\u2028]")
_PARAGRAPH_END = re.compile(r"[\x85\u2029]")
_BULLET = re.compile(r"[•‣▪◦●]\s*\S")
_ITEM = re.compile(r"(?:[-*–]|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)])\s+\S")
_NARROWEST_WRAP, _WIDEST_WRAP = 50, 160
# A word broken at its own hyphen, as `textwrap` does; "pre-\nand post-processing" is not one.
_HYPHEN_END = re.compile(r"\w-{1,3}$")
_HYPHEN_START = re.compile(r"(?!(?:and|or|to)\b)\w|---?\w")


def paper_id(title: str) -> str:
    """Twelve hex digits of the SHA-256 of the title's letters and digits: the same for titles that differ only in case,
    quotes, dashes, spaces or `$`, so that two sources of one paper meet."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", title).casefold())
    words = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in plain).split()
    kept = " ".join(words) or " ".join(plain.split())
    return hashlib.sha256(kept.encode("utf-8", "replace")).hexdigest()[:12]


def clean_line(text: str) -> str:
    """`text` as one line: entities decoded once, invisible characters gone, runs of white space made one space."""
    return " ".join(_visible(text).split())


def clean_text(text: str) -> str:
    """`text` as paragraphs parted by one empty line. Line breaks inside a paragraph become spaces, except before
    the items of a list, which keep lines of their own."""
    plain = _PARAGRAPH_END.sub("\n\n", _LINE_END.sub("\n", _visible(text)))
    while (again := _paragraphs(plain)) != plain:  # what is read once more must stay as it is
        plain = again
    return plain


def _paragraphs(plain: str) -> str:
    paragraphs: list[list[str]] = [[]]
    for raw in plain.split("\n"):
        line = " ".join(raw.split())
        if line:
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return "\n\n".join(join_lines(lines) for lines in paragraphs if lines)


def join_lines(lines: list[str]) -> str:
    """The lines of one paragraph joined: with a space, with nothing after a hyphen inside a word, and with a line
    break before a list item."""
    width = _wrap_width(lines)
    out = ""
    for before, line in zip(["", *lines], lines, strict=False):
        if not before:
            out = line
        elif _BULLET.match(line) or (_ITEM.match(line) and not _break_was_forced(before, line, width)):
            out += "\n" + line
        elif (_HYPHEN_END.search(before) and _HYPHEN_START.match(line)) or (
            line.startswith("--") and _HYPHEN_START.match(line) and before[-1].isalnum()
        ):
            out += line
        else:
            out += " " + line
    return out


def starts_list_item(line: str) -> bool:
    """Whether a line begins like an item of a list: a bullet, a dash, `1.`, `(a)`."""
    return bool(_BULLET.match(line) or _ITEM.match(line))


def _wrap_width(lines: list[str]) -> int:
    """The width that a program wrapped the lines to, 0 when they look like lines that somebody ended: too wide or too
    narrow for wrapped text, or several of them items of a list."""
    width = max(map(len, lines), default=0)
    return width if _NARROWEST_WRAP <= width <= _WIDEST_WRAP and sum(map(starts_list_item, lines)) < 2 else 0


def _break_was_forced(before: str, line: str, width: int) -> bool:
    """Whether the next word would not have fitted: then the break comes from wrapping and means nothing."""
    return width > 0 and before[-1] != ":" and len(before) + 1 + len(line.split(" ", 1)[0]) > width


def _visible(text: str) -> str:
    decoded = _ENTITY.sub(_entity, text) if "&" in text else text
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", decoded))


def _entity(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if name:
        return html5.get(f"{name};", match[0])
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if 0 < code <= 0x10FFFF else match[0]
