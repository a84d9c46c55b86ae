"""Formulas as MathML; money, tricks and what is not understood as text."""

from __future__ import annotations

from html import escape
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.serve.ui.formulas import html

MATHS = r"\alpha \frac12 \sqrt{n} x_i ^2 \text{<b> \href{j:x}{y} \class{a}{b} \style{c}{d} < > & { } $ 5 \left( \right"


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        (r"it is $13\times$ faster", "<mn>13</mn><mo>×</mo>"),
        (r"in $O(\sqrt{T})$ rounds", "<msqrt><mrow><mi>T</mi></mrow></msqrt>"),
        (r"points of $\mathbb R^{d}$", "<mi>ℝ</mi>"),
        (r"at most $\ell_\infty$", "<mi>ℓ</mi><mo>∞</mo>"),
        (r"$$x^2$$", "<msup><mi>x</mi><mn>2</mn></msup>"),
        (r"$a<b$", "<mo>&lt;</mo>"),
    ],
)
def test_formulas_become_mathml(text: str, inside: str) -> None:
    made = html(text)
    assert inside in made and "$" not in made
    ElementTree.fromstring(f"<p>{made}</p>")


@pytest.mark.parametrize(
    "text",
    [
        "between $5 and $10",
        "a fine of $5-$10, or US$5 vs US$6",
        "$5 (or A$) a day",
        r"a price of \$5 and \$6",
        "$ x $ with spaces",
        "$" * 50,
        "$\n\nx$",
        r"$\href{javascript:alert(1)}{x}$",
        r"$\class{a}{b}$ $\style{color:red}{x}$ $\color{red} x$",
        r"$\includegraphics{x}$ $\nosuchthing$",
        r"$\hspace{1000em}$",
        r"$\frac{a",
        "$" + "{" * 140 + "x" + "}" * 140 + "$",
        "${window.pwned = 5} {{constructor.constructor('x')()}}",
    ],
)
def test_money_tricks_and_what_is_not_understood_stay_text(text: str) -> None:
    assert html(text) == escape(text)


def test_text_inside_a_formula_is_escaped() -> None:
    assert html(r"$\text{<b>}$") == "<math><mrow><mtext>&lt;b&gt;</mtext></mrow></math>"


@given(st.lists(st.sampled_from([*MATHS.split(), " ", "$", "$", "<script>", '"']), max_size=14))
def test_whatever_is_typed_only_listed_elements_come_out(parts: list[str]) -> None:
    made = ElementTree.fromstring(f"<p>{html(''.join(parts))}</p>")
    for element in made.iter():
        assert element.tag in {"p"} or element.tag.startswith("m")
        assert not set(element.attrib) & {"href", "class", "style", "id"}


def test_escaped_signs_of_latex_are_shown_as_signs() -> None:
    assert html(r"83.4\% of R\&D, \~5") == "83.4% of R&amp;D, ~5"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (r"The \emph{Slow Fog} of {\em two} \textbf{ponds}", "The Slow Fog of two ponds"),
        (r"\texttt{fog.py} and {\bf bold}, \underline{all}", "fog.py and bold, all"),
        (r"\emph{<b>} stays a sign", "&lt;b&gt; stays a sign"),
        (r"\emph{open", r"\emph{open"),
    ],
)
def test_words_are_shown_without_the_commands_for_their_shape(typed: str, shown: str) -> None:
    assert html(typed) == shown


def test_a_formula_keeps_its_own_commands() -> None:
    assert "<mtext>max</mtext>" in html(r"an \emph{$x_{\text{max}}$-fair} rule") and "emph" not in html(
        r"\emph{$x^2$-fair}"
    )
