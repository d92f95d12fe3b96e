# shellcheck shell=bash disable=SC2034 # read by tools/setup
# strace, with which one test counts the server's system calls.

without='the test that counts system calls is skipped'

# There is no strace but on Linux, so nothing is missing elsewhere.
is_there() {
    command -v strace >/dev/null || [ "$(uname -s)" != Linux ]
}

bring() {
    install_packages strace
}

by_hand() {
    package_command strace
}
