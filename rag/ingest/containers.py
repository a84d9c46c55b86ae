"""Folders, zip archives and gzip files: the files inside, one after another."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from pathlib import Path
from typing import BinaryIO, cast

from rag.errors import InputError
from rag.ingest.source import MAX_UNPACKED, Source, Unpacked, file_source, reading

MAX_FILES = 10_000
# What stands beside papers in a folder and in a saved web page.
_NO_PAPERS = frozenset(
    [
        ".css",
        ".js",
        ".map",
        ".png",
        ".jpg",
        ".jpeg",
        ".gif",
        ".svg",
        ".webp",
        ".ico",
        ".woff",
        ".woff2",
        ".ttf",
        ".otf",
        ".eot",
        ".mp4",
        ".webm",
        ".mp3",
        ".pdf",
        ".md",
        ".rst",
        ".py",
        ".ipynb",
        ".sh",
        ".toml",
        ".yaml",
        ".yml",
        ".lock",
        ".log",
        ".bst",
        ".sty",
        ".cls",
        ".tex",
    ]
)
_LARGEST_PACKED = 200_000_000
_OFFICE = "[Content_Types].xml"


def files_of_folder(folder: Path) -> tuple[list[Source], int]:
    """The files below `folder` in the order of their names, and how many were passed over: hidden files, links to
    elsewhere, those whose suffix says that they are pictures, scripts and the like. Raises InputError."""
    found: list[Source] = []
    passed = 0
    with reading(str(folder)):
        for directory, folders, names in os.walk(folder):
            folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
            for name in sorted(names):
                path = Path(directory, name)
                if not _may_hold_papers(name) or path.is_symlink() or not path.is_file():
                    passed += 1
                else:
                    found.append(file_source(path))
                if len(found) > MAX_FILES:
                    raise InputError(f"{folder} holds more than {MAX_FILES:,} files.", hint="Name a smaller folder.")
    return found, passed


def files_of_zip(source: Source) -> tuple[list[Source], int]:
    """The members of a zip archive, and how many were passed over. Raises InputError when it is damaged, an Office
    document, or would unpack to more than `MAX_UNPACKED`."""
    try:
        with reading(source.name), source.open() as file, zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except (ValueError, OverflowError, LookupError) as error:  # nonsense in the directory of a damaged archive
        raise InputError(f"{source.name} is a damaged zip archive.", hint="Fetch or pack it again.") from error
    if any(member.filename == _OFFICE for member in members):
        raise InputError(f"{source.name} is an Office document.", hint="Save the table as CSV and give that.")
    if len(members) > MAX_FILES:
        raise InputError(f"{source.name} holds more than {MAX_FILES:,} files.", hint="Give a part of it.")
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        raise InputError(
            f"{source.name} unpacks to more than {MAX_UNPACKED // 1_000_000:,} MB, more than papers would.",
            hint="If it is what it should be, unpack it yourself and give the files.",
        )
    files = [member for member in members if not member.is_dir()]
    wanted = [member for member in files if _wanted(member.filename)]
    return [_member(source, member) for member in wanted], len(files) - len(wanted)


def unzipped(source: Source) -> Source:
    """What a gzip file holds, under the same name."""

    def open_it() -> BinaryIO:
        with reading(source.name):
            packed = source.open()
            if not packed.seekable():  # a member of a zip
                packed.close()
                packed = io.BytesIO(source.whole(_LARGEST_PACKED, "Unpack the archive and give its files."))
            size = packed.seek(0, os.SEEK_END)
            packed.seek(0)
        inner = gzip.GzipFile(fileobj=packed)
        return cast(BinaryIO, io.BufferedReader(Unpacked(cast(BinaryIO, inner), source.name, size, also_close=packed)))

    return Source(source.name, open_it)


def _member(source: Source, member: zipfile.ZipInfo) -> Source:
    name = f"{source.name}: {member.filename}"

    def open_it() -> BinaryIO:
        with reading(name):
            file = source.open()
            try:
                archive = zipfile.ZipFile(file)
                inner = archive.open(member)
            except ValueError as error:
                file.close()
                raise InputError(f"{name} is damaged.", hint="Fetch or pack the archive again.") from error
            except BaseException:
                file.close()
                raise
        return cast(BinaryIO, io.BufferedReader(Unpacked(inner, name, member.compress_size, also_close=file)))

    return Source(name, open_it)


def _wanted(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return not any(part.startswith((".", "__")) for part in parts[:-1]) and _may_hold_papers(parts[-1])


def _may_hold_papers(name: str) -> bool:
    return not name.startswith((".", "~$")) and os.path.splitext(name)[1].lower() not in _NO_PAPERS
