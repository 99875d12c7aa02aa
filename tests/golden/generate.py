# SPDX-License-Identifier: Apache-2.0
"""Writes the golden files of data/ from real Keras and PyTorch, or checks them.

    python generate.py                     write every file, and remove those without a case
    python generate.py --only layers/lstm_default     one case (or one group: --only layers)
    python generate.py --check             compute again and compare; exit 1 names every file that differs
    python generate.py --audit             compute in float64 and report how far float32 was from it

docs/golden.md holds the form of each group's files.
"""

import argparse
import concurrent.futures
import importlib
import importlib.metadata
import json
import multiprocessing
import pathlib
import platform
import sys
import warnings

from cases.golden_file import differences, text

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE / "data"
FORMAT = 1

GROUPS = {
    "layers": ["layers_dense", "layers_shape", "layers_lstm", "layers_conv"],
    "batch_normalization": ["layers_batch_norm"],
    "losses": ["losses"],
    "yolo_loss": ["yolo_loss"],
    "metrics": ["metrics"],
    "optimizers": ["optimizers"],
    "regularizers": ["regularizers"],
    "initializers": ["initializers"],
    "trainer": ["trainer_single", "trainer_multi"],
    "callbacks": ["callbacks"],
    "resize2d": ["resize2d"],
    "non_max_suppression": ["non_max_suppression"],
    "torch": ["torch_cross"],
    "toy_lstm": ["toy_lstm"],
    "voc_map": ["voc_map"],
    "yolo_targets": ["yolo_targets"],
}

# torch.optim and TensorFlow each bring an LLVM and cannot share a process.
WITHOUT_KERAS = ["torch", "toy_lstm", "voc_map"]

# tf.math.in_top_k takes nothing but float32.
FLOAT32_ONLY = [f"metrics/{kind}top_2_categorical_accuracy{suffix}" for kind in ("", "sparse_")
                for suffix in ("", "_weighted")]

CHECK_TOLERANCE = 1e-6
AUDIT_TOLERANCE = 5e-6
TWIN_TOLERANCE = 5e-6


def versions():
    found = {p: importlib.metadata.version(d) for p, d in (("keras", "keras"), ("tensorflow", "tensorflow-cpu"),
                                                           ("torch", "torch"), ("numpy", "numpy"))}
    return {**found, "python": platform.python_version()}


def wanted(group, name, only):
    return only is None or only in (group, f"{group}/{name}")


def compute(groups, only, float64):
    """{"group/case": record} for the given groups, in this process."""
    from cases import arrays

    arrays.set_floatx("float64" if float64 else "float32")
    reset = keras_reset(float64) if not set(groups) <= set(WITHOUT_KERAS) else lambda: None
    results = {}
    for group in groups:
        for module in GROUPS[group]:
            for name, run in importlib.import_module(f"cases.{module}").cases():
                case = f"{group}/{name}"
                if not wanted(group, name, only) or float64 and case in FLOAT32_ONLY:
                    continue
                if case in results:
                    raise ValueError(f"two cases are named {case}")
                reset()
                try:
                    record = run()
                except Exception as error:
                    raise RuntimeError(f"case {case} failed") from error
                results[case] = {"format": FORMAT, "case": case, "script": "tests/golden/generate.py",
                                 "versions": versions(), **record}
    return results


def keras_reset(float64):
    """Sets Keras' float type; returns what makes a case independent of those before it."""
    import cases  # noqa: F401  fixes the environment before Keras is imported
    import keras

    keras.config.set_floatx("float64" if float64 else "float32")
    warnings.filterwarnings("ignore", message="Gradients do not exist")

    def reset():
        keras.backend.clear_session()
        keras.utils.set_random_seed(1)

    return reset


def compute_all(only, float64=False):
    """Keras groups here; the others in a process of their own."""
    chosen = [g for g in GROUPS if only is None or only.split("/")[0] == g]
    here = [g for g in chosen if g not in WITHOUT_KERAS]
    apart = [g for g in chosen if g in WITHOUT_KERAS]
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        others = pool.submit(compute, apart, only, float64) if apart else None
        results = compute(here, only, float64) if here else {}
        results.update(others.result() if others else {})
    if not results:
        sys.exit(f"no case is named {only!r}; groups: {', '.join(GROUPS)}")
    return results


def check_twins(results):
    """A record may name a twin, computed by another library: their expectations must agree."""
    for case, record in results.items():
        twin = results.get(record.get("twin"))
        apart = list(differences(record["expected"], twin["expected"], TWIN_TOLERANCE)) if twin else []
        if apart:
            raise AssertionError(f"{case} and its twin {twin['case']} disagree: {apart[0][0]}")


def without_python(record):
    """The interpreter's patch version decides no number."""
    return {**record, "versions": {k: v for k, v in record.get("versions", {}).items() if k != "python"}}


def committed(only):
    files = {p.relative_to(DATA).with_suffix("").as_posix(): p for p in sorted(DATA.glob("*/*.json"))}
    return {case: path for case, path in files.items() if wanted(*case.split("/"), only)}


def write(results, only):
    for case, path in committed(only).items():
        if case not in results:
            path.unlink()
    for case, record in results.items():
        path = DATA / f"{case}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text(record) + "\n")
    sizes = [p.stat().st_size for p in committed(None).values()]
    print(f"wrote {len(results)} files; data/ holds {len(sizes)}, {sum(sizes)} bytes, largest {max(sizes)}")
    return 0


def compare(results, only, audit):
    files, bad = committed(only), 0
    tolerance = AUDIT_TOLERANCE if audit else CHECK_TOLERANCE
    cases = set(results) if audit else set(results) | set(files)
    for case in sorted(cases):
        if case not in files or case not in results:
            print(f"{case}.json: {'no such file' if case in results else 'file without a case'}")
            bad += 1
            continue
        kept = json.loads(files[case].read_text())
        found = list(differences(without_python(json.loads(text(results[case]))), without_python(kept), tolerance))
        if found:
            bad += 1
            print(f"{case}.json differs in {len(found)} places, first {found[0][0]}")
    print(f"compared {len(cases)} cases: {bad} differ")
    return 1 if bad else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    parser.add_argument("--audit", action="store_true", help="compare a float64 run with the committed files")
    parser.add_argument("--only", metavar="GROUP[/CASE]", help="one group or one case")
    options = parser.parse_args()
    results = compute_all(options.only, float64=options.audit)
    check_twins(results)
    if options.check or options.audit:
        return compare(results, options.only, options.audit)
    return write(results, options.only)


if __name__ == "__main__":
    sys.exit(main())
