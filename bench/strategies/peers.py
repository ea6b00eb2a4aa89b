"""The peers' side: the same requests and answers as ours.mjs."""

import importlib
import json
import os
import resource
import sys
import time

import numpy as np
from threadpoolctl import threadpool_info

MODULES = ("numpy_scores", "numpy_distances", "packages")


def cpu():
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def call_named(name):
    for module in MODULES:
        found = getattr(importlib.import_module(module), name, None)
        if found is not None:
            return found
    raise ValueError(f"no peer is called {name}")


def kernels():
    pools = threadpool_info()
    return ", ".join(f"{pool['internal_api']} {pool.get('architecture', '')} x {pool['num_threads']}" for pool in pools)


def timed(call, arrays, options, repeats):
    before, start = cpu(), time.perf_counter()
    for _ in range(repeats):
        result = call(arrays, **options)
    wall, used = time.perf_counter() - start, cpu() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"cpu": used / repeats, "wall": wall / repeats, "result": result, "peak": peak}


def main():
    # What packages print must not come between the answers.
    answers, sys.stdout = sys.stdout, open(os.devnull, "w")
    arrays = {}
    for line in sys.stdin:
        request = json.loads(line)
        if "open" in request:
            arrays = {
                name: np.fromfile(array["file"], "<f4").reshape(array["shape"])
                for name, array in request["open"].items()
            }
            answer = {"kernels": kernels()}
        elif "warm" in request:
            rows = request.get("rows")
            some = arrays if rows is None else {name: array[:rows] for name, array in arrays.items()}
            warm = request["warm"]
            timed(call_named(warm["call"]), some, warm["options"], request["repeats"])
            answer = {}
        else:
            run = request["run"]
            answer = timed(call_named(run["call"]), arrays, run["options"], request["repeats"])
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main()
