#!/bin/sh
# Makes .venv. Debian and Ubuntu keep the venv module in a package of its own.
set -eu
python=$1
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Blockyard needs Python 3.11 or newer; $python is $("$python" -V 2>&1)." >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
    else
        echo "Python's venv module is missing. Install it first:  sudo apt-get install python3-venv" >&2
        exit 1
    fi
fi
exec "$python" -m venv .venv
