# shellcheck shell=bash disable=SC2034 # read by tools/setup
# staticcheck, which looks for mistakes in Go. It lands in .tools/bin.

without='Go is linted by gofmt and vet alone'

staticcheck_version=0.8.2
staticcheck_command="GOBIN=$PWD/.tools/bin go install honnef.co/go/tools/cmd/staticcheck@v$staticcheck_version"

is_there() {
    case $(.tools/bin/staticcheck -version 2>/dev/null) in
    *"($staticcheck_version)"*) ;;
    *) return 1 ;;
    esac
}

bring() {
    command -v go >/dev/null || return 1
    say "building staticcheck $staticcheck_version"
    GOBIN=$PWD/.tools/bin go install "honnef.co/go/tools/cmd/staticcheck@v$staticcheck_version" >&2
}

by_hand() {
    echo "$staticcheck_command"
}
