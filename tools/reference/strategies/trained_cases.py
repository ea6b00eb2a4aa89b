"""Records what scikit-activeml 1.0.1 and small-text 1.4.1 pick by discriminative active learning, on arrays of
diversity_arrays.py, for libs/strategies/src/trained/dal.ts.

Run by hand, in a virtual environment with requirements-diversity.txt, after diversity_arrays.py:
    python tools/reference/strategies/trained_cases.py libs/strategies/testdata/diversity

It writes trained.json. Both packages take any classifier for a discriminator; here it is scikit-learn's logistic
regression, since their neural networks need PyTorch. So picks can only be compared where every discriminator that can tell
the groups apart must pick the same: all samples of the groups far from anything labelled.
"""

import importlib.metadata
import json
import sys
from pathlib import Path

import numpy as np
from skactiveml.classifier import SklearnClassifier
from skactiveml.pool import DiscriminativeAL
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from small_text import DiscriminativeActiveLearning, SklearnClassifierFactory, SklearnDataset

from diversity_arrays import load

SEEDS = range(5)
LABELLED = 25
# How many of the eight groups have no labels.
MISSING = (1, 2, 3)


def scikit_activeml(x, labelled, k, seed):
    y = np.full(len(x), np.nan)
    y[labelled] = 0
    discriminator = SklearnClassifier(LogisticRegression(class_weight="balanced", max_iter=1000), classes=[0, 1])
    strategy = DiscriminativeAL(greedy_selection=True, random_state=seed)
    return strategy.query(x, y, discriminator=discriminator, batch_size=k)


def small_text(x, labelled, k, seed):
    np.random.seed(seed)
    pool = np.setdiff1d(np.arange(len(x)), labelled)
    dataset = SklearnDataset(x, np.zeros(len(x), int), target_labels=np.arange(2))
    factory = SklearnClassifierFactory(LogisticRegression(max_iter=1000), 2)
    strategy = DiscriminativeActiveLearning(factory, 1, unlabeled_factor=1, pbar=None)
    return strategy.query(None, dataset, pool, np.array(labelled), np.zeros(len(labelled), int), n=k)


def main(folder):
    x = load(folder)["blobs"].astype(np.float64)
    groups = KMeans(8, n_init=20, random_state=0).fit_predict(x)
    # Numbered by their first row.
    members = sorted((np.flatnonzero(groups == group) for group in range(8)), key=lambda rows: rows[0])
    cases = []
    for missing in MISSING:
        labelled = sorted(int(row) for rows in members[missing:] for row in rows[:LABELLED])
        k = sum(len(rows) for rows in members[:missing])
        case = {"labelled": labelled, "k": k}
        for name, query in (("scikit-activeml", scikit_activeml), ("small-text", small_text)):
            picks = [sorted(int(row) for row in query(x, labelled, k, seed)) for seed in SEEDS]
            if any(other != picks[0] for other in picks):
                raise SystemExit(f"{name} picks other sets for other seeds, {missing} groups missing")
            case[name] = picks[0]
        cases.append(case)
    versions = {
        name: importlib.metadata.version(name) for name in ("numpy", "scikit-learn", "scikit-activeml", "small-text")
    }
    (Path(folder) / "trained.json").write_text(json.dumps({"versions": versions, "dal": cases}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
