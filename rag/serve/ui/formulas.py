"""Text with formulas (`$O(\\sqrt{T})$`) as HTML: MathML, which browsers show by themselves, and all else escaped.

A formula is read by latex2mathml and written out again here, tag by tag from a short list, because that library does
not escape what stands in `\\text{…}` and knows `\\href` and `\\style`. What is not understood whole is shown as typed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape, unescape
from typing import Any

LONGEST = 300
DEEPEST = 40
# Pandoc's rule: no space inside the dollars, no digit behind the closing one ("$5 and $10" is money).
_FORMULA = re.compile(r"(?<![\\$])(\$\$?)(?=[^\s$])([^$]{0,300}?)(?<=[^\s\\])\1(?![\d$])")
_MATHS = re.compile(r"[\\^_={}<>+*/|]")
_WORDS = re.compile(r"[A-Za-z]{2,}")
_BARE = re.compile(r"\\(math(?:bb|cal|bf|rm|sf|it|frak|scr)) +([A-Za-z0-9])")
_ESCAPED = re.compile(r"\\([%&#_~])")
# Commands for the shape of words; the second ones are also part of formulas.
_SHAPED = re.compile(r"\\(?:emph|textit|textsc) ?\{([^{}]*)\}|\{\\(?:em|it|sc) +([^{}]*)\}")
_SHAPED_TOO = re.compile(
    r"\\(?:underline|mbox|text(?:bf|sf|tt|rm|sl|up|normal)?) ?\{([^{}]*)\}|\{\\(?:bf|tt|sf|rm) +([^{}]*)\}"
)
_TAGS = frozenset(
    re.findall(
        r"\w+",
        "math mrow mi mn mo mtext mspace msup msub msubsup mfrac msqrt mroot mover munder munderover mtable mtr mtd",
    )
)
_ATTRIBUTES = {
    **dict.fromkeys(("stretchy", "fence", "accent", "displaystyle"), re.compile(r"true|false")),
    **dict.fromkeys(("width", "lspace", "rspace"), re.compile(r"-?[0-2](\.\d{1,3})?em")),
    "linethickness": re.compile(r"0(px|em)?"),
    "mathvariant": re.compile(r"normal|bold|italic|bold-italic|sans-serif|monospace"),
}
# Harmless, and not needed.
_DROPPED = frozenset(re.findall(r"\w+", "xmlns display form separator minsize maxsize movablelimits columnalign"))


def html(text: str) -> str:
    """`text` escaped, with its formulas as MathML, LaTeX's escaped `%` as `%` and its `\\emph{word}` as `word`."""
    text = _SHAPED.sub(_inside, text)
    if "$" not in text:
        return _plain(text)
    out, end = [], 0
    for match in _FORMULA.finditer(text):
        made = _made(match[2])
        if made is not None:
            out += [_plain(text[end : match.start()]), made]
            end = match.end()
    return "".join([*out, _plain(text[end:])])


def _plain(text: str) -> str:
    return escape(_ESCAPED.sub(r"\1", _SHAPED_TOO.sub(_inside, text)))


def _inside(match: re.Match[str]) -> str:
    return match[1] or match[2] or ""


@lru_cache(maxsize=4096)
def _made(formula: str) -> str | None:
    """A formula as MathML; None for what is none, or not understood whole."""
    if not _MATHS.search(formula) and len(_WORDS.findall(formula)) > (not formula[0].isdigit()):
        return None  # "$5 (or A$)": words and sums of money
    from latex2mathml.converter import convert_to_element

    try:
        return _written(convert_to_element(_BARE.sub(r"\\\1{\2}", formula)), 0)
    except Exception:  # its parser fails in many ways on what is no LaTeX
        return None


def _written(element: Any, depth: int) -> str:
    """An element and all in it. Raises ValueError for anything that is not on the lists."""
    tag, text = element.tag, unescape(element.text or "")
    if tag not in _TAGS or depth > DEEPEST or text.startswith("\\") or (element.tail or "").strip():
        raise ValueError(tag)
    attributes = ""
    for name, value in element.attrib.items():
        if name in _ATTRIBUTES and _ATTRIBUTES[name].fullmatch(value):
            attributes += f' {name}="{value}"'
        elif name not in _DROPPED:
            raise ValueError(name)
    inside = "".join(_written(child, depth + 1) for child in element)
    return f"<{tag}{attributes}>{escape(text)}{inside}</{tag}>"
