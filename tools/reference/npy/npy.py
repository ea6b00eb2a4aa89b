"""Writes the files with which libs/npy is tested, as numpy itself writes them, and what is in them.

Run by hand, in a virtual environment with tools/reference/npy/requirements.txt:
    python tools/reference/npy/npy.py libs/npy/testdata
"""

import json
import pathlib
import sys

import numpy as np
from numpy.lib import format as npy_format

SEED = 20240611
FLOATS = ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8"]
INTEGERS = ["|i1", "|u1", "<i2", ">i2", "<u2", ">u2", "<i4", ">i4", "<u4", ">u4", "<i8", ">i8", "<u8", ">u8", "|b1"]
HALVES = [0.0, -0.0, 1.0, -2.5, 65504.0, 6.103515625e-05, 5.960464477539063e-08, 3.0517578125e-05, 0.333251953125]


def file_name(dtype):
    """Names without <, > and |."""
    return np.dtype(dtype).newbyteorder("=").name + ("-big" if dtype.startswith(">") else "") + ".npy"


def main():
    folder = pathlib.Path(sys.argv[1])
    random = np.random.default_rng(SEED)
    record = {"numpy": np.__version__, "seed": SEED, "arrays": {}, "refused": {}}

    def save(name, array, version=None):
        with open(folder / name, "wb") as file:
            npy_format.write_array(file, array, version=version)
        record["arrays"][name] = {
            "dtype": array.dtype.newbyteorder("=").name,
            "shape": list(array.shape),
            "values": [float(value) for value in array.flatten(order="C")],
        }

    for dtype in FLOATS:
        save(file_name(dtype), random.normal(size=(5, 3)).astype(dtype))
    for dtype in INTEGERS:
        low = 0 if "u" in dtype or "b" in dtype else -120
        save(file_name(dtype), random.integers(low, 2 if "b" in dtype else 120, size=7).astype(dtype))
    save("halves.npy", np.array(HALVES, dtype="<f2"))

    cube = random.normal(size=(2, 5, 3)).astype("<f4")
    save("c-order-3.npy", cube)
    save("fortran-2.npy", np.asfortranarray(cube[0]))
    save("fortran-3.npy", np.asfortranarray(cube))
    save("fortran-3-double-big.npy", np.asfortranarray(cube.astype(">f8")))
    save("sliced.npy", random.normal(size=(6, 8)).astype("<f4")[::2, 1:7:3])
    for major in (1, 2, 3):
        save(f"version-{major}.npy", cube[1], version=(major, 0))
    save("no-rows.npy", np.zeros((0, 3), dtype="<f4"))
    save("no-columns.npy", np.zeros((3, 0), dtype="<f4"))
    save("scalar.npy", np.array(1.5, dtype="<f4"))

    def refuse(name, array, pickle=False):
        np.save(folder / name, array, allow_pickle=pickle)
        record["refused"][name] = str(array.dtype)

    refuse("objects.npy", np.array([{"a": 1}, None], dtype=object), pickle=True)
    refuse("strings.npy", np.array(["cat", "dog"]))
    refuse("complex.npy", np.array([1 + 2j]))
    refuse("records.npy", np.array([(1, 2.0)], dtype=[("id", "<i4"), ("p", "<f4")]))
    refuse("dates.npy", np.array(["2020-01-01"], dtype="datetime64[D]"))
    np.savez(folder / "archive.npz", cube=cube)

    (folder / "arrays.json").write_text(json.dumps(record, indent=1) + "\n")


main()
