# SPDX-License-Identifier: Apache-2.0
"""Writes the files under data/ with the libraries that our readers and writers must agree with.

Made with numpy 2.4.6 and safetensors 0.8.0 on Python 3.11. The files are committed, so that the tests need no
Python; run this again only to add one: python3 make_fixtures.py
"""

import io
import pathlib
import struct
import zipfile

import numpy as np
import safetensors

DATA = pathlib.Path(__file__).parent / "data"


def values(dtype, shape):
    """1.5 i - 2 for floats, i - 2 for signed integers, i for unsigned ones, i odd for bool."""
    i = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    kind = np.dtype(dtype).kind
    if kind == "f":
        return (1.5 * i - 2).astype(dtype)
    if kind == "b":
        return i % 2 == 1
    return (i - 2 if kind == "i" else i).astype(dtype)


def save(name, array, version=None, **options):
    with open(DATA / name, "wb") as file:
        np.lib.format.write_array(file, array, version=version, **options)


def save_npy():
    for name, dtype in [("f16", "<f2"), ("f32", "<f4"), ("f64", "<f8"), ("i32", "<i4"), ("i64", "<i8"),
                        ("u8", "u1"), ("bool", "?")]:
        np.save(DATA / f"{name}.npy", values(dtype, (2, 3)))
    np.save(DATA / "scalar.npy", np.float32(2.5))
    np.save(DATA / "vector.npy", values("<i4", (4,)))
    np.save(DATA / "empty.npy", values("<f4", (0, 3)))
    np.save(DATA / "fortran.npy", np.asfortranarray(values("<f4", (2, 3, 4))))
    np.save(DATA / "big_endian.npy", values(">f4", (2, 3)))
    np.save(DATA / "big_endian_fortran.npy", np.asfortranarray(values(">i4", (2, 3))))
    save("version_2.npy", values("<f4", (2, 3)), version=(2, 0))
    save("version_3.npy", values("<f4", (2, 3)), version=(3, 0))
    python_2 = b"{'descr': '<i4', 'fortran_order': False, 'shape': (2L, 3L), }\n"
    (DATA / "python_2.npy").write_bytes(
        b"\x93NUMPY\x01\x00" + struct.pack("<H", len(python_2)) + python_2 + values("<i4", (2, 3)).tobytes())
    np.save(DATA / "object.npy", np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
    np.save(DATA / "structured.npy", np.zeros(2, dtype=[("x", "<f4"), ("y", "<i4")]))
    np.save(DATA / "i16.npy", values("<i2", (2, 3)))
    np.save(DATA / "complex.npy", np.zeros(2, dtype="<c8"))
    np.save(DATA / "i64_too_large.npy", np.array([1, 2**31, 3]))


def npy_bytes(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def save_npz():
    arrays = {"w": values("<f4", (2, 3)), "block/b": values("<i4", (4,)), "größe": np.float64(2.5),
              "none": values("u1", (0, 2))}
    np.savez(DATA / "savez.npz", **arrays)
    np.savez_compressed(DATA / "savez_compressed.npz", **arrays)
    np.savez(DATA / "no_arrays.npz")
    np.savez(DATA / "dotdot.npz", **{"../../x": values("<f4", (2,))})
    with zipfile.ZipFile(DATA / "lzma.npz", "w") as archive:
        archive.writestr(zipfile.ZipInfo("w.npy"), npy_bytes(arrays["w"]), zipfile.ZIP_LZMA)
    with zipfile.ZipFile(DATA / "comment.npz", "w") as archive:
        archive.writestr(zipfile.ZipInfo("w.npy"), npy_bytes(arrays["w"]))
        archive.comment = b"hello"
    with zipfile.ZipFile(DATA / "text_member.npz", "w") as archive:
        archive.writestr(zipfile.ZipInfo("readme.txt"), "hello")
    with zipfile.ZipFile(DATA / "bomb.npz", "w") as archive:
        zeros = npy_bytes(np.zeros(1 << 20, dtype="u1"))
        archive.writestr(zipfile.ZipInfo("w.npy"), zeros, zipfile.ZIP_DEFLATED)

    class Pipe(io.RawIOBase):
        """Cannot seek, so that zipfile writes the sizes behind each member."""

        def __init__(self, file):
            self.file = file

        def writable(self):
            return True

        def write(self, data):
            return self.file.write(data)

    with open(DATA / "sizes_follow.npz", "wb") as file, zipfile.ZipFile(Pipe(file), "w") as archive:
        archive.writestr(zipfile.ZipInfo("w.npy"), npy_bytes(arrays["w"]))
        archive.writestr(zipfile.ZipInfo("b.npy"), npy_bytes(arrays["block/b"]))
    # Every size and offset in zip64 fields, as in an archive of more than 4 GiB.
    zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = 1, 0
    with zipfile.ZipFile(DATA / "zip64.npz", "w") as archive:
        archive.writestr(zipfile.ZipInfo("w.npy"), npy_bytes(arrays["w"]))
        archive.writestr(zipfile.ZipInfo("b.npy"), npy_bytes(arrays["block/b"]))


def save_safetensors():
    def save_file(name, tensors, metadata):
        specs = {}
        for key, (dtype, array) in tensors.items():
            specs[key] = safetensors.TensorSpec(
                dtype=dtype, shape=array.shape, data_ptr=array.ctypes.data, data_len=array.nbytes)
        (DATA / name).write_bytes(safetensors.serialize(specs, metadata))

    bf16 = (values("<f4", (2, 3)).view("<u4") >> 16).astype("<u2")
    save_file("all.safetensors", {
        "f64": ("float64", values("<f8", (2, 3))),
        "i64": ("int64", values("<i8", (2, 3))),
        "f32": ("float32", values("<f4", (2, 3))),
        "i32": ("int32", values("<i4", (2, 3))),
        "bf16": ("bfloat16", bf16),
        "f16": ("float16", values("<f2", (2, 3))),
        "u8": ("uint8", values("u1", (2, 3))),
        "bool": ("bool", values("?", (2, 3))),
        "scalar": ("float32", np.array(2.5, dtype="<f4")),
        "empty": ("float32", values("<f4", (0, 3))),
    }, {"made by": "safetensors"})
    save_file("weights.safetensors", {
        "conv/bias": ("float32", values("<f4", (3,))),
        "conv/kernel": ("float32", values("<f4", (2, 3))),
    }, {"epoch": "3"})
    save_file("i16.safetensors", {"x": ("int16", values("<i2", (2,)))}, None)


if __name__ == "__main__":
    DATA.mkdir(exist_ok=True)
    save_npy()
    save_npz()
    save_safetensors()
