# shellcheck shell=bash disable=SC2034 # read by tools/setup
# What the Go modules require, so that nothing is fetched while they are built or tested.

without='the drivers and the server of Go are left out'

go_modules=(conformance/clients/go conformance/servers/go)

is_there() {
    local module
    for module in "${go_modules[@]}"; do
        (cd "$module" && GOPROXY=off go list -deps -test ./... >/dev/null 2>&1) || return 1
    done
}

bring() {
    local module
    for module in "${go_modules[@]}"; do
        (cd "$module" && go mod download >&2) || return 1
    done
}

by_hand() {
    local module
    for module in "${go_modules[@]}"; do
        printf '(cd %s && go mod download); ' "$module"
    done
    echo
}
