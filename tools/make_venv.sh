#!/bin/sh
# Makes a virtual environment in the folder named by $1 with the first Python >= 3.11 found.
# PYTHON=/path/to/python chooses another one.
set -eu
folder=$1

is_new_enough() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

for python in "${PYTHON:-}" python3.11 python3.12 python3.13 python3 python; do
    [ -n "$python" ] && is_new_enough "$python" && break
    python=
done
if [ -z "$python" ]; then
    echo "Python 3.11 or newer is missing: install it, or name it with PYTHON=/path/to/python." >&2
    exit 1
fi

if ! "$python" -c 'import ensurepip' >/dev/null 2>&1; then
    package="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    sh "$(dirname "$0")/install_debian.sh" "$package"
fi
echo "Making $folder with $("$python" --version)"
"$python" -m venv "$folder"
