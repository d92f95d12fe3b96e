# shellcheck shell=bash disable=SC2034 # read by tools/setup
# Go, of the version that the modules name or newer. From 1.21 on a Go fetches that version itself, unless GOTOOLCHAIN forbids
# it; an older one, such as that of Debian 12, is of no use.

without='the drivers and the server of Go are left out'

go_version=$(sed -n 's/^go //p' conformance/clients/go/go.mod)

is_there() {
    command -v go >/dev/null && (cd conformance/clients/go && GOPROXY=off go list -m >/dev/null 2>&1)
}

bring() {
    command -v go >/dev/null || packaged_go || return 1
    (cd conformance/clients/go && go list -m >/dev/null)
}

packaged_go() {
    local candidate
    candidate=$(apt-cache policy golang-go 2>/dev/null | sed -n 's/^ *Candidate: 2:1\.\([0-9]*\).*/\1/p')
    [ "${candidate:-0}" -ge 21 ] && install_packages golang-go
}

by_hand() {
    local system machine
    case $(package_manager) in
    brew | apk | pacman) package_command go ;;
    *)
        system=$(uname -s | tr '[:upper:]' '[:lower:]')
        machine=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
        echo "curl -fL https://go.dev/dl/go$go_version.$system-$machine.tar.gz | sudo tar -C /usr/local -xz; PATH=\$PATH:/usr/local/go/bin"
        ;;
    esac
}
