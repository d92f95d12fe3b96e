# Every command a person or a machine runs here. `just` lists them; where just is missing, `./justw` gets it first:
# `./justw test` works on a bare machine. Arguments go through as they are: `just test-rust refuses -- --nocapture`.
#
# What runs for long is started with `exec`: a signal that reaches just is handed to the recipe's shell and no further.
#
# Rust is always built as `--workspace`, and what is wanted of it is said by `--bin` or `--test`: built for a package alone,
# its dependencies have other features, and a hundred of them are compiled again.

set quiet
set ignore-comments
set positional-arguments

# A Rust that was installed a minute ago is not in the path of a shell that was open before. Nor is a .NET.
export PATH := env("PATH") + ":" + env("CARGO_HOME", home_directory() / ".cargo") / "bin" + ":" + \
    home_directory() / ".dotnet" + ":" + justfile_directory() / ".tools" / "dotnet"

# The tools of .NET show no banner, send nothing to anybody, and start where there is no ICU.
export DOTNET_NOLOGO := "1"
export DOTNET_CLI_TELEMETRY_OPTOUT := "1"
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT := "1"

release := env("CARGO_TARGET_DIR", "target") / "release"

[private]
default:
    {{ quote(just_executable()) }} --justfile {{ quote(justfile()) }} --list --unsorted

# The reference server and its page, with a journal (`just serve --help` tells its flags)
[group('run')]
[no-exit-message]
serve *ARGS: (setup "c-toolchain" "rust" "wasm-target" "wasm-tools")
    tools/build-web --where-possible
    # A build shows its progress, for it takes a minute or two; where nothing is newer than the program the banner comes
    # first. cargo decides what is built: all that is asked here is whether it should speak.
    quiet=; program={{ quote(release / "crosswire-server") }}; \
    sources='Cargo.toml Cargo.lock rust-toolchain.toml server/Cargo.toml server/src protocol/Cargo.toml protocol/src \
        web/Cargo.toml web/build.rs web/src web/index.html web/style.css web/scripts web/built'; \
    if [ -e "$program" ] && [ -z "$(find $sources -newer "$program")" ]; then quiet=--quiet; fi; \
    cargo build $quiet --release --workspace --bin crosswire-server
    # The page shows what the server saw beside what the browser did, and the server knows that by its journal.
    exec env CROSSWIRE_SERVER_JOURNAL="${CROSSWIRE_SERVER_JOURNAL:-true}" {{ quote(release / "crosswire-server") }} "$@"

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

# The page's own part of that, into web/built: from then on web/index.html works from disk, and servers built later have it
[group('run')]
web: (setup "c-toolchain" "rust" "wasm-target" "wasm-tools")
    tools/build-web

# Proves that every test can fail: each against the servers that are wrong in one named way
[group('check')]
[no-exit-message]
mutants *ARGS: (setup "c-toolchain" "rust")
    cargo build --release --workspace --bin crosswire
    cargo build --release --workspace --features crosswire-server/mutants --bin crosswire-mutant
    exec {{ quote(release / "crosswire") }} mutants "$@"

# The tests of every language that is here, and those that need a browser where one is; ends in `N passed, N failed`
[group('check')]
[no-exit-message]
test:
    exec tools/test

# The tests of what is written in Rust, or those whose name contains ARGS
[group('check')]
test-rust *ARGS: (setup "c-toolchain" "rust" "strace")
    cargo test --workspace "$@"

# The tests of the servers that are wrong on purpose
[group('check')]
test-mutants *ARGS: (setup "c-toolchain" "rust")
    cargo test --workspace --features crosswire-server/mutants --lib --test it --no-fail-fast mutants "$@"

# The client for browsers and every test of the list, in a browser; ends in `N passed, N failed`
[group('check')]
[no-exit-message]
test-wasm *FILTER: (setup "browser") build-wasm
    exec tools/test-wasm wasm-client:lib wasm-client:web \
        conformance/clients/browser:driver conformance/clients/browser:list conformance/clients/browser/in-page:api -- "$@"

# The bridge to a browser, and the driver for its page
[group('browser')]
build-browser: (setup "c-toolchain" "rust" "browser")
    tools/build-browser

# The tests of the bridge, with a real browser; skipped where there is none, which with CI=true is a failure
[group('browser')]
[no-exit-message]
test-browser *ARGS: build-browser
    exec tools/test-browser "$@"

# What is compiled for browsers, and the tests that need one
[group('browser')]
lint-browser: lint-wasm
    cargo clippy --workspace --features crosswire-browser-bridge/browser --test browser -- -D warnings

