r"""Papers as BibTeX that any BibTeX or reference manager reads: braces always balance, and `\input` never gets in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

from rag.serve.export.names import Name, arxiv, doi, lines_of, split_name
from rag.serve.terminal import plain
from rag.types import Paper

# Pandoc's rule for `$`: no space inside the dollars, no digit behind the closing one ("$5 and $10" is money).
_MATH = re.compile(r"(?<!\\)\$(?=[^\s$])([^$]{0,300}?)(?<=[^\s\\])\$(?!\d)")
_COMMAND = re.compile(r"\\([A-Za-z]+|.)?")
# Formulas with these commands alone are kept as formulas; any other one is shown letter by letter.
_COMMANDS = frozenset(
    re.findall(
        r"\w+",
        """alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho sigma tau
    upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega mathbb mathcal mathbf
    mathrm mathsf mathit mathfrak boldsymbol ell infty times cdot cdots ldots pm mp leq geq neq le ge approx sim simeq
    equiv propto to rightarrow leftarrow in notin subset subseteq cup cap setminus forall exists partial nabla sum prod
    int sqrt frac log exp min max arg sup inf det dim hat bar tilde vec dot prime star ast circ oplus otimes odot langle
    rangle lfloor rfloor lceil rceil mid Vert Vert left right quad""",
    )
)
_STRUCTURE = re.compile(r"\band\b|[,{}~]", re.I)


def bibtex(papers: Iterable[Paper], keys: Mapping[str, str], *, abstracts: bool = False) -> str:
    """One entry for each paper, in their order; `keys` are those of `citation_keys`. With `abstracts` also abstract,
    session and kind of text, so that the papers can be read in again."""
    return "\n".join(_entry(paper, keys[paper.id], abstracts) for paper in papers)


def latex(text: str) -> str:
    """`text` for LaTeX: special characters escaped, accented letters as commands, simple formulas kept. Braces
    balance in it also for BibTeX, which does not know that a backslash escapes one."""
    return "".join(_math(piece) if at % 2 else _encoder()(piece) for at, piece in enumerate(_pieces(text)))


def _entry(paper: Paper, key: str, abstracts: bool) -> str:
    fields = {
        "title": _title(plain(paper.title)),
        "author": " and ".join(_author(split_name(name)) for name in paper.authors if plain(name)),
        "booktitle" if paper.venue else "howpublished": latex(plain(paper.venue or "")),
        "year": str(paper.year or ""),
        "url": _url(paper.url or ""),
        "doi": _verbatim(doi(paper)),
        "eprint": _verbatim(arxiv(paper)),
        "archiveprefix": "arXiv" if arxiv(paper) else "",
        "note": latex(plain(paper.award or "")),
        "keywords": latex(joined([plain(word) for word in paper.keywords])),
    }
    if abstracts:
        # A digest is not the authors' text: it must not come back as their abstract.
        kind = "digest" if paper.text_kind == "digest" else "abstract"
        # Some parsers take an `@` at the beginning of a line for the next entry.
        lines = (f"{{@}}{line[1:]}" if line[:1] == "@" else line for line in map(latex, lines_of(paper.abstract)))
        fields[kind] = "\n".join(lines)
        fields["award"] = fields["note"]
        fields["session"] = latex(plain(paper.session or ""))
        fields["identifiers"] = _verbatim("; ".join(paper.identifiers))
    told = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@{'inproceedings' if paper.venue else 'misc'}{{{key},\n" + ",\n".join(told) + "\n}\n"


def _title(text: str) -> str:
    """Words with capitals behind their first letter, and formulas, in braces: styles change the case of the rest."""
    out = []
    for at, piece in enumerate(_pieces(text)):
        if at % 2:
            capitals = any(char.isupper() for char in _COMMAND.sub("", piece))
            out.append(f"{{{_math(piece)}}}" if capitals else _math(piece))
            continue
        for token in re.split(r"(\s+)", piece):
            encoded = _encoder()(token)
            out.append(f"{{{encoded}}}" if any(char.isupper() for char in token[1:]) else encoded)
    return "".join(out)


def _author(name: Name) -> str:
    parts = [name.family, name.suffix, name.given] if name.suffix else [name.family, name.given]
    if not name.given:
        return f"{{{_encoder()(name.family)}}}"
    # `{` in front of a part would begin a "special character" of BibTeX: harmless, and it holds the part together.
    return ", ".join(
        f"{{{_encoder()(part)}}}" if _STRUCTURE.search(part) or part[0] == "\\" else _encoder()(part) for part in parts
    )


def _url(url: str) -> str:
    """A link as biblatex and `\\url` want it: not escaped, but without what would end the field."""
    return _verbatim(url) if url.lower().startswith(("http://", "https://")) else ""


def _verbatim(text: str) -> str:
    return quote(plain(text), safe="!#$&'()*+,-./:;<=>?@[]_~% ")


def joined(words: list[str]) -> str:
    """Keywords as one text, parted by a sign that none of them has."""
    return ("; " if any("," in word for word in words) else ", ").join(words)


def _pieces(text: str) -> list[str]:
    """Text and the insides of harmless formulas, in turn."""
    pieces, end = [""], 0
    for match in _MATH.finditer(text):
        if _harmless(match[1]):
            pieces[-1] += text[end : match.start()]
            pieces += [match[1], ""]
            end = match.end()
    pieces[-1] += text[end:]
    return pieces


def _harmless(formula: str) -> bool:
    if not formula.isascii() or re.search(r'[%#&~"@]', formula):
        return False
    if any(match[1] not in _COMMANDS for match in _COMMAND.finditer(formula)):
        return False
    depth = 0
    for char in formula:
        depth += (char == "{") - (char == "}")
        if depth < 0:
            return False
    return depth == 0


def _math(formula: str) -> str:
    return f"${formula}$"


@cache
def _encoder() -> Any:
    """pylatexenc's table, with braces as commands, because BibTeX counts `\\{` as an opening brace; quotes and dashes
    stay, because LaTeX reads them as they are."""
    from pylatexenc.latexencode import (  # type: ignore[import-untyped]
        RULE_DICT,
        UnicodeToLatexConversionRule,
        UnicodeToLatexEncoder,
    )

    own = {ord("{"): r"\textbraceleft", ord("}"): r"\textbraceright"} | {ord(char): char for char in '"“”‘’–—…'}
    encoder = UnicodeToLatexEncoder(
        conversion_rules=[UnicodeToLatexConversionRule(RULE_DICT, own), "defaults"],
        replacement_latex_protection="braces-all",  # `{\"o}` is what BibTeX sorts and abbreviates rightly
        unknown_char_policy="keep",
        unknown_char_warning=False,
    )
    return encoder.unicode_to_latex
