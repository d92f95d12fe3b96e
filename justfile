# Every command a person or a machine runs here. `just` lists them; where just is missing, `./justw` gets it first:
# `./justw test` works on a bare machine. Arguments go through as they are: `just test refuses -- --nocapture`.
#
# What runs for long is started with `exec`: a signal that reaches just is handed to the recipe's shell and no further.

set quiet
set ignore-comments
set positional-arguments

# A Rust that was installed a minute ago is not in the path of a shell that was open before.
export PATH := env("PATH") + ":" + env("CARGO_HOME", home_directory() / ".cargo") / "bin"

release := env("CARGO_TARGET_DIR", "target") / "release"

[private]
default:
    {{ quote(just_executable()) }} --justfile {{ quote(justfile()) }} --list --unsorted

# The reference server (`just serve --help` tells its flags)
[group('run')]
[no-exit-message]
serve *ARGS: (setup "c-toolchain" "rust")
    # A build shows its progress, for it takes a minute or two; where nothing is newer than the program the banner comes
    # first. cargo decides what is built: all that is asked here is whether it should speak.
    quiet=; program={{ quote(release / "crosswire-server") }}; \
    sources='Cargo.toml Cargo.lock rust-toolchain.toml server/Cargo.toml server/src protocol/Cargo.toml protocol/src'; \
    if [ -e "$program" ] && [ -z "$(find $sources -newer "$program")" ]; then quiet=--quiet; fi; \
    cargo build $quiet --release -p crosswire-server --bin crosswire-server
    exec {{ quote(release / "crosswire-server") }} "$@"

# Every client against every server with every test (`just matrix --help` tells its flags)
[group('run')]
[no-exit-message]
matrix *ARGS: build
    exec {{ quote(release / "crosswire") }} matrix "$@"

# The `crosswire` program, and the clients and servers of every language that is here
[group('run')]
build: (setup "c-toolchain" "rust")
    tools/build

# The client for browsers, into wasm-client/pkg; ends with its size, and fails where that is over the limit
[group('run')]
build-wasm: (setup "c-toolchain" "rust" "wasm-target" "wasm-tools")
    tools/build-wasm

# Proves that every test can fail: each against the servers that are wrong in one named way
[group('check')]
[no-exit-message]
mutants *ARGS: (setup "c-toolchain" "rust")
    cargo build --release -p crosswire-runner
    cargo build --release -p crosswire-server --features mutants --bin crosswire-mutant
    exec {{ quote(release / "crosswire") }} mutants "$@"

# All tests, or those whose name contains ARGS
[group('check')]
test *ARGS: (setup "c-toolchain" "rust" "strace")
    cargo test --workspace "$@"

# The tests of the servers that are wrong on purpose
[group('check')]
test-mutants *ARGS: (setup "c-toolchain" "rust")
    cargo test -p crosswire-server --features mutants --no-fail-fast mutants "$@"

# The tests of the client for browsers, in a browser; ends in `N passed, N failed`
[group('check')]
[no-exit-message]
test-wasm *FILTER: (setup "browser") build-wasm
    exec tools/test-wasm wasm-client:lib wasm-client:web -- "$@"

# Formatting, clippy, and the syntax of the shell scripts
[group('check')]
lint: lint-format lint-rust lint-scripts

[private]
lint-format: (setup "rust")
    cargo fmt --all --check

[private]
lint-rust: (setup "c-toolchain" "rust")
    cargo clippy --workspace --all-targets --keep-going -- -D warnings
    cargo clippy -p crosswire-server --all-targets --features mutants -- -D warnings

# What is compiled for browsers alone, and the tools for it. Not part of `lint`, which needs nothing but Rust.
[group('check')]
lint-wasm: (setup "c-toolchain" "rust" "wasm-target")
    cargo clippy -p crosswire-wasm-client --all-targets --target wasm32-unknown-unknown -- -D warnings
    cargo clippy -p crosswire-wasm-client --no-default-features --target wasm32-unknown-unknown -- -D warnings
    cargo fmt --manifest-path tools/wasm/Cargo.toml --check

# Scripts are found by their first line; those that are only ever sourced say what they are to shellcheck.
[private]
lint-scripts:
    grep -rlE '^#(!.*[/ ]| shellcheck shell=)(ba)?sh( |$)' justw .ci tools | xargs -n 1 bash -n
    sh -n justw

# The API documentation (`just doc --open` shows it)
[group('check')]
doc *ARGS: (setup "c-toolchain" "rust")
    RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps "$@"

# The tests of the scripts in tools/
[group('check')]
test-tools:
    tools/tally-test

# Not part of `ci`: cargo-deny takes minutes to build where it is missing.

# Licences, sources, banned dependencies; needs cargo-deny
[group('check')]
[no-exit-message]
deny: (setup "rust")
    command -v cargo-deny >/dev/null || { echo 'deny: cargo-deny is missing. To get it: cargo install --locked cargo-deny' >&2; exit 1; }
    cargo deny check bans licenses sources

# All that must be green; ends in `N passed, N failed`
[group('check')]
[no-exit-message]
ci:
    exec tools/ci

# Our server beside its peers under load; takes minutes
[group('measure')]
[no-exit-message]
bench *ARGS: (setup "c-toolchain" "rust")
    cargo build --release -p crosswire-server -p crosswire-bench
    exec {{ quote(release / "crosswire-bench") }} run "$@"

# The same in under a minute, with coarser numbers
[group('measure')]
bench-quick: (bench "--quick")

# Brings what recipes need, or says how to get it
[group('house')]
setup *NEEDS:
    tools/setup "$@"

# Formats the code
[group('house')]
fmt: (setup "rust")
    cargo fmt --all

# Removes what was built, but not the tools in .tools/
[group('house')]
clean: (setup "rust")
    cargo clean
