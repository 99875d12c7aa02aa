#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_symbols.sh <build directory>: the two copies of the kernels are kept apart.
#   1. A sim copy has no global or weak symbol outside of lamina::sim, so it can neither lend an instrumented template
#      to host code nor borrow one of the CUDA copy.
#   2. It calls the simulator for its checked memcpy, and no object is linked with a sanitizer's own runtime by mistake.
#   3. With a CUDA copy beside it: every __global__ function of kernels/ is in both.
#   4. Each .cu of kernels/ was compiled once by nvcc and once by the host compiler (both may silently be the latter).
set -eu

build=${1:?usage: check_symbols.sh <build directory>}
source_dir=$(cd "$(dirname "$0")/.." && pwd)
failures=0
fail() {
  echo "check_symbols: $*" >&2
  failures=$((failures + 1))
}

objects=$(find "$build" -name '*_kernels.o' -not -path '*CMakeFiles*')
[ -n "$objects" ] || fail "no combined sim object in $build"
for object in $objects; do
  shared=$(nm --defined-only --extern-only "$object" | awk '{print $3}' | grep -v -E '^_ZNK?6lamina3sim' || true)
  [ -z "$shared" ] || fail "$object shares symbols outside of lamina::sim: $(echo "$shared" | head -5 | c++filt | tr '\n' ' ')"
  ! nm --undefined-only "$object" | grep -q -E ' (memcpy|memset|memmove)$' || nm "$object" | grep -q '__asan' ||
    fail "$object calls memcpy past the checker"
done

# The names of kernels, as mangled into lamina::<copy>::(anonymous namespace)::<name>, without template arguments.
kernels_in() {
  nm "$1" 2>/dev/null | c++filt | grep -o -E '(anonymous namespace\)|_GLOBAL__N__[A-Za-z0-9_]+)::[a-z0-9_]+_kernel\b' | sed 's/.*:://' | sort -u
}

sim=$(find "$build" -name lamina_sim_kernels.o | head -1)
cuda=$(find "$build" -name liblamina_cuda_kernels.a | head -1)
declared=$(grep -h -o -E '__global__[^;{]*\b[a-z0-9_]+_kernel\(' "$source_dir"/kernels/*/*.cu "$source_dir"/kernels/*/*.cuh 2>/dev/null |
           grep -o -E '[a-z0-9_]+_kernel\($' | tr -d '(' | sort -u || true)
for object in $sim $cuda; do
  have=$(kernels_in "$object")
  for kernel in $declared; do
    echo "$have" | grep -q -x "$kernel" || fail "$kernel is declared in kernels/ and missing from $object"
  done
done

if [ -n "$cuda" ] && [ -f "$build/compile_commands.json" ]; then
  for file in "$source_dir"/kernels/*/*.cu; do
    rules=$(grep '"command"' "$build/compile_commands.json" | grep -F -- "$(echo "$file" | sed "s|$source_dir/||")" || true)
    by_nvcc=$(echo "$rules" | grep -c 'SIMT_BACKEND=cuda.*-gencode\|-gencode.*SIMT_BACKEND=cuda\|nvcc.*SIMT_BACKEND=cuda' || true)
    by_host=$(echo "$rules" | grep -c 'SIMT_BACKEND=sim' || true)
    [ "$by_nvcc" = 1 ] && [ "$by_host" = 1 ] || fail "$file has $by_nvcc nvcc rules and $by_host sim rules instead of one each"
  done
fi

[ "$failures" = 0 ] || exit 1
echo "check_symbols: $(echo "$objects" | wc -l) sim objects, $(echo "$declared" | grep -c . || true) kernels${cuda:+ in both copies}: clean"
