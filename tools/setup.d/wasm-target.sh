# shellcheck shell=bash disable=SC2034 # read by tools/setup
# The standard library for wasm32, of the same version as rustc.

without='the client for browsers cannot be built'

wasm_target=wasm32-unknown-unknown

is_there() {
    [ -d "$(rustc --print sysroot)/lib/rustlib/$wasm_target/lib" ]
}

bring() {
    command -v rustup >/dev/null || return 1
    say "adding $wasm_target with rustup"
    rustup --quiet target add "$wasm_target" >&2 </dev/null
}

by_hand() {
    if command -v rustup >/dev/null; then
        echo "rustup target add $wasm_target"
    else
        echo "install the standard library of rustc for $wasm_target (Debian calls it libstd-rust-dev-wasm32)"
    fi
}
