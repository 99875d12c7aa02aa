#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is too slow for every change: the whole suite under AddressSanitizer and UBSan, a minute of fuzzing for each
# reader, every barrier of every kernel removed in turn, clang-tidy over every source. Two hours on two cores.
#   scripts/nightly.sh [asan|fuzz|barriers|tidy ...]      (default: all)
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- asan fuzz barriers tidy

asan() { scripts/test.sh --preset asan; }

fuzz() {
  cmake -S . -B build/fuzz -G Ninja -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_BUILD_TYPE=RelWithDebInfo -DLAMINA_CUDA=OFF
  cmake --build build/fuzz --target safetensors_fuzz npz_fuzz darknet_fuzz
  local seeds
  for format in safetensors npz darknet; do
    mkdir -p "build/fuzz/corpus_$format"
    seeds=tests/core/io/data
    if [ "$format" = darknet ]; then seeds=tests/apps/yolov3/darknet/data; fi
    "build/fuzz/bin/${format}_fuzz" -max_total_time=60 -print_final_stats=1 "build/fuzz/corpus_$format" "$seeds"
  done
}

barriers() {
  scripts/mutate_barriers.py --work build/barriers --target conformance \
    --cmake "-G Ninja -DCMAKE_BUILD_TYPE=Release -DLAMINA_CUDA=OFF"
}

tidy() {
  cmake --preset tidy
  cmake --build build/tidy
}

for check in "$@"; do
  echo "nightly: $check"
  "$check"
done
