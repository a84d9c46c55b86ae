#!/bin/sh
# Makes sure that nginx is there for the tests of the cluster. Installs it only on Debian and only as root.
# POSTERCHAT_SKIP_CLUSTER=1 leaves those tests out.
[ "${POSTERCHAT_SKIP_CLUSTER:-}" = 1 ] && exit 0

found() {
    PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v nginx >/dev/null 2>&1
}

found && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing nginx for the tests of the cluster."
    log="$(mktemp)"
    if (apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends nginx-light) \
        </dev/null >"$log" 2>&1 && found; then
        rm -f "$log"
        exit 0
    fi
    tail -n 15 "$log" >&2
    rm -f "$log"
fi
echo "The tests of the cluster need nginx: install it (Debian: apt install nginx-light), or leave them out with POSTERCHAT_SKIP_CLUSTER=1." >&2
exit 1
