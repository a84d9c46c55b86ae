"""Fifty users at once for a few seconds; `make soak` has the long form, and the same with the real model."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from users import put_under_load


@pytest.mark.timeout(300)
def test_fifty_users_get_their_own_answers(tmp_path: Path) -> None:
    report = asyncio.run(put_under_load(tmp_path, users=50, seconds=10))
    figures = report.figures()
    assert figures["broken"] == []
    assert figures["answers_checked"] > 50 and figures["cancelled"] > 5
    assert set(figures["statuses"]) <= {"200", "429"}
