"""Damage of the kinds that files suffer: cut, patched together, saved in another encoding, edited by hand, hostile."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Damage = Callable[[random.Random, bytes], bytes]


def _place(rng: random.Random, data: bytes) -> int:
    return rng.randrange(len(data) + 1)


def cut_off(rng: random.Random, data: bytes) -> bytes:
    return data[: _place(rng, data)]


def beginning_lost(rng: random.Random, data: bytes) -> bytes:
    return data[_place(rng, data) :]


def hole(rng: random.Random, data: bytes) -> bytes:
    at = _place(rng, data)
    return data[:at] + data[at + rng.randint(1, 400) :]


def piece_twice(rng: random.Random, data: bytes) -> bytes:
    at, size = _place(rng, data), rng.randint(1, 2000)
    return data[: at + size] + data[at:]


def other_bytes(rng: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice([1, 5, 50])):
        out[rng.randrange(len(out))] = rng.randrange(256)
    return bytes(out)


def other_encoding(rng: random.Random, data: bytes) -> bytes:
    text = data.decode()
    encoding = rng.choice(["utf-16", "utf-16-le", "utf-8-sig", "latin-1", "cp1252", "utf-32", "cp500", "shift_jis"])
    return text.encode(encoding, "replace")


def other_line_ends(rng: random.Random, data: bytes) -> bytes:
    return re.sub(rb"\r?\n", rng.choice([b"\r\n", b"\r", b"\n\n", b"\r\r\n", b"\x85", b""]), data)


def lines_shuffled(rng: random.Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    rng.shuffle(lines)
    return b"".join(lines)


def lines_twice(rng: random.Random, data: bytes) -> bytes:
    """Doubles keys in BibTeX and JSON, headers in tables, tags in RIS and XML."""
    lines = data.splitlines(keepends=True)
    return b"".join(line * rng.choice([1, 1, 2, 3]) for line in lines)


def signs_lost(rng: random.Random, data: bytes) -> bytes:
    """Of quotes, brackets and delimiters some are missing, so that columns and nesting are wrong."""
    signs = rng.choice([b'"', b"{}", b"<>", b",;\t", b"[]", b"\n", b"$\\&", b"-"])
    share = rng.choice([0.02, 0.2, 1.0])
    return bytes(byte for byte in data if byte not in signs or rng.random() > share)


def signs_added(rng: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice([1, 10, 100])):
        at = rng.randrange(len(out))
        out[at:at] = rng.choice(
            [b'"', b"{", b"}", b"<", b">", b",", b"\t", b"&", b"@", b"\\", b"$", b"\n", b"\0", b"]"]
        )
    return bytes(out)


def huge_field(rng: random.Random, data: bytes) -> bytes:
    at = _place(rng, data)
    filling = rng.choice([b"x", b"word ", b"{", b"&amp;", b"\\'e", b"$", b"<b>", b"a,b;", b"\\(", b"We find. "])
    return data[:at] + filling * rng.choice([10_000, 60_000]) + data[at:]


def nested(rng: random.Random, data: bytes) -> bytes:
    at, depth = _place(rng, data), rng.choice([10, 500, 5000])
    opening = rng.choice(
        [b"<div>", b"<table><tr><td>", b"{", b"[", b'{"a":', b"<title>", b"\\emph{", b"<!--", b"(", b"<a>"]
    )
    return data[:at] + opening * depth + data[at:]


def hostile(rng: random.Random, data: bytes) -> bytes:
    bombs = [
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        b"<script>alert(1)</script><plaintext>",
        b"<![CDATA[ ]]> <?php ?>",
        b'\\ud800\\udfff"',
        "\u202e\ufdd0\u0000\ue000".encode(),
        b"1" * 6000,
        b"@string{a = a # b}@comment{",
        b"<|im_end|>",
    ]
    at = rng.choice([0, _place(rng, data)])
    return data[:at] + rng.choice(bombs) + data[at:]


DAMAGES: tuple[Damage, ...] = (
    cut_off, beginning_lost, hole, piece_twice, other_bytes, other_encoding, other_line_ends, lines_shuffled,
    lines_twice, signs_lost, signs_added, huge_field, nested, hostile,
)  # fmt: skip


def damaged(rng: random.Random, data: bytes) -> tuple[str, bytes]:
    """`data` with one to three kinds of damage, and their names."""
    kinds = rng.choices(DAMAGES, k=rng.choice([1, 1, 1, 2, 3]))
    for kind in kinds:
        try:
            data = kind(rng, data) or b" "
        except UnicodeDecodeError:
            continue  # an earlier one left no UTF-8
    return ", ".join(kind.__name__ for kind in kinds), data
