#!/usr/bin/env bash
# From a fresh clone to a trained model: installs what is missing, builds the apps, trains the toy LSTM on the best
# device there is and, for a few steps, on the simulator.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install_packages.sh
cmake --preset release -DLAMINA_TESTS=OFF -DLAMINA_CUDA="${LAMINA_CUDA:-ON}" >build-quickstart.log 2>&1 || {
  cat build-quickstart.log >&2
  exit 1
}
grep -E '^-- (Lamina|  (cpu|sim|cuda))' build-quickstart.log || true
rm -f build-quickstart.log
cmake --build build/release --target toy_lstm two_outputs -- -j "$(nproc)"

echo
echo "== toy_lstm: ten epochs of a loss that a Lambda layer computes =="
build/release/bin/toy_lstm --device auto
echo
echo "== the same, four time steps, on the simulator: the CUDA kernels, run on the CPU =="
build/release/bin/toy_lstm --device sim --timesteps 4 --epochs 3
echo
echo "Done. Next: build/release/bin/toy_lstm --help, scripts/test.sh, README.md"
