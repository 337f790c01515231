#!/bin/sh
# The browser tests need Chromium: Debian's package when root, else the build that Playwright brings. The samples of the
# documents are shell lines: they need curl and jq.
set -eu
if command -v chromium >/dev/null && command -v curl >/dev/null && command -v jq >/dev/null; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium curl jq >/dev/null
    exit 0
fi
command -v chromium >/dev/null || exec .venv/bin/playwright install chromium
