"""Records what hdbscan 0.8.44 finds, for libs/strategies/src/algorithms/hdbscan.

Run by hand, in a virtual environment with requirements-hdbscan.txt:
    python tools/reference/strategies/hdbscan_cases.py libs/strategies/testdata/hdbscan

It reads the recorded sets there (little-endian float32, row-major) and makes the others by a rule that the test repeats;
it writes recorded.json and made.json. Where edges of the spanning tree tie, hdbscan's result depends on the order of the
rows: such cases have the least and greatest value of each point over many orders instead of one value.
"""

import importlib.metadata
import json
import sys
from pathlib import Path

import numpy as np
from hdbscan import HDBSCAN
from sklearn.metrics import adjusted_rand_score

RECORDED = {"d2": (600, 2), "d16": (1000, 16), "moons2": (660, 2), "uniform2": (300, 2), "dups2": (500, 2)}
# name: rows, width, clusters, spread of the centres, one row in how many is noise
MADE = {
    "blobs4": (500, 4, 4, 4, 12),
    "blobs64": (480, 64, 5, 2, 10),
    "nested64": (400, 64, 8, 1, 25),
    "blobs512": (360, 512, 4, 1, 15),
    "uniform64": (200, 64, 1, 0, 200),
}
SIZES = [(100, 1), (50, 1), (25, 1), (10, 1), (10, 5), (25, 10)]
ORDERS = 40
SEED = 20240607


def made(rows, width, clusters, spread, noise):
    """Sums of three 16-bit draws of a linear congruential generator around centres: exact in float32."""
    state = 12345

    def draw():
        nonlocal state
        state = (state * 1664525 + 1013904223) % 2**32
        return (state >> 16) / 65536

    centres = [[np.floor((draw() - 0.5) * 64 * spread) / 16 for _ in range(width)] for _ in range(clusters)]
    x = np.empty((rows, width), np.float32)
    for row in range(rows):
        cluster = int(draw() * clusters)
        reach = 4 if row % noise == noise - 1 else 1
        x[row] = [centres[cluster][i] + (draw() + draw() + draw() - 1.5) * reach for i in range(width)]
    return x


def run(x, min_cluster_size, min_samples, algorithm="best"):
    model = HDBSCAN(
        min_cluster_size=min_cluster_size,
        min_samples=min_samples,
        algorithm=algorithm,
        approx_min_span_tree=False,
        gen_min_span_tree=True,
    ).fit(x.astype(np.float64))
    return model


def rounded(values):
    return [round(float(v), 9) for v in values]


def case(name, x, min_cluster_size, min_samples):
    model = run(x, min_cluster_size, min_samples)
    weights = np.sort(model.minimum_spanning_tree_.to_numpy()[:, 2])
    ties = int((np.diff(weights) <= 1e-9 * weights[1:]).sum())
    record = {
        "set": name,
        "minClusterSize": min_cluster_size,
        "minSamples": min_samples,
        "treeTotal": float(weights.sum()),
        "ties": ties,
        "labels": model.labels_.tolist(),
    }
    if ties == 0:
        record["glosh"] = rounded(model.outlier_scores_)
        record["probabilities"] = rounded(model.probabilities_)
        record["persistence"] = rounded(model.cluster_persistence_)
        return record
    random = np.random.default_rng(SEED)
    low = high = model.outlier_scores_
    agreement = 1.0
    for order in range(ORDERS):
        rows = random.permutation(len(x))
        other = run(x[rows], min_cluster_size, min_samples, ["boruvka_kdtree", "prims_kdtree", "boruvka_balltree"][order % 3])
        scores = np.empty(len(x))
        labels = np.empty(len(x), int)
        scores[rows], labels[rows] = other.outlier_scores_, other.labels_
        low, high = np.minimum(low, scores), np.maximum(high, scores)
        agreement = min(agreement, adjusted_rand_score(model.labels_, labels))
    record["agreement"] = agreement
    record["gloshFrom"], record["gloshTo"] = rounded(low), rounded(high)
    return record


def main():
    folder = Path(sys.argv[1])
    versions = {name: importlib.metadata.version(name) for name in ("hdbscan", "numpy", "scipy", "scikit-learn")}
    common = {"versions": versions, "seed": SEED, "orders": ORDERS, "tolerance": 1e-6}
    cases = []
    for name, (rows, width) in RECORDED.items():
        x = np.fromfile(folder / f"{name}.f32", "<f4").reshape(rows, width)
        cases += [case(name, x, *size) for size in [(100, 1), (15, 1), (15, 5)]]
    write(folder / "recorded.json", common | {"sets": RECORDED, "cases": cases})
    cases = []
    for name, rule in MADE.items():
        x = made(*rule)
        cases += [case(name, x, *size) for size in SIZES if name != "blobs512" or size[0] < 100]
    write(folder / "made.json", common | {"sets": MADE, "cases": cases})


def write(path, record):
    path.write_text(json.dumps(record, separators=(",", ":")) + "\n")
    for entry in record["cases"]:
        labels = np.array(entry["labels"])
        print(entry["set"], entry["minClusterSize"], entry["minSamples"], "clusters", labels.max() + 1,
              "noise", int((labels < 0).sum()), "ties", entry["ties"], "agreement", entry.get("agreement"))


main()
