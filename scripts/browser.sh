#!/bin/sh
# Makes sure that Chromium is there for the browser tests. Installs it only on Debian and only as root.
# POSTERCHAT_SKIP_BROWSER=1 leaves the browser tests out.
[ "${POSTERCHAT_SKIP_BROWSER:-}" = 1 ] && exit 0

found() {
    command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
        command -v google-chrome >/dev/null 2>&1
}

found && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing Chromium for the browser tests."
    log="$(mktemp)"
    if (apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y chromium) </dev/null >"$log" 2>&1 && found; then
        rm -f "$log"
        exit 0
    fi
    tail -n 15 "$log" >&2
    rm -f "$log"
fi
echo "The browser tests need Chromium: install it (Debian: apt install chromium), or leave them out with POSTERCHAT_SKIP_BROWSER=1." >&2
exit 1
