#!/usr/bin/env python3
"""Checks the arrows of the architecture: which folder may include which (docs/architecture.md draws them)."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# What a folder may include besides itself. The longest matching prefix of a path decides.
ALLOWED = {
    "core/base": [],
    "core/runtime": ["core/base"],
    "core/simt": ["core/base", "core/runtime"],
    "core/tensor": ["core/base", "core/runtime"],
    "core/op": ["core/base", "core/runtime", "core/tensor"],
    "core/graph": ["core/base", "core/runtime", "core/tensor", "core/op"],
    "core/optim": ["core/base", "core/tensor", "core/op", "core/graph"],
    "core/plan": ["core/base", "core/runtime", "core/tensor", "core/op"],
    "core/compile": ["core/base", "core/runtime", "core/tensor", "core/op", "core/graph", "core/optim", "core/plan"],
    "core/exec": ["core/base", "core/runtime", "core/tensor", "core/op", "core/plan"],
    "core/data": ["core/base", "core/tensor"],
    "core/io": ["core/base", "core/tensor"],
    "kernels": ["core"],
    "losses": ["core", "kernels"],
    "layers": ["core", "kernels", "losses"],
    "apps": ["core", "kernels", "losses", "layers"],
    "bench": ["core", "kernels", "losses", "layers", "apps"],
    "tests": ["core", "kernels", "losses", "layers", "apps"],
}
TOPS = sorted({folder.split("/")[0] for folder in ALLOWED})

# Of another op only its own header <op>.h is for others; losses, layers and apps see nothing else of kernels/. What
# several ops are made of has folders that are no ops.
OP_HEADER = re.compile(r"^kernels/(\w+)/\1\.h$")
SHARED_BY_OPS = {"copies", "device", "epilogue", "onednn", "program", "window"}
# The one launcher that an op lends to another.
LENT = {("kernels/lstm/lstm.cu", "kernels/matmul/matmul_tiled.cuh")}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
SUFFIXES = {".h", ".cpp", ".cu", ".cuh", ".def"}


def home(path: str) -> str:
    matches = [prefix for prefix in ALLOWED if path == prefix or path.startswith(prefix + "/")]
    return max(matches, key=len) if matches else ""


def may_use_of_kernels(file: str, own: str, included: str) -> bool:
    folder = included.split("/")
    if folder[0] != "kernels" or len(folder) < 3 or OP_HEADER.match(included):
        return True
    if own == "kernels":
        mine = file.split("/")[1]
        return folder[1] == mine or folder[1] in SHARED_BY_OPS or (file, included) in LENT
    return own not in ("losses", "layers", "apps")


def main() -> int:
    wrong = []
    for file in sorted(path for top in TOPS for path in (ROOT / top).rglob("*")):
        relative = file.relative_to(ROOT).as_posix()
        if file.suffix not in SUFFIXES or not home(relative) or relative.startswith("tests/docs/"):
            continue  # tests/docs includes files that a documentation page holds
        own = home(relative)
        for included in INCLUDE.findall(file.read_text(encoding="utf-8")):
            if not (ROOT / included).is_file():
                wrong.append(f'{relative}: "{included}" is not a path from the root of the repository')
                continue
            target = home(included)
            allowed = own == target or any(included.startswith(prefix + "/") for prefix in ALLOWED[own])
            if not allowed:
                wrong.append(f'{relative}: {own} may not include "{included}"')
            if not may_use_of_kernels(relative, own, included):
                wrong.append(f'{relative}: of an op only its own header may be included, not "{included}"')
    for line in wrong:
        print(line)
    print(f"check_includes: {len(wrong)} arrows the wrong way")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
