"""Records what scikit-activeml 1.0.1, small-text 1.4.1 and SciPy 1.17.1 give on the arrays of diversity_arrays.py.

Run by hand, in a virtual environment with requirements-diversity.txt, after diversity_arrays.py:
    python tools/reference/strategies/diversity_cases.py libs/strategies/testdata/diversity

It writes packages.json. scikit-activeml breaks ties at random; here the lowest index wins, as ours does by id.
"""

import base64
import importlib.metadata
import json
import sys
import warnings
from pathlib import Path

import numpy as np
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import pdist
from skactiveml.base import SkactivemlClassifier
from skactiveml.pool import (
    Badge,
    CoreSet,
    DropQuery,
    MaxHerding,
    ProbCover,
    TypiClust,
    _core_set,
    _drop_query,
    _max_herding,
    _prob_cover,
    _typi_clust,
)
from sklearn.cluster import KMeans
from small_text.query_strategies.coresets import greedy_coreset

from diversity_arrays import load, softmax

warnings.filterwarnings("ignore")
LABELLED = 12


def lowest_argmax(values, **_):
    return np.array([np.nanargmax(values)])


for module in (_core_set, _drop_query, _max_herding, _prob_cover, _typi_clust):
    module.rand_argmax = lowest_argmax


def labels(size, labelled):
    y = np.full(size, np.nan)
    y[labelled] = 0
    return y


class Given(SkactivemlClassifier):
    """A classifier that predicts recorded probabilities: samples are told apart by their features."""

    def __init__(self, rows=None, probabilities=None):
        super().__init__(classes=list(range(probabilities.shape[1])))
        self.rows = rows
        self.probabilities = probabilities

    def fit(self, X, y, sample_weight=None):
        return self

    def predict_proba(self, X):
        return np.stack([self.probabilities[(self.rows == row).all(axis=1).argmax()] for row in X])


def badge(z, p, k):
    y = labels(len(z), [])
    clf = Given(z, p)
    clf.classes_ = np.arange(p.shape[1])
    picks, utilities = Badge(random_state=3).query(
        z, y, clf=clf, fit_clf=False, batch_size=k, return_utilities=True
    )
    return {"picks": [int(i) for i in picks], "shares": np.nan_to_num(utilities[1:]).tolist()}


class Linear(SkactivemlClassifier):
    """A linear classifier without bias that keeps what it is asked: the features as they were dropped."""

    def __init__(self, weights=None):
        super().__init__(classes=list(range(len(weights))))
        self.weights = weights

    def fit(self, X, y, sample_weight=None):
        return self

    def predict_proba(self, X):
        return softmax(X @ self.weights.T)

    def predict(self, X):
        self.asked.append(X != 0)
        return (X @ self.weights.T).argmax(axis=1)


def drop_query(rows, weights, k):
    """Rows of length 1: scikit-activeml clusters them as they are, the paper's authors scale them so."""
    passes, dropout = 3, 0.75
    clf = Linear(weights)
    clf.classes_ = np.arange(len(weights))
    clf.asked = []
    query = DropQuery(
        dropout_rate=dropout, n_dropout_samples=passes, cluster_algo_dict={"n_init": 20, "random_state": 0}, random_state=5
    )
    picks, utilities = query.query(
        rows, labels(len(rows), []), clf=clf, fit_clf=False, batch_size=k, return_utilities=True
    )
    _, *kept = clf.asked
    return {
        "k": k,
        "passes": passes,
        "dropout": dropout,
        # Passes x rows x width, a bit each.
        "kept": base64.b64encode(np.packbits(np.stack(kept))).decode(),
        "candidates": np.flatnonzero(utilities[0] > -np.inf).tolist(),
        "scikit-activeml": [int(i) for i in picks],
    }


def main(folder):
    arrays = {name: array.astype(np.float64) for name, array in load(folder).items()}
    z, p, blobs = arrays["z"], arrays["p"], arrays["blobs"]
    pool = len(z) - LABELLED
    known = np.arange(pool, len(z))
    y = labels(len(z), known)
    unlabelled = np.arange(pool)

    def greedy(x, k):
        return greedy_coreset(x, unlabelled, known, k, distance_metric="euclidean", batch_size=64).tolist()

    def picked(strategy, x, k, y=y):
        return strategy.query(x, y, batch_size=k).tolist()

    # One label in each of three groups, five are left.
    group = KMeans(8, n_init=20, random_state=0).fit_predict(blobs)
    labelled = sorted(int(np.flatnonzero(group == first)[0]) for first in np.unique(group)[:3])
    cases = {
        "coreset": {
            "k": 60,
            "small-text": greedy(z, 60),
            "scikit-activeml": picked(CoreSet(random_state=0), z, 60),
        },
        "cdal": {"k": 60, "small-text": greedy(p, 60)},
        "prob_cover": [
            {"delta": delta, "k": 15, "scikit-activeml": picked(ProbCover(deltas=[delta], random_state=0), z, 15)}
            for delta in (3.0, 4.0)
        ],
        "max_herding": [
            {
                "radius": radius,
                "unit_length": unit,
                "k": 40,
                "scikit-activeml": picked(
                    MaxHerding(normalize_samples=unit, metric_dict={"gamma": 1 / radius**2}, random_state=0), z, 40
                ),
            }
            for radius, unit in ((1.0, True), (0.3, True), (3.0, False))
        ],
        "typiclust": {
            "k": 5,
            "labelled": labelled,
            "scikit-activeml": picked(
                TypiClust(random_state=0, k=20, cluster_algo_dict={"n_init": 20}), blobs, 5, labels(len(blobs), labelled)
            ),
        },
        "badge": {"k": 4, "scikit-activeml": badge(z[:150], p[:150], 4)},
        "drop_query": drop_query(
            blobs / np.linalg.norm(blobs, axis=1, keepdims=True), arrays["drop_weights"], 8
        ),
        "linkage": {
            "rows": 150,
            "scipy": linkage(pdist(z[:150], "sqeuclidean"), "average")[:, 2].tolist(),
        },
    }
    versions = {
        name: importlib.metadata.version(name)
        for name in ("numpy", "scipy", "scikit-learn", "scikit-activeml", "small-text")
    }
    (Path(folder) / "packages.json").write_text(json.dumps({"versions": versions, "cases": cases}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
