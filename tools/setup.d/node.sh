# shellcheck shell=bash disable=SC2034 # read by tools/setup
# Node 20.18.1 or newer, and npm, which Debian keeps in a package of its own.

without='the drivers and the server of Node are left out'

is_there() {
    command -v npm >/dev/null && node -e '
        const [major, minor, patch] = process.versions.node.split(".").map(Number);
        process.exit(major > 20 || (major === 20 && (minor > 18 || (minor === 18 && patch >= 1))) ? 0 : 1);
    ' 2>/dev/null
}

bring() {
    local candidate
    candidate=$(apt-cache policy nodejs 2>/dev/null | sed -n 's/^ *Candidate: \([0-9]*\)\..*/\1/p')
    [ "${candidate:-0}" -ge 20 ] && install_packages nodejs npm
}

by_hand() {
    case $(package_manager) in
    brew) package_command node ;;
    apk | dnf | pacman) package_command nodejs npm ;;
    *) echo 'install Node 20.18.1 or newer, from https://nodejs.org/en/download' ;;
    esac
}
