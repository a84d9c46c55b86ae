"""No library that this program loads may tell its maker anything. ONNX Runtime sends reports from version 1.29 on,
Chroma, Gradio and Hugging Face's libraries can. Each is switched off by a variable of the environment, read when it is
loaded, so `rag/__init__.py` sets them before anything else. `tests/offline` watches the kernel for what they miss.
"""

from __future__ import annotations

import os

SILENT = {
    "ORT_DISABLE_TELEMETRY": "1",  # ONNX Runtime: no reports, and no identifier on the disk
    "ORT_TELEMETRY_DISABLED": "1",  # the same under the name that it had first
    "ANONYMIZED_TELEMETRY": "False",  # Chroma
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}


def be_silent() -> None:
    """Switch all of it off, whatever the environment said before."""
    os.environ.update(SILENT)
