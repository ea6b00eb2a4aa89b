"""hdbscan, fast_hdbscan and scikit-activeml. The last breaks ties at random; here the lowest index wins, as ours does."""

import warnings

import numpy as np

warnings.filterwarnings("ignore")


def hdbscan(arrays, minClusterSize, minSamples):
    from hdbscan import HDBSCAN

    model = HDBSCAN(
        min_cluster_size=minClusterSize, min_samples=minSamples, approx_min_span_tree=False, core_dist_n_jobs=1
    ).fit(arrays["x"])
    return {"labels": model.labels_.tolist(), "glosh": model.outlier_scores_.tolist()}


def fast_hdbscan(arrays, minClusterSize, minSamples):
    from fast_hdbscan import HDBSCAN

    return {"labels": HDBSCAN(min_cluster_size=minClusterSize, min_samples=minSamples).fit(arrays["x"]).labels_.tolist()}


def queried(strategy, arrays, k):
    from skactiveml.pool import _core_set, _prob_cover, _typi_clust

    for module in (_core_set, _prob_cover, _typi_clust):
        module.rand_argmax = lambda values, **_: np.array([np.nanargmax(values)])
    pool, labelled = arrays["z"], arrays.get("labelled")
    x = pool if labelled is None else np.concatenate([pool, labelled])
    y = np.full(len(x), np.nan)
    y[len(pool) :] = 0
    return {"ids": strategy.query(x, y, batch_size=k).tolist()}


def core_set(arrays, k):
    from skactiveml.pool import CoreSet

    return queried(CoreSet(random_state=0), arrays, k)


def typi_clust(arrays, k, starts=1):
    from skactiveml.pool import TypiClust

    return queried(TypiClust(random_state=0, k=20, cluster_algo_dict={"n_init": starts}), arrays, k)


def prob_cover(arrays, k, delta=None):
    from skactiveml.pool import ProbCover

    classes = arrays["probabilities"].shape[1]
    deltas = None if delta is None else [delta]
    return queried(ProbCover(n_classes=classes, deltas=deltas, random_state=0), arrays, k)
