# shellcheck shell=bash disable=SC2034 # read by tools/setup
# rustc, cargo, rustfmt and clippy, of the version that rust-toolchain.toml names.

without='nothing can be built'

pinned=$(sed -n 's/^channel *= *"\(.*\)"/\1/p' rust-toolchain.toml)
toolchain_command="rustup toolchain install $pinned --profile minimal --component rustfmt --component clippy"

# A newer rustc than the pinned one is welcome where there is no rustup, or where somebody chose it on purpose.
is_recent_enough() {
    local have want
    IFS=.- read -r -a have <<<"$1"
    IFS=. read -r -a want <<<"$pinned"
    [ $((have[0] * 1000 + have[1])) -ge $((want[0] * 1000 + want[1])) ]
}

is_there() {
    local answer root
    # Otherwise rustup would begin to download in the middle of a question.
    answer=$(RUSTUP_AUTO_INSTALL=0 rustc --version 2>/dev/null) || return 1
    answer=${answer#rustc }
    is_recent_enough "${answer%% *}" || return 1
    command -v cargo >/dev/null || return 1
    # rustup puts stand-ins for everything into the path, whether it is installed or not.
    if command -v rustup >/dev/null; then
        root=$(rustc --print sysroot)
        [ -x "$root/bin/cargo-clippy" ] && [ -x "$root/bin/rustfmt" ]
    else
        command -v cargo-clippy >/dev/null && command -v rustfmt >/dev/null
    fi
}

bring() {
    command -v rustup >/dev/null || return 1
    say "installing Rust $pinned with rustup"
    # shellcheck disable=SC2086 # a command with its arguments
    $toolchain_command --no-self-update >&2 </dev/null
}

by_hand() {
    if command -v rustup >/dev/null; then
        echo "$toolchain_command"
    else
        echo "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --default-toolchain none"
    fi
}
