# shellcheck shell=bash disable=SC2034 # read by tools/setup
# Python 3.11 or newer, with which an environment can be made: Debian keeps that part in a package of its own.

without='the clients and the server in Python cannot be built or tested'

# The first that will do. tools/build-python asks this, too.
fitting_python() {
    local python
    for python in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$python"
            return
        fi
    done
    return 1
}

is_there() {
    fitting_python >/dev/null
}

bring() {
    install_packages python3 python3-venv
}

by_hand() {
    case $(package_manager) in
    apt-get) package_command python3 python3-venv ;;
    pacman | brew) package_command python ;;
    *) package_command python3 ;;
    esac
}
