"""Records what SciPy (and, for Holm, statsmodels) give for the routines in libs/core/src/statistics.

Run by hand, in a virtual environment with scipy==1.17.1 and statsmodels==0.15.0:
    python tools/reference/scipy/statistics.py > libs/core/testdata/scipy-statistics.json
"""

import json

import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests

DEGREES = [1, 2, 2.5, 3, 4, 5, 9, 10, 29, 99, 500, 1000]
# Not nearer to 0: SciPy 1.17.1 loses digits there (t.cdf(-1e-8, 1) is off by 2e-9 from 0.5 + atan(t) / pi).
T_VALUES = [0.0, 0.001, 0.5, 1.0, 1.96, 3.182, 5.0, 12.7, 40.0, 300.0]
LEVELS = [0.5, 0.6, 0.75, 0.9, 0.95, 0.975, 0.995, 0.9995, 0.999999]


def samples(random):
    for n in (2, 3, 4, 5, 10, 30):
        values = np.round(random.normal(0.8, 0.05, n), 6)
        baseline = np.round(random.normal(0.78, 0.05, n), 6)
        differences = values - baseline
        interval = stats.t.interval(0.95, n - 1, values.mean(), stats.sem(values))
        paired = stats.ttest_rel(values, baseline)
        paired_interval = paired.confidence_interval(0.95)
        yield {
            "values": values.tolist(),
            "baseline": baseline.tolist(),
            "mean": values.mean(),
            "sd": values.std(ddof=1),
            "ci95": [float(x) for x in interval],
            "differenceMean": differences.mean(),
            "differenceCi95": [paired_interval.low, paired_interval.high],
            "p": paired.pvalue,
        }


def main():
    random = np.random.default_rng(20240607)
    p_families = [np.round(random.uniform(0, 0.2, n), 6).tolist() for n in (1, 2, 5, 12)] + [[0.01, 0.01, 0.9]]
    record = {
        "scipy": scipy.__version__,
        "statsmodels": statsmodels.__version__,
        "numpy": np.__version__,
        "seed": 20240607,
        "tolerance": "1e-12 relative, 1e-14 absolute",
        "cdf": [[t, v, stats.t.cdf(t, v)] for v in DEGREES for s in (-1, 1) for t in (s * x for x in T_VALUES)],
        "twoSided": [[t, v, 2 * stats.t.sf(t, v)] for v in DEGREES for t in T_VALUES],
        "quantile": [[p, v, stats.t.ppf(p, v)] for v in DEGREES for p in LEVELS + [0.025, 0.1]],
        "samples": list(samples(random)),
        "holm": [{"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()} for p in p_families],
    }
    print(json.dumps(record, default=float))


main()
