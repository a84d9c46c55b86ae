"""What stands as examples below the help of commands that say nothing more of themselves."""

from __future__ import annotations

import typer

EXAMPLES: dict[str, tuple[str, ...]] = {
    "chat": ("posterchat chat", "posterchat chat --collection conference"),
    "serve": ("posterchat serve", "posterchat serve --port 7861 --no-browser"),
    "doctor": ("posterchat doctor", "posterchat doctor --full --json"),
    "collections list": ("posterchat collections list --json",),
    "collections remove": ("posterchat collections remove conference --yes",),
    "collections repair": ("posterchat collections repair conference",),
    "papers list": ("posterchat papers list --award", 'posterchat papers list --author "Quill"'),
    "papers show": ('posterchat papers show "counting herons"', "posterchat papers show 0123456789ab --json"),
    "papers export": (
        "posterchat papers export --out papers.bib",
        "posterchat papers export --format csl-json --collection conference > papers.json",
    ),
    "models list": ("posterchat models list",),
    "models pull": ("posterchat models pull --all-default", "posterchat models pull qwen3-4b-instruct-2507"),
    "models verify": ("posterchat models verify",),
    "models bench": ("posterchat models bench",),
    "feedback": ("posterchat feedback --format csv --out feedback.csv",),
}


def add_examples(app: typer.Typer, path: str = "") -> None:
    """Puts the examples below the help of every command of `app` and its groups that has none of its own."""
    for command in app.registered_commands:
        lines = EXAMPLES.get(f"{path}{command.name}", ())
        if lines and not command.epilog:
            command.epilog = "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            add_examples(group.typer_instance, f"{path}{group.name} ")
