#!/usr/bin/env bash
# In a bundle, on a machine with a GPU: finds the CUDA libraries there, runs the cuda tests, the apps and the benchmarks,
# and writes what they say to results/ beside this script (or $1). Exit code 1 where a test failed.
set -uo pipefail
folder=$(cd "$(dirname "$0")" && pwd)
results=${1:-$folder/results}
mkdir -p "$results"

# Unpacked beside the bundle, once. Not every machine has xz; where it is missing, Python unpacks.
here=$folder/contents
if [ ! -d "$here" ]; then
  mkdir -p "$here.part"
  if command -v xz >/dev/null; then
    tar -C "$here.part" -xJf "$folder/contents.tar.xz" || exit 5
  else
    python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$folder/contents.tar.xz" "$here.part" || exit 5
  fi
  mv "$here.part" "$here"
fi

# cuBLAS and cuDNN are opened at run time; they may lie with the toolkit or in a Python environment.
found=$here/lib
for folder in "${CUDA_HOME:-/usr/local/cuda}/lib64" /usr/local/cuda/lib64 /usr/lib/x86_64-linux-gnu; do
  [ -d "$folder" ] && ls "$folder"/libcublas.so.* >/dev/null 2>&1 && found=$found:$folder
done
python=$(command -v python3 || true)
if [ -n "$python" ]; then
  for folder in $("$python" -c 'import sys; print("\n".join(sys.path))' 2>/dev/null); do
    for library in "$folder"/nvidia/*/lib; do
      [ -d "$library" ] && found=$found:$library
    done
  done
fi
export LD_LIBRARY_PATH=$found${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LAMINA_GOLDEN_DIR=$here/golden
nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.sm --format=csv >"$results/gpu.csv" 2>&1 || true

failed=0
run() {  # name, command...
  local name=$1
  shift
  local started=$SECONDS code=0
  "$@" >"$results/$name.log" 2>&1 || code=$?
  [ "$code" -eq 0 ] || failed=1
  printf '%s {"name": "%s", "exit_code": %d, "seconds": %d}' "${separator:-}" "$name" "$code" "$((SECONDS - started))" >>"$results/suite.json"
  separator=$',\n'
  echo "$name: exit $code in $((SECONDS - started)) s"
}

printf '[\n' >"$results/suite.json"
run cuda_runtime "$here/bin/cuda_gpu_test" "--gtest_output=json:$results/cuda_runtime.json"
run conformance "$here/bin/conformance" --device cuda --json
run core_compile "$here/bin/core_compile_tests" "--gtest_output=json:$results/core_compile.json"
run core_exec "$here/bin/core_exec_tests" "--gtest_output=json:$results/core_exec.json"
run layers "$here/bin/layers_tests" "--gtest_output=json:$results/layers.json"
run toy_formula "$here/bin/toy_lstm" --device cuda --init formula --timesteps 4 --json "$results/toy_formula.json"
run toy_keras "$here/bin/toy_lstm" --device cuda --json "$results/toy_keras.json"
run yolov3_shapes "$here/bin/yolov3" train --data shapes --size 128 --device cuda --epochs 5 --out "$results/yolov3_shapes"
for policy in float32 mixed_bfloat16; do
  run "yolov3_bench_$policy" "$here/bin/yolov3_bench" --device cuda --model yolov3 --batch 8 --policy "$policy"
done
run op_bench "$here/bin/op_bench" --device cuda --json "$results/op_bench.json"
if command -v compute-sanitizer >/dev/null; then
  for tool in memcheck racecheck synccheck; do
    run "sanitizer_$tool" compute-sanitizer --tool "$tool" --error-exitcode 1 "$here/bin/toy_lstm" --device cuda --timesteps 4 --epochs 2
  done
fi
printf '\n]\n' >>"$results/suite.json"
exit "$failed"
