# SPDX-License-Identifier: Apache-2.0
"""The text of a golden file, and where two of them differ. Needs no framework."""

import json

# Numbers below this are compared as if they had its size: float32 sums of order 1 end in noise of 1e-7.
SMALLEST_SCALE = 0.1


def is_leaf(value):
    """Arrays and flat lists stand on one line of their own."""
    if isinstance(value, dict):
        return set(value) == {"shape", "dtype", "data"} or not any(isinstance(v, (dict, list)) for v in value.values())
    return not isinstance(value, list) or not any(isinstance(v, (dict, list)) for v in value)


def text(value, indent=0):
    pad = "\n" + " " * (indent + 1)
    if is_leaf(value):
        tight = isinstance(value, dict) and "data" in value
        return json.dumps(value, allow_nan=False, separators=(",", ":") if tight else (", ", ": "))
    if isinstance(value, dict):
        body = ("," + pad).join(f"{json.dumps(k)}: {text(v, indent + 1)}" for k, v in value.items())
        return "{" + pad + body + "\n" + " " * indent + "}"
    return "[" + pad + ("," + pad).join(text(v, indent + 1) for v in value) + "\n" + " " * indent + "]"


def largest(value):
    """The scale a list of numbers is compared on: its largest finite magnitude."""
    return max((abs(v) for v in value if isinstance(v, float)), default=0.0)


def differences(found, kept, tolerance, path="", scale=0.0):
    """Yields (path, error) for what differs by more than tolerance times the list's largest number."""
    if isinstance(found, dict) and isinstance(kept, dict):
        for key in sorted(set(found) | set(kept)):
            if key not in found or key not in kept:
                yield f"{path}/{key}: present on one side only", None
            else:
                yield from differences(found[key], kept[key], tolerance, f"{path}/{key}")
    elif isinstance(found, list) and isinstance(kept, list):
        if len(found) != len(kept):
            yield f"{path}: {len(kept)} entries committed, {len(found)} now", None
            return
        scale = max(largest(found), largest(kept))
        for i, (a, b) in enumerate(zip(found, kept)):
            yield from differences(a, b, tolerance, f"{path}[{i}]", scale)
    elif isinstance(found, (int, float)) and isinstance(kept, (int, float)) and not isinstance(found, bool):
        scale = max(scale, abs(found), abs(kept), SMALLEST_SCALE)
        if abs(found - kept) > tolerance * scale:
            yield f"{path}: {kept!r} committed, {found!r} now", abs(found - kept) / scale
    elif found != kept:
        yield f"{path}: {kept!r} committed, {found!r} now", None
