#!/bin/sh
# Prints the path of a Python >= 3.11 that can make virtual environments. Else: one sentence on stderr, exit 1.
# PYTHON=/path/to/python asks for one interpreter; without it the usual names are tried in order.
enough='import sys; sys.exit(sys.version_info < (3, 11))'
can_make_env='import ensurepip, venv'
old=''
no_venv=''

for name in ${PYTHON:-python3 python3.11 python3.12 python3.13 python3.14 python}; do
    command -v "$name" >/dev/null 2>&1 || continue
    if ! "$name" -c "$enough" >/dev/null 2>&1; then
        old="${old:-$name}"
    elif ! "$name" -c "$can_make_env" >/dev/null 2>&1; then
        no_venv="${no_venv:-$name}"
    else
        # Inside an activated environment: the Python it was made from, because that environment may be replaced.
        exec "$name" -c 'import sys; print(getattr(sys, "_base_executable", None) or sys.executable)'
    fi
done

if [ -n "$no_venv" ]; then
    echo "$no_venv cannot make virtual environments: install its venv module (Debian and Ubuntu: apt install python3-venv)." >&2
elif [ -n "$old" ]; then
    echo "$old is older than Python 3.11: install Python 3.11 or newer, or name one with PYTHON=/path/to/python3.11." >&2
elif [ -n "$PYTHON" ]; then
    echo "There is no $PYTHON: name a Python 3.11 or newer with PYTHON=/path/to/python3.11." >&2
else
    echo "No Python was found: install Python 3.11 or newer, or name one with PYTHON=/path/to/python3.11." >&2
fi
exit 1
