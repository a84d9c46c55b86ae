"""`python -m rag` is the command `posterchat`."""

from rag.serve.cli.main import main

if __name__ == "__main__":
    main()
