"""LaTeX as it stands in bibliographies → plain text: accents, braces that guard capitals, escaped signs.

Formulas between dollar signs and commands that are not known here stay as they are: a LaTeX interpreter would drop
what it does not know, and all behind a per cent sign, and abstracts have both.
"""

from __future__ import annotations

import re
import unicodedata

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
# Non-characters, which no text holds, stand for an escaped dollar sign or brace meanwhile.
_HIDDEN, _OPEN, _CLOSE = "\ufdd0", "\ufdd1", "\ufdd2"


def plain_text(text: str) -> str:
    """A title or abstract of a bibliography without the LaTeX around its words; formulas stay."""
    if not any(sign in text for sign in "\\{}~"):
        return text
    pieces = _MATH.split(text.replace("\\$", _HIDDEN))
    pieces[::2] = map(_plain, pieces[::2])
    return "".join(pieces).replace(_HIDDEN, "$")


def plain_name(text: str) -> str:
    """A person's name without LaTeX; a name without backslash or brace as it is."""
    return _plain(text) if any(sign in text for sign in "\\{}") else text


def _plain(text: str) -> str:
    for _ in range(2):  # Vietnamese names have letters with two accents
        text = _ACCENT.sub(_accented, text)
    text = _FONT.sub("", _LETTER.sub(lambda match: _LETTERS[match[1]], text))
    text = text.replace("\\{", _OPEN).replace("\\}", _CLOSE)
    for _ in range(3):  # `{\emph{a {B}}}`
        text, found = _GROUP.subn(lambda match: match[0] if match[1] else match[2], _SHAPED.sub(r"\1", text))
        if not found:
            break
    text = text.replace("~", " ").replace(_OPEN, "{").replace(_CLOSE, "}")
    return unicodedata.normalize("NFC", _SIGN.sub(r"\1", text))


def _accented(match: re.Match[str]) -> str:
    letter = (match["inner"] or match["dotless"] or match["letter"]).lstrip("\\")
    return unicodedata.normalize("NFC", letter + _ACCENTS[match["sign"] or match["word"]])
