"""Records what four papers' procedures give on the arrays of diversity_arrays.py, restated plainly in numpy.

Run by hand, in a virtual environment with requirements-diversity.txt, after diversity_arrays.py:
    python tools/reference/strategies/diversity_definitions.py libs/strategies/testdata/diversity

It writes definitions.json. These have no package on PyPI; each restatement was compared with the authors' own code at the
commit named, run on the same arrays: the same picks (the same candidates for alfa_mix, whose k-means is seeded).
"""

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.cluster import KMeans

from diversity_arrays import load

AUTHORS = {
    "typiclust": "avihu111/TypiClust 4097a71c348f60492ab22be0c4c9da224e637af6",
    "bait": "JordanAsh/badge a2d18acd372cf0f61d9e75bfb0c879c107fbf9f6",
    "alfa_mix": "AminParvaneh/alpha_mix_active_learning b79d95458081efff6d9a3d17d50cf6b4fae6f98c",
    "uherding": "BorealisAI/uherding 75299cd2acaba2a47d5f5218f2b55c28f308aaf7",
}
LABELLED = 12


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def distances(x, y):
    return np.sqrt(((x[:, None] - y[None]) ** 2).sum(axis=2))


def typiclust(blobs, labelled, k):
    """One pick of each cluster with the fewest labels, the largest first, by 1 / mean distance to 20 neighbours."""
    x = unit(blobs)
    clusters = KMeans(len(labelled) + k, n_init=20, random_state=0).fit_predict(x)
    counts = [
        (np.isin(labelled, np.flatnonzero(clusters == c)).sum(), -(clusters == c).sum(), c)
        for c in np.unique(clusters)
    ]
    picks = []
    for _, _, cluster in sorted(counts)[:k]:
        members = np.setdiff1d(np.flatnonzero(clusters == cluster), labelled)
        apart = np.sort(distances(x[members], x[members]), axis=1)
        neighbours = min(20, len(members) // 2)
        picks.append(int(members[apart[:, 1 : neighbours + 1].mean(axis=1).argmin()]))
    return picks


def information(h, p):
    return np.kron(np.diag(p) - np.outer(p, p), np.outer(h, h))


def bait(h, p, labelled, k, ridge=1):
    """2k samples that lower tr(M^-1 F) most, then those that raise it least out again."""
    each = [information(*row) for row in zip(h, p)]
    pool = [i for i in range(len(h)) if i not in labelled]
    fisher = sum(each) / len(each)
    known = len(labelled)
    start = ridge * np.eye(len(fisher)) + sum((each[i] for i in labelled), 0 * fisher) / (known + k)

    def trace(picked):
        matrix = start + sum((each[i] for i in picked), 0 * fisher) * k / (known + k)
        return np.trace(np.linalg.solve(matrix, fisher))

    picked = []
    while len(picked) < 2 * k:
        picked.append(min((i for i in pool if i not in picked), key=lambda i: trace([*picked, i])))
    while len(picked) > k:
        picked.remove(min(picked, key=lambda i: trace([j for j in picked if j != i])))
    return picked


def alfa_mix(h, labelled, labels, classifier, k, step=0.03125):
    """The samples that flip at the smallest multiple of the step at which more than k do."""
    weights, bias = classifier[:, :-1], classifier[:, -1]
    pool = [i for i in range(len(h)) if i not in labelled]
    logits = h[pool] @ weights.T + bias
    predicted = logits.argmax(axis=1)
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    gradients = (p - np.eye(len(bias))[predicted]) @ weights
    cap = 0
    flipped = np.zeros(len(pool), bool)
    while cap < 1 and flipped.sum() <= k:
        cap += step
        for c in range(len(bias)):
            anchor = h[labelled][labels == c] if (labels == c).any() else h[labelled]
            z = anchor.mean(axis=0) - h[pool]
            length = np.linalg.norm(z, axis=1, keepdims=True) / np.linalg.norm(gradients, axis=1, keepdims=True)
            alpha = np.divide(cap / np.sqrt(h.shape[1]) * length * gradients, z, where=z != 0, out=0 * z)
            mixed = (1 - alpha) * h[pool] + alpha * anchor.mean(axis=0)
            flipped |= (mixed @ weights.T + bias).argmax(axis=1) != predicted
    return {"cap": cap, "candidates": [pool[i] for i in np.flatnonzero(flipped)]}


def uherding(z, p, labelled, k):
    """Kernel coverage weighted by margins at temperature 1; the radius is the least distance of two labelled samples."""
    x = unit(z)
    between = distances(x[labelled], x[labelled])
    radius = between[between > 0].min()
    kernel = np.exp(-((distances(x, x) / radius) ** 2))
    highest = np.sort(p, axis=1)
    weights = 1 - (highest[:, -1] - highest[:, -2])
    weights[labelled] = 0
    covered = kernel[labelled].max(axis=0)
    picks = []
    for _ in range(k):
        gains = (weights * np.maximum(0, kernel - covered)).mean(axis=1)
        gains[[*labelled, *picks]] = -np.inf
        picks.append(int(gains.argmax()))
        covered = np.maximum(covered, kernel[picks[-1]])
    return {"radius": radius, "picks": picks}


def main(folder):
    arrays = {name: array.astype(np.float64) for name, array in load(folder).items()}
    packages = json.loads((Path(folder) / "packages.json").read_text())["cases"]
    labelled = packages["typiclust"]["labelled"]
    known = list(range(8))
    labels = np.array([0, 0, 0, 1, 1, 1, 0, 1])
    z, h = arrays["z"], arrays["h"]
    cases = {
        "typiclust": {"k": 5, "labelled": labelled, "picks": typiclust(arrays["blobs"], np.array(labelled), 5)},
        "bait": {"k": 6, "labelled": known, "picks": bait(h, arrays["h_p"], known, 6)},
        "alfa_mix": [
            {"k": k, "labelled": known, "labels": labels.tolist()}
            | alfa_mix(h, known, labels, arrays["classifier"], k)
            for k in (1, 5, 15)
        ],
        "uherding": {"k": 30} | uherding(z, arrays["p"], list(range(len(z) - LABELLED, len(z))), 30),
    }
    text = json.dumps({"numpy": np.__version__, "authors": AUTHORS, "cases": cases})
    (Path(folder) / "definitions.json").write_text(text + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