# What the page's scripts compute: words, bytes, bounds; ends in `N passed, N failed`
[group('check')]
[no-exit-message]
test-web *ARGS: (setup "node")
    exec node --test --test-reporter=spec --test-reporter-destination=stdout \
        --test-reporter=./conformance/clients/node/test/tally.js --test-reporter-destination=stdout \
        "$@" web/tests/*.test.mjs

# The page in a browser, served and from disk: what a person does and sees; ends in `N passed, N failed`
[group('check')]
[no-exit-message]
test-page *FILTER: (setup "browser" "node") web
    ! command -v npm >/dev/null || tools/node-modules web/tests/browser
    exec tools/test-page "$@"

# Formatters, linters and type checks of every language that is here
[group('check')]
[no-exit-message]
lint:
    exec tools/lint

[private]
lint-format: (setup "rust")
    cargo fmt --all --check

[private]
lint-rust: (setup "c-toolchain" "rust")
    cargo clippy --workspace --all-targets --keep-going -- -D warnings
    cargo clippy --workspace --all-targets --features crosswire-server/mutants -- -D warnings
    cargo clippy --workspace --test page -- -D warnings

# What is compiled for browsers alone, and the tools for it. lint-browser brings it into `lint`.

# The client for browsers, the driver and the list in it, and the tools that build them
[group('check')]
lint-wasm: (setup "c-toolchain" "rust" "wasm-target")
    cargo clippy -p crosswire-wasm-client -p crosswire-browser -p crosswire-in-page --all-targets --target wasm32-unknown-unknown -- -D warnings
    cargo clippy -p crosswire-wasm-client -p crosswire-browser --no-default-features --target wasm32-unknown-unknown -- -D warnings
    cargo clippy -p crosswire-browser --no-default-features --features driven --target wasm32-unknown-unknown -- -D warnings
    cargo fmt --manifest-path tools/wasm/Cargo.toml --check

# The page: prettier, and the types in the comments by tsc, both of the versions that the clients on Node hold
[group('check')]
lint-web: build-node
    cd web && ../conformance/clients/node/node_modules/.bin/prettier --log-level warn --check . && \
        ../conformance/clients/node/node_modules/.bin/tsc -p .

# Scripts are found by their first line; those that are only ever sourced say what they are to shellcheck.
[private]
lint-scripts:
    grep -rlE '^#(!.*[/ ]| shellcheck shell=)(ba)?sh( |$)' justw .ci tools | xargs -n 1 bash -n
    sh -n justw

# The environment that clients and server in Python run in
[group('python')]
build-python: (setup "python")
    tools/build-python

# Their tests, or those that ARGS select: `just test-python -k core/echo`
[group('python')]
test-python *ARGS: build-python
    cd conformance/clients/python && exec ../../.venv/bin/python -m pytest -c pyproject.toml --rootdir . \
        tests ../../servers/python/tests "$@"

# ruff, formatter and all, and mypy --strict
[group('python')]
lint-python: build-python
    for folder in clients servers; do \
        (cd conformance/$folder/python && ../../.venv/bin/ruff format --quiet --check . && \
            ../../.venv/bin/ruff check --quiet . && ../../.venv/bin/mypy --no-error-summary) || exit 1; \
    done

# Client and server in C#. Their analyzers run in the build, and what they find is an error
[group('csharp')]
build-csharp: (setup "dotnet")
    cd conformance/clients/csharp && dotnet build --configuration Release --disable-build-servers --verbosity quiet

# Their tests, or those that ARGS select: `just test-csharp --filter-trait test=core/echo`
[group('csharp')]
test-csharp *ARGS: build-csharp
    exec tools/test-csharp "$@"

# What `dotnet format` finds in them, beside the build
[group('csharp')]
lint-csharp: build-csharp
    cd conformance/clients/csharp && dotnet format --no-restore --verify-no-changes --verbosity quiet

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
    cargo build --release --workspace --bin crosswire-server --bin crosswire-bench
    exec {{ quote(release / "crosswire-bench") }} run "$@"

# The same in under a minute, with coarser numbers
[group('measure')]
bench-quick: (bench "--quick")

# The drivers of gorilla/websocket and coder/websocket, and the server of gorilla/websocket
[group('go')]
build-go: (setup "go" "go-modules")
    cd conformance/clients/go && GOPROXY=off go build -o ../../../target/go/ ./cmd/...
    cd conformance/servers/go && GOPROXY=off go build -o ../../../target/go/go-server .

# A result that go test remembers is of the `crosswire` that was there before: nothing is taken from its cache.

# Their tests, and the list with each library; `just test-go -run 'List/core/echo$'` runs some of them
[group('go')]
[no-exit-message]
test-go *ARGS: (setup "c-toolchain" "go" "go-modules")
    cd conformance/clients/go && GOPROXY=off go run ./internal/tally . ../../servers/go -- -race -count=1 -parallel 16 "$@"

# gofmt, vet and staticcheck
[group('go')]
lint-go: (setup "go" "go-modules" "staticcheck")
    unformatted=$(gofmt -s -l conformance/clients/go conformance/servers/go); \
    [ -z "$unformatted" ] || { echo "lint-go: gofmt -s -w changes $unformatted" >&2; exit 1; }
    cd conformance/clients/go && GOPROXY=off go vet ./... && ../../../.tools/bin/staticcheck -checks all ./...
    cd conformance/servers/go && GOPROXY=off go vet ./... && ../../../.tools/bin/staticcheck -checks all ./...

# What the drivers of ws and undici, and the server of ws, require
[group('node')]
build-node: (setup "node")
    # What was built before is of no use without it.
    command -v node >/dev/null
    tools/node-modules conformance/clients/node conformance/servers/node

# Their tests, and the list with each library; `just test-node --test-name-pattern core/echo` runs some of them
[group('node')]
[no-exit-message]
test-node *ARGS: build-node
    cd conformance/clients/node && exec node --test --test-timeout=600000 \
        --test-reporter=spec --test-reporter-destination=stdout \
        --test-reporter=./test/tally.js --test-reporter-destination=stdout \
        "$@" test/*.test.js ../../servers/node/test/*.test.js

# prettier, and the types in the comments by tsc
[group('node')]
lint-node: build-node
    for folder in conformance/clients/node conformance/servers/node; do \
        (cd $folder && node_modules/.bin/prettier --log-level warn --check . && node_modules/.bin/tsc -p .) || \
            exit 1; \
    done

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
