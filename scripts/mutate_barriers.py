#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Removes each barrier and wait of the kernels in turn and asks a test command whether it notices.

A copy of the source tree is configured once; then, for every __syncthreads, __syncwarp, cp_async_wait and grid_sync in
kernels/**/*.cu and *.cuh, that one call is blanked, the test program is rebuilt and the command is run. A command that
fails has caught the mutant. A survivor is an error unless mutate_barriers_reasons.txt says why it may live:

    kernels/conv2d/conv2d.cu conv2d_tiles_kernel 2: the loop ends here, no later access

(file, function, which of its barriers from 1, reason). Exit code: 0 if every survivor has its reason, else 1.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BARRIER = re.compile(r"\b(?:__syncthreads(?:_or|_and|_count)?|__syncwarp|cp_async_wait\s*<[^>]*>|grid_sync)\s*\(")
FUNCTION = re.compile(r"(?:__global__|__device__)[^;{}]*?\b(?!__launch_bounds__)(\w+)\s*\([^;{}()]*\)\s*\{")
SHARED_BY_OPS = {"copies", "device", "program"}  # their barriers are judged by the cases of every op
VOTES = ("__syncthreads_or", "__syncthreads_and", "__syncthreads_count")


def without_comments(text):
    """The same text with comments and strings blanked, so that positions stay."""
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)


def end_of_call(text, open_paren):
    depth = 0
    for at in range(open_paren, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    raise ValueError("unbalanced parentheses")


def find_barriers(path):
    """(function, number within it, line, start, end) of each barrier of a file."""
    text = without_comments(path.read_text())
    functions = [(m.end(), m.group(1)) for m in FUNCTION.finditer(text)]
    counts, found = {}, []
    for match in BARRIER.finditer(text):
        owner = next((name for start, name in reversed(functions) if start <= match.start()), None)
        if owner is None:  # a declaration of the vocabulary, not a call
            continue
        counts[owner] = counts.get(owner, 0) + 1
        found.append((owner, counts[owner], text.count("\n", 0, match.start()) + 1, match.start(),
                      end_of_call(text, match.end() - 1)))
    return found


def mutate(text, start, end):
    call = text[start:end]
    if call.startswith(VOTES):  # the vote stays a value: the thread's own
        return text[:start] + "(" + call[call.index("(") + 1:-1] + ")" + text[end:]
    return text[:start] + "((void)0)" + text[end:]


def read_reasons(path):
    reasons = {}
    for number, line in enumerate(path.read_text().splitlines() if path.exists() else [], 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = re.match(r"(\S+) (\S+) (\d+): (.+)$", line)
        if not match:
            sys.exit(f"{path}:{number}: expected '<file> <function> <number>: <reason>'")
        reasons[match.group(1), match.group(2), int(match.group(3))] = match.group(4)
    return reasons


def run(command, cwd, timeout, shell=False):
    try:
        done = subprocess.run(command, cwd=cwd, shell=shell, timeout=timeout, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as expired:
        return 124, str(expired)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True, help="folder for the copy and its build (kept for reuse)")
    parser.add_argument("--kernels", default="kernels", help="folder of the kernels, from the root (default: kernels)")
    parser.add_argument("--only", default="", help="only files or functions that contain this text")
    parser.add_argument("--target", action="append", default=[], help="build target (default: all)")
    parser.add_argument("--command", default="ctest -L race -R '{folder}' --no-tests=error --output-on-failure -j 2",
                        help="run in the build folder; {folder} is the folder of the kernel")
    parser.add_argument("--source", type=pathlib.Path, default=ROOT, help="source tree (default: this one)")
    parser.add_argument("--cmake", default="-DLAMINA_CUDA=OFF", help="options for the configuration")
    parser.add_argument("--reasons", type=pathlib.Path, default=ROOT / "scripts/mutate_barriers_reasons.txt")
    parser.add_argument("--timeout", type=int, default=900, help="seconds for one run of the command")
    parser.add_argument("--list", action="store_true", help="name the barriers and stop")
    options = parser.parse_args()

    source = options.source.resolve()
    files = sorted(p for p in (source / options.kernels).rglob("*") if p.suffix in (".cu", ".cuh"))
    mutants = [(path.relative_to(source), *barrier) for path in files for barrier in find_barriers(path)]
    mutants = [m for m in mutants if options.only in f"{m[0]} {m[1]}"]
    if options.list:
        for name, function, number, line, _, _ in mutants:
            print(f"{name}:{line} {function} {number}")
        return 0
    if not mutants:
        sys.exit("no barrier found")

    copy, build = options.work.resolve() / "source", options.work.resolve() / "build"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns(".git", "build"))
    compile_command = ["cmake", "--build", str(build), "-j", str(os.cpu_count())]
    for target in options.target:
        compile_command += ["--target", target]

    def build_and_test(name):
        code, output = run(compile_command, copy, options.timeout)
        if code != 0:
            return "does not build", output
        folder = "" if name.parent.name in SHARED_BY_OPS else name.parent.name
        code, output = run(options.command.replace("{folder}", folder), build, options.timeout, shell=True)
        return ("caught" if code != 0 else "survived"), output

    code, output = run(["cmake", "-S", str(copy), "-B", str(build), *options.cmake.split()], copy, options.timeout)
    if code != 0:
        sys.exit(output)
    for name in sorted({mutant[0] for mutant in mutants}):
        state, output = build_and_test(name)
        if state != "survived":
            sys.exit(f"{name}: the unchanged kernels already fail:\n{output}")

    reasons = read_reasons(options.reasons)
    caught, excused, alive, broken = 0, 0, [], []
    for name, function, number, line, start, end in mutants:
        path = copy / name
        original = path.read_text()
        path.write_text(mutate(original, start, end))
        state, output = build_and_test(name)
        path.write_text(original)
        reason = reasons.pop((str(name), function, number), None)
        if state == "caught":
            caught += 1
        elif state == "does not build":
            broken.append((name, function, number))
            print(output)
        elif reason:
            excused += 1
            state += f" ({reason})"
        else:
            alive.append((name, function, number))
        print(f"{state}: {name}:{line} {function} {number}", flush=True)

    print(f"{len(mutants)} barriers: {caught} caught, {excused} survived with a reason, {len(alive)} without, "
          f"{len(broken)} did not build")
    if not options.only:
        for name, function, number in reasons:
            print(f"a reason for what is not there or does not survive: {name} {function} {number}")
    return 0 if not alive and not broken else 1


if __name__ == "__main__":
    sys.exit(main())
