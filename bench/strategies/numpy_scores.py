"""k highest scores in numpy, float32: over whole arrays as one would write it, and in blocks that stay in a cache."""

import numpy as np

BLOCK = 8192


def lowest(values, k):
    """Positions of the k lowest, lowest first."""
    some = np.argpartition(values, k)[:k]
    return {"ids": some[np.argsort(values[some])].tolist()}


def least_confidence(arrays, k):
    return lowest(arrays["probabilities"].max(axis=1), k)


def margin(arrays, k):
    classes = arrays["probabilities"].shape[1]
    two = np.partition(arrays["probabilities"], classes - 2, axis=1)[:, -2:]
    return lowest(two[:, 1] - two[:, 0], k)


def entropy(arrays, k):
    p = arrays["probabilities"]
    terms = np.log(p)
    terms *= p
    return lowest(row_sums(terms), k)


def bald(arrays, k):
    q = arrays["monteCarlo"]
    terms = np.log(q)
    terms *= q
    conditional = row_sums(terms.sum(axis=0))
    conditional /= len(q)
    mean = q.mean(axis=0)
    terms = np.log(mean)
    terms *= mean
    return lowest(row_sums(terms) - conditional, k)


def row_sums(terms):
    """A product with ones: twice as fast as sum(axis=1) on rows of 10."""
    return terms @ np.ones(terms.shape[1], np.float32)


def blocks(size):
    return (slice(start, min(start + BLOCK, size)) for start in range(0, size, BLOCK))


def least_confidence_in_blocks(arrays, k):
    p = arrays["probabilities"]
    values = np.empty(len(p), np.float32)
    for block in blocks(len(p)):
        np.maximum.reduce(p[block].T.copy(), axis=0, out=values[block])
    return lowest(values, k)


def margin_in_blocks(arrays, k):
    p = arrays["probabilities"]
    values = np.empty(len(p), np.float32)
    for block in blocks(len(p)):
        columns = p[block].T.copy()
        first, second = np.maximum(columns[0], columns[1]), np.minimum(columns[0], columns[1])
        for column in columns[2:]:
            np.maximum(second, np.minimum(first, column), out=second)
            np.maximum(first, column, out=first)
        np.subtract(first, second, out=values[block])
    return lowest(values, k)


def entropy_in_blocks(arrays, k):
    p = arrays["probabilities"]
    values = np.empty(len(p), np.float32)
    for block in blocks(len(p)):
        terms = np.log(p[block])
        terms *= p[block]
        values[block] = row_sums(terms)
    return lowest(values, k)


def bald_in_blocks(arrays, k):
    q = arrays["monteCarlo"]
    passes, size, _ = q.shape
    values = np.empty(size, np.float32)
    for start in range(0, size, BLOCK // passes):
        block = slice(start, min(start + BLOCK // passes, size))
        some = q[:, block]
        terms = np.log(some)
        terms *= some
        conditional = row_sums(terms.sum(axis=0))
        conditional /= passes
        mean = some.mean(axis=0)
        terms = np.log(mean)
        terms *= mean
        values[block] = row_sums(terms) - conditional
    return lowest(values, k)
