#!/bin/sh
# Print the path of a Chromium that the browser tests and the screenshots can drive.
#
# Looks at $CHROMIUM, then at the usual names. On Debian as root (a CI machine) it installs what is missing;
# anywhere else it says what to install and fails, so that no test is skipped in silence. A font with Chinese
# characters is looked for too: without one the Chinese interface is drawn as empty boxes.
# Only the path goes to standard output.
set -eu

FONT_PACKAGES="fontconfig fonts-wqy-microhei" # 1.6 MB, where fonts-noto-cjk is 57 MB

find_chromium() {
    if [ -n "${CHROMIUM:-}" ]; then
        command -v "$CHROMIUM"
        return
    fi
    for name in chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Chromium.app/Contents/MacOS/Chromium" \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
        command -v "$name" && return
    done
    return 1
}

lacks_chinese_font() {
    [ "$(uname -s)" = Linux ] || return 1 # macOS brings its own
    [ -z "$(fc-list :lang=zh-cn 2>/dev/null)" ]
}

may_install() {
    [ "$(id -u)" -eq 0 ] && [ -e /etc/debian_version ] && command -v apt-get >/dev/null
}

install_packages() {
    echo "installing: $*" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get update >&2 </dev/null
    apt-get install -y --no-install-recommends "$@" >&2 </dev/null
}

if [ -n "${CHROMIUM:-}" ] && ! find_chromium >/dev/null; then
    echo "CHROMIUM=$CHROMIUM is not a program that can be run." >&2
    exit 1
fi

missing=""
if ! find_chromium >/dev/null; then missing="chromium"; fi
if lacks_chinese_font; then missing="$missing $FONT_PACKAGES"; fi
if [ -n "$missing" ] && may_install; then
    # shellcheck disable=SC2086 # a list of package names
    install_packages $missing
fi

if ! find_chromium; then
    echo "The browser tests need Chromium or Chrome. Install it (Debian:" \
        "sudo apt-get install chromium $FONT_PACKAGES; Ubuntu: sudo snap install chromium; macOS: brew install --cask chromium)" \
        "or name one you have: CHROMIUM=/path/to/chrome make test" >&2
    exit 1
fi
if lacks_chinese_font; then
    echo "The browser tests need a font with Chinese characters (Debian and Ubuntu:" \
        "sudo apt-get install $FONT_PACKAGES)." >&2
    exit 1
fi
