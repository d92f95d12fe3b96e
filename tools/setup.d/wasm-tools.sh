# shellcheck shell=bash disable=SC2034 # read by tools/setup
# wasm-bindgen, its test runner and wasm-pack, of the versions that tools/wasm/Cargo.lock holds, in .tools/bin.
#
# They are built from source: nothing that somebody else has compiled is ever fetched.

without='the client for browsers can be neither built nor tested'

wasm_programs='wasm-bindgen wasm-bindgen-test-runner wasm-pack'

# What they are built from, so that they are built again when it has changed.
wasm_sources() {
    cat tools/wasm/Cargo.toml tools/wasm/Cargo.lock tools/wasm/src/bin/*.rs | cksum
}

is_there() {
    local program
    for program in $wasm_programs; do
        [ -x ".tools/bin/$program" ] || return 1
    done
    [ "$(cat .tools/wasm-tools 2>/dev/null)" = "$(wasm_sources)" ]
}

bring() {
    command -v cargo >/dev/null || return 1
    say 'building wasm-bindgen and wasm-pack with cargo into .tools; this takes a few minutes, once'
    mkdir -p .tools/bin
    # What lies between source and program is many times their size, and of no use afterwards.
    (
        folder=$(mktemp -d .tools/wasm-tools.XXXXXX)
        trap 'rm -rf "$folder"' EXIT
        cargo build --quiet --locked --manifest-path tools/wasm/Cargo.toml --target-dir "$folder/target" >&2 </dev/null &&
            for program in $wasm_programs; do
                mv -f "$folder/target/debug/$program" .tools/bin/ || exit 1
            done
    ) && wasm_sources >.tools/wasm-tools
}

by_hand() {
    echo 'cargo build --locked --manifest-path tools/wasm/Cargo.toml (it says what it lacks), and then this again'
}
