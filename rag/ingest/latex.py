"""LaTeX as it stands in bibliographies → plain text: accents, braces that guard capitals, escaped signs.

Formulas between dollar signs and commands that are not known here stay as they are: a LaTeX interpreter would drop
what it does not know, and all behind a per cent sign, and abstracts have both.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# The combining character of each accent command (LaTeX2e, "fontenc" T1 accents).
_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323", "c": "\u0327", "k": "\u0328",
    "b": "\u0331",
}  # fmt: skip
_LETTERS = {
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å",
    "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ", "DJ": "Đ", "ng": "ŋ", "NG": "Ŋ",
    "textquoteright": "’", "textendash": "–", "textemdash": "—", "ldots": "…", "dots": "…", "textasciitilde": "~",
    "textbackslash": "\\", "textunderscore": "_", "textregistered": "®", "texttrademark": "™", "textdegree": "°",
}  # fmt: skip
_ACCENT = re.compile(
    r"""\\(?:(?P<sign>[`'^"~=.])\s*|(?P<word>[uvHckdbr])(?:\s+|(?=[{\\])))"""
    r"""(?:\{\s*(?P<inner>\\[ij]|[^\W\d_])\s*\}|(?P<dotless>\\[ij](?![A-Za-z]))|(?P<letter>[^\W\d_]))"""
)
_LETTER = re.compile(r"\\(" + "|".join(sorted(_LETTERS, key=len, reverse=True)) + r")(?![A-Za-z])(?:\{\}|\s+)?")
_SHAPED = re.compile(
    r"\\(?:emph|text(?:bf|it|sc|sf|tt|rm|sl|normal|up)?|mbox|uppercase|url|href\{[^{}]*\})\s*\{([^{}]*)\}"
)
_FONT = re.compile(r"\\(?:em|it|bf|sc|tt|rm|sf|sl|itshape|bfseries|scshape|ttfamily|sffamily)(?![A-Za-z])\s*")
_GROUP = re.compile(r"(\\[A-Za-z]+\s*)?\{([^{}]*)\}")
_SIGN = re.compile(r"\\([&%$#_])")
_MATH = re.compile(r"(\$\$?(?:\\.|[^$\\]){0,2000}\$\$?|\\\((?:.{0,2000}?)\\\))", re.DOTALL)
_BRACED_MATH = re.compile(r"\{(\$[^$]{1,2000}\$)\}")  # braces keep the case of its letters
# Non-characters, which no text holds, stand for an escaped dollar sign or brace meanwhile.
_HIDDEN, _OPEN, _CLOSE, _TILDE, _BACKSLASH = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3", "\ufdd4"
_GUARDED = str.maketrans({"{": _OPEN, "}": _CLOSE, "~": _TILDE, "\\": _BACKSLASH, "$": _HIDDEN})
_UNGUARDED = str.maketrans({_OPEN: "{", _CLOSE: "}", _TILDE: "~", _BACKSLASH: "\\"})
# `{\command}`, with arguments or without: how programs write one character of a text.
_ONE_CHARACTER = re.compile(r"\{(\\(?:[A-Za-z]+|[^A-Za-z\s])\s*(?:[A-Za-z]|\\[ij]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}")


def plain_text(text: str) -> str:
    """A title or abstract of a bibliography without the LaTeX around its words; formulas stay."""
    if not any(sign in text for sign in "\\{}~"):
        return text
    pieces = _MATH.split(_BRACED_MATH.sub(r"\1", _characters(text).replace("\\$", _HIDDEN)))
    pieces[::2] = map(_plain, pieces[::2])
    return "".join(pieces).replace(_HIDDEN, "$")


def plain_name(text: str) -> str:
    """A person's name without LaTeX; a name without backslash or brace as it is."""
    return _plain(_characters(text)).replace(_HIDDEN, "$") if any(sign in text for sign in "\\{}") else text


def _characters(text: str) -> str:
    """What stands in braces for one character, as that character; signs that mean something to LaTeX are hidden."""
    if "{\\" not in text:
        return text
    known = _table()
    return _ONE_CHARACTER.sub(lambda match: known.get("".join(match[1].split()), match[0]), text)


@cache
def _table() -> dict[str, str]:
    """pylatexenc's table of characters, turned round; braces and backslashes are those of our own exports."""
    from pylatexenc.latexencode import get_builtin_uni2latex_dict  # type: ignore[import-untyped]

    table = {"".join(latex.split()): chr(code) for code, latex in reversed(get_builtin_uni2latex_dict().items())}
    table = {latex: char for latex, char in table.items() if latex.startswith("\\")}
    table |= {r"\textbraceleft": "{", r"\textbraceright": "}", r"\textbackslash": "\\"}
    return {latex: char.translate(_GUARDED) for latex, char in table.items()}


def _plain(text: str) -> str:
    for _ in range(2):  # Vietnamese names have letters with two accents
        text = _ACCENT.sub(_accented, text)
    text = _FONT.sub("", _LETTER.sub(lambda match: _LETTERS[match[1]], text))
    text = text.replace("\\{", _OPEN).replace("\\}", _CLOSE)
    for _ in range(3):  # `{\emph{a {B}}}`
        text, found = _GROUP.subn(lambda match: match[0] if match[1] else match[2], _SHAPED.sub(r"\1", text))
        if not found:
            break
    text = _SIGN.sub(r"\1", text.replace("~", " "))
    return unicodedata.normalize("NFC", text.translate(_UNGUARDED))


def _accented(match: re.Match[str]) -> str:
    letter = (match["inner"] or match["dotless"] or match["letter"]).lstrip("\\")
    return unicodedata.normalize("NFC", letter + _ACCENTS[match["sign"] or match["word"]])
