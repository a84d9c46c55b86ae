"""Every error that posterchat raises on purpose. Each says what happened, and `hint` says what to do.

PosterchatError                 exit 1
├── UsageError                  exit 2   a command or request that makes no sense
├── InputError                  a file that cannot be read as papers
├── ModelError
│   ├── UnknownModel            no such name in the manifest
│   ├── ModelMissing            known, but not on this machine
│   ├── ModelCorrupt            the file's SHA-256 is not the pinned one
│   ├── DownloadFailed          no source could deliver it
│   ├── ServerUnusable          a model server does not answer, or not as it should
│   └── PromptTooLong           does not fit the model's context
├── CollectionError
│   ├── UnknownCollection       no collection of that name
│   ├── IndexMismatch           built by another embedder or another version of chunking
│   ├── IndexCorrupt            files missing or damaged
│   ├── VectorsUnreachable      the Chroma server does not answer; words are still searched
│   ├── DataDirBusy             another process holds the data directory
│   └── StorageFull             no room, or no permission to write
├── PromptFileError             a prompt file is missing or uses a variable that it may not use
├── Overloaded                  too many questions are waiting already
└── Cancelled                   exit 130: the user stopped it
"""

from __future__ import annotations


class PosterchatError(Exception):
    """Base of all errors shown to users: `str(error)` is one sentence, `hint` is the remedy."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(PosterchatError):
    """A command or a request that makes no sense as it stands."""

    exit_code = 2


class InputError(PosterchatError):
    """A file that cannot be read as papers."""


class ModelError(PosterchatError):
    """Something about a model file."""


class UnknownModel(ModelError):
    """No model of that name is in the manifest; the message lists those that are."""

    exit_code = 2


class ModelMissing(ModelError):
    """The model is known but not on this machine."""


class ModelCorrupt(ModelError):
    """A model file's SHA-256 is not the pinned one."""


class DownloadFailed(ModelError):
    """None of a model's sources could deliver it; the message names each with its reason."""


class ServerUnusable(ModelError):
    """A model server cannot be reached, refuses, breaks off, or answers what is no chat completion."""


class PromptTooLong(ModelError):
    """The prompt does not fit the model's context window."""


class CollectionError(PosterchatError):
    """Something about an index."""


class UnknownCollection(CollectionError):
    """No collection of that name; the message lists those that exist."""


class IndexMismatch(CollectionError):
    """The index was built by another embedder or another version of chunking."""


class IndexCorrupt(CollectionError):
    """Files of the index are missing or damaged."""


class VectorsUnreachable(CollectionError):
    """The Chroma server that holds the vectors cannot be reached. Searching goes on by words."""


class DataDirBusy(CollectionError):
    """Another process holds the data directory; the message says which."""


class StorageFull(CollectionError):
    """There is no room, or no permission, to write."""


class PromptFileError(PosterchatError):
    """A prompt file is missing or uses a variable that it may not use."""


class Overloaded(PosterchatError):
    """Too many questions are waiting already. `retry_after_s` is a guess at when it is worth asking again."""

    retry_after_s: int | None = None


class Cancelled(PosterchatError):
    """The user stopped it."""

    exit_code = 130
