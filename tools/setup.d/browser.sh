# shellcheck shell=bash disable=SC2034 # read by tools/setup
# Chromium and its driver, in which the tests for browsers run. Firefox is used too where it and geckodriver are there.

without='the tests for browsers cannot run'

# Other systems have other names for it. A browser is never fetched from anywhere but the system's own packages.
is_there() {
    command -v chromedriver >/dev/null || return 1
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
        [ -d '/Applications/Google Chrome.app' ] || [ -d '/Applications/Chromium.app' ]
}

bring() {
    install_packages chromium chromium-driver
}

by_hand() {
    case $(package_manager) in
    dnf | pacman) package_command chromium ;;
    apk) package_command chromium chromium-chromedriver ;;
    brew) echo 'brew install --cask google-chrome chromedriver' ;;
    zypper) package_command chromium chromedriver ;;
    *) package_command chromium chromium-driver ;;
    esac
}
