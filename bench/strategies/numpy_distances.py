"""k-center and BADGE in numpy, float32: a matrix-vector product and a running minimum a pick."""

import numpy as np


def squared_norms(x):
    return np.einsum("ij,ij->i", x, x)


def k_center(arrays, k):
    z, labelled = arrays["z"], arrays["labelled"]
    norms = squared_norms(z)
    nearest = (squared_norms(labelled) - 2 * (z @ labelled.T)).min(axis=1)
    nearest += norms
    picks = []
    for _ in range(k):
        pick = int(nearest.argmax())
        picks.append(pick)
        distances = z @ z[pick]
        distances *= -2
        distances += norms
        distances += norms[pick]
        np.minimum(nearest, distances, out=nearest)
        nearest[pick] = -1
    return {"ids": picks}


def badge(arrays, k):
    """Distances of gradients from their factors; k-means++, the first of the largest norm."""
    p, z = arrays["probabilities"], arrays["z"]
    errors = p.copy()
    errors[np.arange(len(p)), p.argmax(axis=1)] -= 1
    norms = squared_norms(errors) * squared_norms(z)
    random = np.random.default_rng(1)
    pick = int(norms.argmax())
    picks = [pick]
    nearest = np.full(len(p), np.inf, np.float32)
    while len(picks) < k:
        distances = errors @ errors[pick]
        distances *= z @ z[pick]
        distances *= -2
        distances += norms
        distances += norms[pick]
        np.minimum(nearest, distances, out=nearest)
        np.maximum(nearest, 0, out=nearest)
        nearest[pick] = 0
        shares = np.cumsum(nearest, dtype=np.float64)
        pick = int(np.searchsorted(shares, random.random() * shares[-1]))
        picks.append(pick)
    return {"ids": picks}
