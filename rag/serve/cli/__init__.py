"""The command line: `main.py` is the command `posterchat`; the other modules are its commands and their tables."""
