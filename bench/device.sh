#!/usr/bin/env bash
# Everything an accelerator is needed for, in at most 8 minutes: bench/device.sh [--small]
#
# From a checkout, with jax, flax, optax, pytest and what they need; nothing is installed or fetched.
# Parts are independent: one that fails, or takes longer than it may, is named at the end and the
# next one runs. Rows are written as they come, to bench/results or DISCO_BENCH_RESULTS.
#
#   --small               small shapes and few tests, to see that it works, on a CPU too
#   PYTHON                the interpreter, python3 by default
#   DISCO_DEVICE_TESTS    what pytest is to run
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export PYTHONPATH="$PWD:$PWD/kernels${PYTHONPATH:+:$PYTHONPATH}"
export JAX_PLATFORMS="${JAX_PLATFORMS-}"  # the tests would choose the CPU
python=${PYTHON:-python3}
tests=${DISCO_DEVICE_TESTS:-tests/kernels/test_disco.py tests/kernels/test_spectrum.py}
shapes=small,medium,large,flat models=100 how=(--repeats 3) slack=1
if [[ ${1:-} == --small ]]; then
    tests=${DISCO_DEVICE_TESTS:-tests/kernels/test_errors.py -k disco}
    shapes=medium models=2 how=(--repeats 2 --small) slack=4
    export DISCO_BENCH_RESULTS="${DISCO_BENCH_RESULTS:-$(mktemp -d)}"
fi

failed=()
part() {  # name, seconds that it may take, command
    local name=$1 limit=$(($2 * slack)) code
    shift 2
    echo "== $name (second $SECONDS; at most $limit s)"
    timeout --signal=INT --kill-after=5 "$limit" "$@"
    code=$?
    if ((code != 0)); then
        echo "== $name failed: exit code $code"
        failed+=("$name")
    fi
}

bench=("$python" -m bench)
disco=(disco --published-limit 0)
part hub 60 "${bench[@]}" "${disco[@]}" --shapes hub --hub-size "$models" "${how[@]}"
part disco 130 "${bench[@]}" "${disco[@]}" --shapes "$shapes" "${how[@]}"
part goals 15 "${bench[@]}" device goals
part precision 45 "${bench[@]}" device precision "${how[@]}"
part extract 55 "${bench[@]}" device extract "${how[@]}"
part solvers 60 "${bench[@]}" device solvers "${how[@]}"
# shellcheck disable=SC2086  # several words
part tests 90 env JAX_DISABLE_MOST_OPTIMIZATIONS="${JAX_DISABLE_MOST_OPTIMIZATIONS-0}" \
    "$python" -m pytest -q -p no:cacheprovider --maxfail=20 $tests

echo "== done in $SECONDS s; failed: ${failed[*]:-nothing}"
exit $((${#failed[@]} > 0))
