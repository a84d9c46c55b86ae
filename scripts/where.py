"""Prints, as one JSON object, what the set-up needs to know from the installed program. Run by scripts/setup.py.

.venv/bin/python scripts/where.py
"""

from __future__ import annotations

import json
import sys

from rag.errors import PosterchatError
from rag.index.collections import Collections
from rag.settings import Settings, load_settings


def main() -> int:
    """Returns 0, or 1 with a sentence on stderr when the settings cannot be used."""
    try:
        settings = load_settings()
        names = Collections(settings.data_dir).names()
    except PosterchatError as error:
        print(f"{error} {error.hint}".strip(), file=sys.stderr)
        return 1
    sample = Settings.model_fields["collection"].default
    places = {"models_dir": str(settings.models_path), "data_dir": str(settings.data_dir)}
    chosen = {"llm": settings.llm, "embedder": settings.embedder}
    print(json.dumps({**places, **chosen, "sample_indexed": sample in names}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
