"""Looks every locked package up in the database of known security holes, with pip-audit. Network.

    python scripts/audit.py [LOCK]

Exit codes: 0 no hole, or only those that `scripts/audit_known.toml` explains; 1 a hole that nobody has explained, or an
explanation that has run out; 3 it could not be looked up, which is not the same as none: pip-audit is missing, or its
database cannot be reached from here.
"""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
KNOWN = ROOT / "scripts" / "audit_known.toml"
NOT_DONE = 3
TIMEOUT_S = 900


def look_up(lock: Path) -> list[dict[str, Any]] | str:
    """The packages with their holes as pip-audit tells them; a sentence when it could not look them up."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--no-deps", "--disable-pip"]
    try:
        run = subprocess.run(
            [*command, "--format", "json", "--progress-spinner", "off"],
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return f"pip-audit was not done after {TIMEOUT_S} seconds"
    if "No module named pip_audit" in run.stderr:
        return "pip-audit is not installed: pip install 'posterchat[audit]'"
    try:
        found: list[dict[str, Any]] = json.loads(run.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return (run.stderr.strip().splitlines() or [f"pip-audit ended with exit code {run.returncode}"])[-1]
    skipped = [row["name"] for row in found if "skip_reason" in row]
    if skipped or not found:
        return f"{len(skipped)} packages could not be looked up: {', '.join(skipped[:5])}"
    return found


def explained(today: datetime.date) -> dict[str, str]:
    """Why each known hole does not matter here, by its id; explanations that have run out are left out."""
    rows = tomllib.loads(KNOWN.read_text(encoding="utf-8")).get("hole", {}) if KNOWN.is_file() else {}
    return {name: row["why"] for name, row in rows.items() if row["until"] >= today}


def main(argv: list[str]) -> int:
    """Print what was found; the exit code is told above."""
    lock = Path(argv[0]) if argv else ROOT / "requirements.lock"
    found = look_up(lock)
    if isinstance(found, str):
        print(f"NOT AUDITED: {found}", file=sys.stderr)
        print("The packages were not looked up. Run `make audit` where the network allows it.", file=sys.stderr)
        return NOT_DONE
    known = explained(datetime.date.today())
    bad = 0
    for row in found:
        for hole in row.get("vulns", ()):
            names = [hole["id"], *hole.get("aliases", ())]
            why = next((known[name] for name in names if name in known), None)
            bad += why is None
            fixed = ", ".join(hole.get("fix_versions", ())) or "no version"
            print(f"{row['name']} {row['version']}: {names[0]}, mended in {fixed}; {why or 'NOT EXPLAINED'}")
    print(f"{len(found)} packages were looked up, {bad} holes are not explained.")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
