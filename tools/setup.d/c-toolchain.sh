# shellcheck shell=bash disable=SC2034 # read by tools/setup
# `cc`, which rustc calls to link.

without='nothing can be linked'

is_there() {
    command -v cc >/dev/null
}

bring() {
    install_packages gcc libc6-dev
}

by_hand() {
    case $(uname -s):$(package_manager) in
    Darwin:*) echo 'xcode-select --install' ;;
    *:apt-get) package_command gcc libc6-dev ;;
    *:apk) package_command build-base ;;
    *) package_command gcc ;;
    esac
}
