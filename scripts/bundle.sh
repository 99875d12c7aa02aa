#!/usr/bin/env bash
# Packs the built tests, apps and benchmarks, and the libraries that they need and another Linux machine may lack, into
# one folder: build/bundle (or $1), compressed, since every program holds the same kernels. On a machine with a GPU, a
# driver and the CUDA libraries: ./run_gpu_suite.sh there.
#   scripts/bundle.sh [FOLDER] [BUILD FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-build/bundle}
build=${2:-build/release}

programs=(conformance core_exec_tests core_compile_tests layers_tests cuda_gpu_test toy_lstm two_outputs yolov3 op_bench yolov3_bench)
for program in "${programs[@]}"; do
  [ -x "$build/bin/$program" ] || { echo "bundle: $build/bin/$program is not built; run scripts/test.sh first" >&2; exit 6; }
done
rm -rf "$folder"
contents=$folder/contents
mkdir -p "$contents/bin" "$contents/lib" "$contents/golden"
for program in "${programs[@]}"; do
  cp "$build/bin/$program" "$contents/bin/"
  strip --strip-debug "$contents/bin/$program"
done
cp -r tests/golden/data/. "$contents/golden/"

# Everything that is not part of the C library and its loader, which must be the other machine's own.
ldd "${programs[@]/#/$build/bin/}" | awk '/=> \//{print $3}' | sort -u | while read -r library; do
  case "$(basename "$library")" in
    libc.so* | libm.so* | libdl.so* | libpthread.so* | librt.so* | ld-linux*) ;;
    *) cp -L "$library" "$contents/lib/" ;;
  esac
done
# A dictionary that holds the largest program finds in it what the next one repeats.
tar -C "$contents" -c . | xz -T0 --lzma2=preset=6,dict=64MiB >"$folder/contents.tar.xz"
rm -rf "$contents"
cp scripts/run_gpu_suite.sh "$folder/"
size=$(du -sm "$folder" | cut -f1)
echo "bundle: $folder, $size MiB"
[ "$size" -lt 60 ] || { echo "bundle: larger than 60 MiB" >&2; exit 5; }
