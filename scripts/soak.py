"""Puts a server under load, or kills commands at many points, for as long as wanted; prints figures and fails when one
of the promises of docs/reliability.md is broken.

    python scripts/soak.py load [--seconds 600] [--users 50] [--model fast|real] [--models DIR] [--json OUT]
    python scripts/soak.py kills [--points 50] [--seed 1] [--json OUT]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "soak"), str(ROOT / "tests" / "faults")]


def load(options: argparse.Namespace) -> dict[str, Any]:
    """Simulated users against a server in a process of its own."""
    from users import put_under_load

    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(
            put_under_load(
                Path(folder),
                users=options.users,
                seconds=options.seconds,
                model=options.model,
                models_dir=options.models,
                seed=options.seed,
            )
        )
    return report.figures()


def kills(options: argparse.Namespace) -> dict[str, Any]:
    """`kill -9` at random points of every command that writes."""
    from fault_world import Driver, World
    from kills import kill_everywhere

    with tempfile.TemporaryDirectory() as folder, Driver() as driver:
        world = World(Path(folder), driver)
        world.start()
        points = kill_everywhere(world, points=options.points, seed=options.seed)
    table = Counter((point.operation, point.state) for point in points)
    rows = [{"command": command, "left": state, "times": count} for (command, state), count in sorted(table.items())]
    return {"points": len(points), "seed": options.seed, "commands_run": driver.runs, "rows": rows, "broken": []}


def main() -> int:
    """Run what the command line says; 1 when a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("what", choices=["load", "kills"])
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--model", choices=["fast", "real"], default="fast")
    parser.add_argument("--models", default="", help="the folder of the models, for --model real")
    parser.add_argument("--points", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures = load(options) if options.what == "load" else kills(options)
    text = json.dumps(figures, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 1 if figures["broken"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
