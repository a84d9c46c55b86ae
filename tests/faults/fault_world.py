"""A data directory to break, and what must be true of it afterwards."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DRIVER = Path(__file__).with_name("driver.py")
NAME = "garden"
MODEL_BYTES = 6_000_000


def paper(number: int, wording: str) -> dict[str, Any]:
    """A made-up paper as a row of JSONL."""
    return {
        "title": f"On garden number{number}",
        "authors": ["Ada Quill"],
        "abstract": f"Garden number{number} is {wording}. Its hedge{number} grows {number} centimetres. It has a gate.",
    }


def titles(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What `check` prints of these papers."""
    return {row["title"]: row["abstract"] for row in rows}


OLD = [paper(number, "old and quiet") for number in range(40)]
NEW = [paper(number, "new and loud") for number in range(30, 60)]
MERGED = [*OLD[:30], *NEW]


@dataclass
class Driver:
    """The process that forks a command for each request."""

    process: Any = None
    runs: int = 0

    def __enter__(self) -> Driver:
        environment = os.environ | {"PYTHONPATH": str(ROOT), "TOKENIZERS_PARALLELISM": "false"}
        self.process = subprocess.Popen(
            [sys.executable, str(DRIVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        return self

    def __exit__(self, *error: Any) -> None:
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()

    def begin(self, *argv: str, **request: Any) -> None:
        """Send a request; `end` waits for its answer."""
        self.process.stdin.write(json.dumps({"argv": argv, **request}) + "\n")
        self.process.stdin.flush()

    def end(self) -> dict[str, Any]:
        """The answer to the oldest request."""
        self.runs += 1
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def __call__(self, *argv: str, **request: Any) -> dict[str, Any]:
        self.begin(*argv, **request)
        return self.end()


@dataclass
class World:
    """A data directory that begins with the collection of OLD, and files to index, pull and export."""

    folder: Path
    driver: Driver
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, rows in (("old", OLD), ("new", NEW)):
            (self.folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        content = b"GGUF" + random.Random(7).randbytes(MODEL_BYTES - 4)
        (self.folder / "from").mkdir(exist_ok=True)
        (self.folder / "from" / "tiny.gguf").write_bytes(content)
        self.manifest(content)
        self.env = {
            "POSTERCHAT_DATA_DIR": str(self.data),
            "POSTERCHAT_MODELS_FROM": str(self.folder / "from"),
            "POSTERCHAT_MANIFEST": str(self.folder / "models.toml"),
            "POSTERCHAT_LLM": "tiny",
            "POSTERCHAT_CONFIG": str(self.folder / "none.toml"),
        }

    def manifest(self, content: bytes) -> None:
        """The program's manifest with one more model, `tiny`."""
        import hashlib

        digest = hashlib.sha256(content).hexdigest()
        tiny = (
            '[model."tiny"]\nrole = "llm"\ndescription = "bytes"\nlicence = "none"\ncontext = 128\n'
            f'files = [{{ path = "tiny.gguf", bytes = {len(content)}, sha256 = "{digest}" }}]\n\n'
        )
        text = (ROOT / "models" / "models.toml").read_text(encoding="utf-8")
        (self.folder / "models.toml").write_text(tiny + text[text.index("[model.") :], encoding="utf-8")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def generations(self) -> list[Path]:
        return sorted((self.data / "collections" / NAME).glob("gen-*"))

    def __call__(self, *argv: str, **request: Any) -> dict[str, Any]:
        """Run a command here."""
        return self.driver(*argv, env=self.env | request.pop("env", {}), **request)

    def start(self) -> None:
        """Make the collection of OLD, and keep a copy for `reset`."""
        done = self("index", str(self.folder / "old.jsonl"), "--collection", NAME)
        assert done["code"] == 0, done
        shutil.copytree(self.data, self.folder / "kept")

    def reset(self, *, empty: bool = False) -> None:
        """The state after `start`, or no data at all."""
        shutil.rmtree(self.data, ignore_errors=True)
        (self.folder / "out.jsonl").unlink(missing_ok=True)
        if not empty:
            shutil.copytree(self.folder / "kept", self.data)

    def papers(self) -> dict[str, str]:
        """Titles and abstracts of the collection, each of them found by a search; empty when there is no collection."""
        done = self("check", NAME)
        if done["code"] == 98 and "UnknownCollection" in done["err"]:
            return {}
        assert done["code"] == 0, done
        found: dict[str, str] = json.loads(done["out"])
        return found

    def doctor(self, *options: str) -> dict[str, dict[str, str]]:
        """The findings of `posterchat doctor`, by what they are about."""
        done = self("doctor", "--json", *options)
        assert done["code"] in (0, 1) and done["out"], done
        return {finding["what"]: finding for finding in json.loads(done["out"])}

    def leftovers(self) -> list[str]:
        """Files that only an unfinished command leaves."""
        found = [path for path in self.folder.rglob("*") if path.name.endswith((".tmp", ".part", ".part.json"))]
        found += [path for path in self.folder.rglob(".removed-*")]
        return sorted(str(path.relative_to(self.folder)) for path in found)
