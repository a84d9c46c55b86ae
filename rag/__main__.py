"""`python -m rag` is the command `posterchat`."""

from rag.serve.cli import main

if __name__ == "__main__":
    main()
