#!/usr/bin/env bash
# Runs a command on a display, a session bus and a keychain of its own, and ends with its status.
# Nothing of the user's own desktop is touched, and nothing of what is started here lives on.
set -euo pipefail

if [ "${1:-}" != --inside ]; then
    home=$(mktemp -d)
    trap 'rm -rf "$home"' EXIT
    mkdir -m 700 "$home/runtime" "$home/data"
    export XDG_RUNTIME_DIR="$home/runtime" DESKTOP_KEYRINGS="$home/data"
    export GDK_BACKEND=x11 LIBGL_ALWAYS_SOFTWARE=1 NO_AT_BRIDGE=1
    unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS
    xvfb-run --auto-servernum --server-args='-screen 0 1920x1080x24 -nolisten tcp' \
        dbus-run-session -- "$0" --inside "$@"
    exit
fi

shift
# The keychain opens with an empty password, read from its standard input. It answers before this
# command returns, and ends with the session bus.
XDG_DATA_HOME="$DESKTOP_KEYRINGS" gnome-keyring-daemon --unlock --components=secrets <<<'' >/dev/null
"$@"
