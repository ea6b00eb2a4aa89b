"""Records what baal 2.1.0 and batchbald_redux 2.0.5 give on Monte-Carlo probabilities: bald, max_entropy, batch_bald.

Run by hand, in a virtual environment with requirements-bayesian.txt (both need PyTorch; Debian's python3-torch will do):
    python tools/reference/strategies/bayesian_cases.py libs/strategies/testdata/bayesian.json

It writes the probabilities too. batchbald_redux goes through all configurations of labels here; baal always draws them, so
many are drawn, and its picks count as a set.
"""

import base64
import importlib.metadata
import json
import sys

import numpy as np
import torch
from baal.active.heuristics.heuristics import BALD, BatchBALD, Entropy
from batchbald_redux.batchbald import get_batchbald_batch

PASSES, SAMPLES, CLASSES = 50, 40, 4
BATCH = 5


def probabilities(seed):
    """Samples differ in how sure the passes are, and in how much they agree."""
    random = np.random.default_rng(seed)
    shared = random.normal(size=(1, SAMPLES, CLASSES)) * random.uniform(0.5, 4, (1, SAMPLES, 1))
    own = random.normal(size=(PASSES, SAMPLES, CLASSES)) * random.uniform(0, 3, (1, SAMPLES, 1))
    weights = np.exp(shared + own)
    return (weights / weights.sum(axis=2, keepdims=True)).astype("<f4")


def case(seed):
    q = probabilities(seed)
    exact = q.astype(np.float64)
    # samples x classes x passes, and samples x passes x classes.
    baal, redux = exact.transpose(1, 2, 0), torch.from_numpy(exact.transpose(1, 0, 2).copy())
    np.random.seed(seed)
    torch.manual_seed(seed)
    batch = get_batchbald_batch(redux.log(), BATCH, CLASSES**BATCH, dtype=torch.double)
    drawn = BatchBALD(num_samples=BATCH - 1, num_draw=2000).compute_score(baal)
    return {
        "seed": seed,
        "shape": list(q.shape),
        "float32": base64.b64encode(q.tobytes()).decode(),
        "baal": {
            "bald": BALD().compute_score(baal).tolist(),
            "max_entropy": Entropy().compute_score(baal).tolist(),
            "batch_bald": sorted(np.flatnonzero(drawn).tolist()),
        },
        "batchbald_redux": {"picks": [int(i) for i in batch.indices], "scores": [float(s) for s in batch.scores]},
    }


def main(path):
    names = ("numpy", "torch", "baal", "batchbald-redux")
    versions = {name: importlib.metadata.version(name) for name in names if name != "torch"} | {"torch": torch.__version__}
    with open(path, "w") as out:
        json.dump({"versions": versions, "cases": [case(seed) for seed in (1, 2, 3)]}, out)
        out.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
