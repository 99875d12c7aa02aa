#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test that this machine can run. The last lines count
# passed, failed and skipped; tests that need a GPU are skipped, and counted, where there is none.
#   scripts/test.sh [--werror] [--preset NAME] [ctest arguments...]
set -euo pipefail
cd "$(dirname "$0")/.."

preset=release
werror=OFF
while [ $# -gt 0 ]; do
  case "$1" in
    --werror) werror=ON; shift ;;
    --preset) preset=$2; shift 2 ;;
    *) break ;;
  esac
done

scripts/install_packages.sh
python3 scripts/check_includes.py
started=$SECONDS
cmake --preset "$preset" -DLAMINA_WERROR="$werror" -DLAMINA_TESTS=ON
cmake --build "build/$preset" -- -j "$(nproc)"
echo "built in $((SECONDS - started)) s"

started=$SECONDS
result=0
(cd "build/$preset" && ctest --output-on-failure -j "$(nproc)" --output-junit tests.xml "$@") || result=$?
python3 scripts/count_tests.py "build/$preset/tests.xml" "$((SECONDS - started))"
exit "$result"
