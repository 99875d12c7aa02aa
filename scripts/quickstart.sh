#!/usr/bin/env bash
# From a fresh clone to trained models: installs what is missing, builds the apps, trains the toy LSTM on the best device there
# is and, for a few steps, on the simulator; then trains YOLOv3-tiny for two minutes on shapes that the program draws.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install_packages.sh
cmake --preset release -DLAMINA_TESTS=OFF -DLAMINA_CUDA="${LAMINA_CUDA:-ON}" >build-quickstart.log 2>&1 || {
  cat build-quickstart.log >&2
  exit 1
}
grep -E '^-- (Lamina|  (cpu|sim|cuda))' build-quickstart.log || true
rm -f build-quickstart.log
cmake --build build/release --target toy_lstm two_outputs yolov3 -- -j "$(nproc)"

echo
echo "== toy_lstm: ten epochs of a loss that a Lambda layer computes =="
build/release/bin/toy_lstm --device auto
echo
echo "== the same, four time steps, on the simulator: the CUDA kernels, run on the CPU =="
build/release/bin/toy_lstm --device sim --timesteps 4 --epochs 3
echo
echo "== YOLOv3-tiny, two minutes on shapes that the program draws =="
mkdir -p runs
run=$(mktemp -d runs/quickstart-XXXXXX)
build/release/bin/yolov3 train --data shapes --size 128 --batch 4 --minutes "${LAMINA_QUICKSTART_MINUTES:-2}" \
  --scale-least 0.7 --scale-most 1.3 --eval-every 10 --out "$run"
echo
echo "Done. What it found is in $run/predictions.png, what it was shown in $run/first_batch.png."
echo "Next: build/release/bin/yolov3 train YOUR_VOC_FOLDER, docs/yolov3.md, scripts/test.sh, README.md"
