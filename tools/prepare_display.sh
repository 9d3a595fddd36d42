#!/bin/sh
# Makes sure that napari can open a window on Linux: the libraries that Qt's wheels expect from
# the system, and a virtual screen (Xvfb) where there is no real one. Quick when all is there.
set -eu
[ "$(uname -s)" = Linux ] || exit 0
PATH=$PATH:/usr/sbin:/sbin
known=$(ldconfig -p 2>/dev/null || true)
missing=

need() { # need PACKAGE LIBRARY
    case $known in
        "" | *"$2"*) ;; # where ldconfig tells nothing, Qt itself will
        *) missing="$missing $1" ;;
    esac
}

need libegl1 libEGL.so.1
need libgl1 libGL.so.1
need libglib2.0-0 libglib-2.0.so.0
need libfontconfig1 libfontconfig.so.1
need libdbus-1-3 libdbus-1.so.3
need libxkbcommon-x11-0 libxkbcommon-x11.so.0
need libxcb-cursor0 libxcb-cursor.so.0
need libxcb-icccm4 libxcb-icccm.so.4
need libxcb-image0 libxcb-image.so.0
need libxcb-keysyms1 libxcb-keysyms.so.1
need libxcb-render-util0 libxcb-render-util.so.0
need libxcb-shape0 libxcb-shape.so.0
need libxcb-xinerama0 libxcb-xinerama.so.0
if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && ! command -v Xvfb >/dev/null 2>&1; then
    missing="$missing xvfb"
fi

# shellcheck disable=SC2086  # one word a package
[ -z "$missing" ] || exec sh "$(dirname "$0")/install_debian.sh" $missing
