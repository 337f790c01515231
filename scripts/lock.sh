#!/bin/sh
# Compiles the hashed lock files from pyproject.toml; they name no package index. Needs uv.
set -eu
compile() {
    uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-emit-find-links --no-annotate --no-header --quiet "$@"
}
# small libraries of blocks that everybody wants to work at once
compile --extra ical --extra image --extra mail --extra pdf --extra xlsx -o requirements/base.txt
compile --extra test -o requirements/test.txt
