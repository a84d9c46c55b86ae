"""What made a result: versions of libraries, and hashes over the program and its prompts."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
from pathlib import Path

from rag.resources import resource

LIBRARIES = ("posterchat", "llama-cpp-python", "chromadb", "sentence-transformers", "torch", "numpy")
_PACKAGE = Path(__file__).resolve().parents[1]
# Neither shows an answer another way nor is part of making it.
_NOT_ANSWERING = {"serve", "evaluate"}


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that answers depend on, and the machine. Imports none of them."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found | {"machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"}


def code_fingerprint(package: Path = _PACKAGE, prompts: Path | None = None) -> str:
    """Twelve hex digits over all code that makes answers, the support checker's coefficients (`*.json` of the
    package), and all prompt files: while they stay, answers may be kept."""
    prompts = prompts or resource("prompts")
    made_of = [path for ending in ("*.py", "*.json") for path in package.rglob(ending)]
    named = {path.relative_to(package).as_posix(): path for path in made_of}
    named = {name: path for name, path in named.items() if name.split("/")[0] not in _NOT_ANSWERING}
    named |= {f"prompts/{path.name}": path for path in prompts.iterdir() if path.is_file()}
    hashed = hashlib.sha256()
    for name in sorted(named):
        hashed.update(f"{name}\0".encode() + hashlib.sha256(named[name].read_bytes()).digest())
    return hashed.hexdigest()[:12]
