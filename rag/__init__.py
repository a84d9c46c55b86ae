"""posterchat: chat with a conference session's papers, offline, with every sentence cited and checked."""

from importlib.metadata import PackageNotFoundError, version

from rag.silent import be_silent

be_silent()  # before any library is loaded

from rag.python_api import OpenCollection, open_collection, turn  # noqa: E402

try:
    __version__ = version("posterchat")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+checkout"

__all__ = ["OpenCollection", "__version__", "open_collection", "turn"]
