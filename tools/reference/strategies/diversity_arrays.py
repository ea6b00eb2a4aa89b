"""Makes the arrays on which diversity strategies are compared with their references.

Run by hand, in a virtual environment with requirements-diversity.txt:
    python tools/reference/strategies/diversity_arrays.py libs/strategies/testdata/diversity

It writes arrays.json: for each array its shape and its float32 values, little-endian, in base64. The cases beside it
(diversity_cases.py, diversity_small_text.py) are made from that file, so that both sides see the same bits.
"""

import base64
import json
import sys
from pathlib import Path

import numpy as np

SEED = 20261124


def load(folder):
    stored = json.loads((Path(folder) / "arrays.json").read_text())["arrays"]
    return {
        name: np.frombuffer(base64.b64decode(array["float32"]), "<f4").reshape(array["shape"])
        for name, array in stored.items()
    }


def mixture(rng, rows, width, groups, spread):
    centres = rng.normal(0, spread, (groups, width))
    return centres[rng.integers(groups, size=rows)] + rng.normal(0, 1, (rows, width))


def softmax(logits):
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def main(folder):
    rng = np.random.default_rng(SEED)
    z = mixture(rng, 312, 12, 6, 2)
    p = softmax(2 * rng.normal(0, 1, (312, 4)))
    # Far apart, so that any k-means with as many clusters finds the groups.
    directions = np.linalg.qr(rng.normal(0, 1, (16, 16)))[0][:8] * 40
    sizes = [31, 44, 52, 47, 60, 55, 42, 58]
    blobs = np.concatenate([direction + rng.normal(0, 1, (n, 16)) for direction, n in zip(directions, sizes)])
    blobs = blobs[rng.permutation(len(blobs))]
    arrays = {
        # The last 12 rows are labelled.
        "z": z,
        "p": p,
        # The first 3 rows of three groups are labelled: see `labelled` in the cases.
        "blobs": blobs,
        "h": np.maximum(0, mixture(rng, 60, 6, 3, 1)),
        "h_p": softmax(1.5 * rng.normal(0, 1, (60, 3))),
        "classifier": rng.normal(0, 1, (3, 7)),
    }
    # Drawn last, so that the arrays before stay as they are.
    arrays["drop_weights"] = rng.normal(0, 1, (4, 16))
    stored = {
        name: {
            "shape": list(array.shape),
            "float32": base64.b64encode(array.astype("<f4").tobytes()).decode(),
        }
        for name, array in arrays.items()
    }
    text = json.dumps({"seed": SEED, "numpy": np.__version__, "arrays": stored})
    (Path(folder) / "arrays.json").write_text(text + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
