#!/bin/sh
# The browser tests need Chromium: Debian's package when root, else the build that Playwright brings.
set -eu
if command -v chromium >/dev/null; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
    exit 0
fi
exec .venv/bin/playwright install chromium
