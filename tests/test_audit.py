"""`make audit` says when it has found nothing, something, or could not look: the last is no success."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "audit.py"
HOLE = {"id": "GHSA-1", "aliases": ["CVE-1"], "fix_versions": ["2.0"]}


def run(tmp_path: Path, says: object, *, code: int = 0, err: str = "") -> subprocess.CompletedProcess[str]:
    """The script with a pip-audit that says this."""
    said = "" if says is None else says
    fake = f"import sys\nprint({said!r})\nprint({err!r}, file=sys.stderr)\nsys.exit({code})\n"
    (tmp_path / "pip_audit.py").write_text(fake)
    (tmp_path / "lock").write_text("kites==1.0\n")
    command = [sys.executable, str(SCRIPT), str(tmp_path / "lock")]
    return subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": str(tmp_path)}, timeout=60)


def packages(*holes: object) -> str:
    return json.dumps({"dependencies": [{"name": "kites", "version": "1.0", "vulns": list(holes)}]})


def test_no_hole(tmp_path: Path) -> None:
    done = run(tmp_path, packages())
    assert (done.returncode, done.stdout) == (0, "1 packages were looked up, 0 holes are not explained.\n")


def test_a_hole(tmp_path: Path) -> None:
    done = run(tmp_path, packages(HOLE), code=1)
    assert done.returncode == 1 and "GHSA-1, mended in 2.0; NOT EXPLAINED" in done.stdout


@pytest.mark.parametrize(
    "says",
    [None, "", "[]", '{"dependencies": []}', '{"dependencies": [{"name": "kites", "skip_reason": "not found"}]}'],
)
def test_not_looked_up_is_no_success(tmp_path: Path, says: str | None) -> None:
    done = run(tmp_path, says, code=1, err="ConnectionError: no route to the database")
    assert done.returncode == 3 and "NOT AUDITED" in done.stderr


def test_explanations_run_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    import audit

    known = tmp_path / "known.toml"
    known.write_text('[hole.CVE-1]\nwhy = "never called"\nuntil = 2026-12-31\n')
    monkeypatch.setattr(audit, "KNOWN", known)
    assert audit.explained(datetime.date(2026, 12, 31)) == {"CVE-1": "never called"}
    assert audit.explained(datetime.date(2027, 1, 1)) == {}
