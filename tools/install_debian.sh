#!/bin/sh
# Installs the Debian packages named as arguments where that is possible without a question,
# otherwise says in one sentence which ones are missing.
set -eu

explain() {
    echo "System packages are missing that only an administrator can install: run" \
        "'sudo apt-get install $*' (or your system's equivalents) and try again." >&2
    exit 1
}

command -v apt-get >/dev/null 2>&1 || explain "$@"
if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true >/dev/null 2>&1; then
    as_root="sudo -n"
else
    explain "$@"
fi

echo "Installing Debian packages: $*"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if ! { $as_root apt-get update -q && $as_root apt-get install -q -y --no-install-recommends "$@"; } \
    >"$log" 2>&1 </dev/null; then
    tail -n 5 "$log" >&2
    explain "$@"
fi
