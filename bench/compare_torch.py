#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Training steps of YOLOv3 beside PyTorch on the same CPU, paired: per pair the two run in the order A B B A, the figure is
the median of the pairs' ratios of images/s, and pairs whose two runs of one side differ by more than 15 % are dropped and counted.

  bench/compare_torch.py --peer PEER.py --python python3 --json bench/results/FILE.json [--pairs 7] [--threads 2] [--case tiny-f32 ...]

PEER.py takes --device --dtype --batch --size --steps --warmup --threads [--tiny] [--channels-last] and prints one line of JSON
with ms_median, images_s, peak_MB and torch. Both memory formats of PyTorch are tried first, and the faster one is compared with.
"""
import argparse
import json
import pathlib
import platform
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CASES = {
    "tiny-f32": {"model": "tiny", "batch": 4, "dtype": "f32", "aim": 1.2},
    "tiny-bf16": {"model": "tiny", "batch": 4, "dtype": "bf16", "aim": 1.5},
    "yolov3-f32": {"model": "yolov3", "batch": 1, "dtype": "f32", "aim": 1.2},
    "yolov3-bf16": {"model": "yolov3", "batch": 1, "dtype": "bf16", "aim": 1.5},
}
MAX_SPREAD = 0.15


def run(command: list[str]) -> dict:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def ours(case: dict, args: argparse.Namespace) -> dict:
    policy = {"f32": "float32", "bf16": "mixed_bfloat16"}[case["dtype"]]
    return run([str(args.bench), "--model", case["model"], "--batch", str(case["batch"]), "--size", str(args.size), "--policy", policy,
                "--steps", str(args.steps), "--warmup", str(args.warmup), "--threads", str(args.threads), "--device", "cpu"])


def peers(case: dict, args: argparse.Namespace, channels_last: bool) -> dict:
    dtype = {"f32": "fp32", "bf16": "bf16"}[case["dtype"]]
    command = [args.python, args.peer, "--device", "cpu", "--dtype", dtype, "--batch", str(case["batch"]), "--size", str(args.size),
               "--steps", str(args.steps), "--warmup", str(args.warmup), "--threads", str(args.threads)]
    return run(command + ["--tiny"] * (case["model"] == "tiny") + ["--channels-last"] * channels_last)


def spread(a: float, b: float) -> float:
    return abs(a - b) / min(a, b)


def compare(name: str, args: argparse.Namespace) -> dict:
    case = CASES[name]
    formats = {fmt: peers(case, args, fmt) for fmt in (False, True)}
    channels_last = formats[True]["images_s"] > formats[False]["images_s"]
    pairs, dropped = [], 0
    mine = peer = None
    for index in range(args.pairs):
        first, peer_first = ours(case, args), peers(case, args, channels_last)
        peer_second, second = peers(case, args, channels_last), ours(case, args)
        mine, peer = second, peer_second
        speeds = [first["images_s"], second["images_s"]], [peer_first["images_s"], peer_second["images_s"]]
        if any(spread(*two) > MAX_SPREAD for two in speeds):
            dropped += 1
            continue
        pairs.append({"lamina": sum(speeds[0]) / 2, "torch": sum(speeds[1]) / 2})
        print(f"{name} pair {index + 1}/{args.pairs}: {pairs[-1]['lamina']:.2f} against {pairs[-1]['torch']:.2f} images/s", flush=True)
    result = {"case": name, "aim": case["aim"], "pairs": pairs, "dropped_pairs": dropped, "channels_last": channels_last,
              "torch_images_s_by_format": {"contiguous": formats[False]["images_s"], "channels_last": formats[True]["images_s"]},
              "torch": peer["torch"], "threads": args.threads, "lamina_run": mine, "torch_run": peer,
              "memory_ratio": mine["peak_MB"] / peer["peak_MB"]}
    if pairs:
        result["median_ratio"] = statistics.median(pair["lamina"] / pair["torch"] for pair in pairs)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", required=True, help="the peer's script")
    parser.add_argument("--python", default=sys.executable, help="a Python with torch")
    parser.add_argument("--bench", default=ROOT / "build/release/bin/yolov3_bench")
    parser.add_argument("--json", required=True)
    parser.add_argument("--case", action="append", choices=list(CASES), help="default: all")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--size", type=int, default=416)
    args = parser.parse_args()
    report = {"cpu": platform.processor() or platform.machine(), "cases": []}
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            report["cpu"] = line.split(":", 1)[1].strip()
    for name in args.case or list(CASES):
        report["cases"].append(compare(name, args))
        pathlib.Path(args.json).write_text(json.dumps(report, indent=2) + "\n")
        last = report["cases"][-1]
        print(f"{name}: median ratio {last.get('median_ratio', float('nan')):.3f} (aim {last['aim']}), memory {last['memory_ratio']:.2f}, "
              f"{last['dropped_pairs']} pairs dropped", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
