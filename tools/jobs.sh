# shellcheck shell=bash # sourced by tools/ci, tools/lint and tools/test, from the root of the repository
# Runs recipes one after the other, each as a person would, and adds up what came of them.
#
# A job that fails does not stop the next one: everything is reported. What a job says is kept back and shown in full
# if it fails. A job counts as one; a test run counts each of its tests.

# A test that hangs must not take the report with it.
longest_job=2400 # seconds

# What is kept back is read in a log later: no colours (rustfmt goes by TERM alone), no progress.
export CARGO_TERM_QUIET=true CARGO_TERM_COLOR=never TERM=dumb
passed=0
failed=0
skipped=0
children=()
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Each job is a process group of its own, so that an interruption ends all of it.
set -m

# Nobody is left behind, whoever is told to end: here, and in each lane.
end_children() {
    local child
    # A group that is told to end may be one's own.
    trap '' INT TERM HUP
    for child in ${children[@]+"${children[@]}"}; do
        kill -- "-$child" 2>/dev/null || true
    done
}
watch_for_signals() {
    trap 'end_children; exit 130' INT
    trap 'end_children; exit 143' TERM HUP
}
watch_for_signals

limit=()
if command -v timeout >/dev/null; then
    limit=(timeout --kill-after=30 "$longest_job")
fi

# count_busy: what those that were waited for have had of the processors, all together, in whole seconds, into $busy_so_far
count_busy() {
    local part minutes rest
    # In this very shell: another one has no children. The second line is of them, as in `1m2.345s 0m0.678s`.
    times >"$folder/times"
    busy_so_far=0
    for part in $(sed -n 2p "$folder/times"); do
        minutes=${part%m*} rest=${part#*m}
        busy_so_far=$((busy_so_far + minutes * 60 + ${rest%.*}))
    done
}

# run_recipe NAME [ARGUMENT]…: leaves its exit code in $code, its words in $log, its time in $seconds, and what it had of
# the processors in $busy
run_recipe() {
    log=$folder/$1.log
    local start=$SECONDS start_busy
    count_busy
    start_busy=$busy_so_far
    code=0
    # In the background and waited for: only so does a trap run while it lasts.
    ${limit[@]+"${limit[@]}"} ./justw "$@" >"$log" 2>&1 </dev/null &
    children=($!)
    wait "${children[0]}" || code=$?
    children=()
    seconds=$((SECONDS - start))
    count_busy
    busy=$((busy_so_far - start_busy))
    if [ "$code" = 124 ] && [ "$seconds" -ge "$longest_job" ]; then
        echo "$1 was stopped after $longest_job seconds" >>"$log"
    fi
}

# report NAME COUNTS: `COUNTS` as tools/tally prints them
report() {
    local name=$1 counts=$2 one_passed one_failed one_skipped
    read -r one_passed _ one_failed _ one_skipped _ <<<"$counts"
    passed=$((passed + one_passed))
    failed=$((failed + one_failed))
    skipped=$((skipped + ${one_skipped:-0}))
    if [ "$one_failed" = 0 ]; then
        printf '%-16s%-8s%5d s %5d s busy   %s\n' "$name" ok "$seconds" "$busy" "$counts"
        return
    fi
    # In one piece: another lane may speak in the middle.
    {
        printf '%-16s%-8s%5d s %5d s busy   %s\n' "$name" FAILED "$seconds" "$busy" "$counts"
        printf -- '---- %s says ----\n' "$name"
        cat "$log"
        printf -- '---- end of %s ----\n' "$name"
    } >"$log.told"
    cat "$log.told"
}

# in_lanes FUNCTION…: these run jobs at the same time, and what came of them is added up. While one waits for a linker or
# for time to pass, another has the processor. Each is the same script again, told which of its functions to run: only a
# shell of its own has process groups of its own.
in_lanes() {
    local lane running=()
    if [ "${CROSSWIRE_LANE:-}" ]; then
        lane=$CROSSWIRE_LANE
        "$lane"
        echo "$passed $failed $skipped" >"$CROSSWIRE_LANE_SUM"
        exit
    fi
    for lane in "$@"; do
        CROSSWIRE_LANE=$lane CROSSWIRE_LANE_SUM=$folder/$lane.sum "tools/${0##*/}" &
        running+=($!)
    done
    children=("${running[@]}")
    wait "${running[@]}" || true
    children=()
    for lane in "$@"; do
        local one_passed=0 one_failed=1 one_skipped=0
        if [ -e "$folder/$lane.sum" ]; then
            read -r one_passed one_failed one_skipped <"$folder/$lane.sum"
        else
            echo "the lane $lane broke off"
        fi
        passed=$((passed + one_passed))
        failed=$((failed + one_failed))
        skipped=$((skipped + one_skipped))
    done
}

job() {
    run_recipe "$@"
    if [ "$code" = 0 ]; then
        report "$1" '1 passed, 0 failed'
    else
        report "$1" '0 passed, 1 failed'
    fi
}

cargo_tests() {
    run_recipe "$@"
    report "$1" "$(tools/tally "$code" "$log")"
}

# Tests whose recipe sums them up itself, in its last line: `N passed, N failed[, N skipped]`.
other_tests() {
    local counts
    run_recipe "$@"
    counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log" | tail -n 1)
    case $counts in
    '') counts='0 passed, 1 failed' ;;
    *' 0 failed'*) [ "$code" = 0 ] || counts='0 passed, 1 failed' ;;
    esac
    report "$1" "$counts"
}

# has_recipe NAME
has_recipe() {
    grep -q "^$1\b" justfile
}

# The folders of conformance/clients that are built and tested by tools of their own.
languages() {
    local path language
    for path in conformance/clients/*/; do
        language=$(basename "$path")
        if has_recipe "build-$language" && has_recipe "test-$language"; then
            echo "$language"
        fi
    done
}

# What a language needs may be missing here: then its jobs are skipped with the reason, and what would bring it. With
# CI=true they are not, and fail.
# is_here LANGUAGE JOB
is_here() {
    [ "${CI:-}" != true ] || return 0
    ./justw "build-$1" >"$folder/build-$1.log" 2>&1 </dev/null && return
    skipped=$((skipped + 1))
    printf '%-16sskipped: %s cannot be built here\n' "$2" "$1"
    tail -n 15 "$folder/build-$1.log" | sed 's/^/    /'
    return 1
}

lint_language() {
    if is_here "$1" "lint-$1"; then
        job "lint-$1"
    fi
}

test_language() {
    if is_here "$1" "test-$1"; then
        other_tests "test-$1"
    fi
}

# The client for browsers, and the page: what the browser's column needs they need too.
browser_tests() {
    local name
    for name in test-wasm test-page; do
        if is_here browser "$name"; then
            other_tests "$name"
        fi
    done
}

# The last line, and whether all is well.
sum_up() {
    local summary="$passed passed, $failed failed"
    [ "$skipped" = 0 ] || summary="$summary, $skipped skipped"
    echo "$summary"
    [ "$failed" = 0 ]
}
