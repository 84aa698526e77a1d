"""Reference values for the statistics of hypotheses, by lifelines, statsmodels, scipy and numpy.

    python3 crates/report/tests/parity/make_hypotheses.py

writes kaplan-meier.json, log-rank.json and crossings.json beside this file, from seeded random input.
"""

import json
import pathlib
import warnings

import numpy as np
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times
from scipy.optimize import isotonic_regression
from scipy.stats import linregress
from statsmodels.duration.survfunc import survdiff

HERE = pathlib.Path(__file__).parent
warnings.filterwarnings("ignore")


def times(rng, n, scale, censored):
    at = 50.0 * np.ceil(rng.exponential(scale, n) / 50.0)
    reached = rng.random(n) >= censored
    return at, reached


def kaplan_meier():
    rng = np.random.default_rng(20261130)
    rows = []
    for n, scale, censored in [(5, 300, 0.0), (8, 300, 0.3), (10, 500, 0.6), (15, 200, 0.2),
                               (30, 400, 0.4), (12, 100, 0.0), (6, 300, 0.9)]:
        at, reached = times(rng, n, scale, censored)
        fit = KaplanMeierFitter(alpha=0.05).fit(at, reached)
        ends = median_survival_times(fit.confidence_interval_).to_numpy()[0]
        moments = np.unique(at[reached])
        finite = lambda value: float(value) if np.isfinite(value) else None
        bounds = fit.confidence_interval_.loc[moments].to_numpy()
        rows.append({
            "at": at, "reached": reached, "moments": moments,
            "share": fit.survival_function_at_times(moments).to_numpy(),
            # Where nobody is left lifelines has no bounds.
            "bounds": [[finite(low), finite(high)] for low, high in bounds],
            "median": finite(fit.median_survival_time_),
            "median-95": [finite(ends[0]), finite(ends[1])],
        })
    return rows


def log_ranks():
    rng = np.random.default_rng(7)
    rows = []
    for strata, size, shift in [(1, 20, 1.5), (4, 6, 2.0), (10, 1, 1.6), (15, 1, 1.0), (6, 3, 1.2)]:
        first, second = [], []
        for _ in range(strata):
            first.append(times(rng, size, 200, 0.2))
            second.append(times(rng, size, 200 * shift, 0.3))
        both = lambda index: np.concatenate(
            [np.concatenate([a[index], b[index]]) for a, b in zip(first, second)])
        group = np.concatenate([np.repeat([1, 0], size) for _ in range(strata)])
        label = np.repeat(np.arange(strata), 2 * size)
        chi_squared, p = survdiff(both(0), both(1).astype(int), group, strata=label)
        listed = lambda arm: [{"at": at, "reached": reached} for at, reached in arm]
        rows.append({"first": listed(first), "second": listed(second),
                     "chi-squared": chi_squared, "p": p})
    return rows


def crossings():
    rng = np.random.default_rng(3)
    rows = []
    for n, slope, start in [(3, 1.0, -1.0), (8, 0.5, -1.5), (8, 0.2, -0.3), (6, -0.3, -1.0),
                            (5, 0.3, 0.5), (10, 0.1, -0.5)]:
        xs = np.sort(rng.uniform(0.0, 6.0, n))
        values = start + slope * xs + 0.4 * rng.standard_normal(n)
        fit = isotonic_regression(values).x
        if fit[0] >= 0.0:
            at = "before"
        elif fit[-1] < 0.0:
            at = "after"
        else:
            # On a fine grid and then by bisection, unlike the closed form in Rust.
            low, high = xs[0], xs[-1]
            for _ in range(200):
                middle = 0.5 * (low + high)
                low, high = (middle, high) if np.interp(middle, xs, fit) < 0.0 else (low, middle)
            at = high
        rows.append({"xs": xs, "values": values, "isotonic": fit, "crossing": at,
                     "slope": linregress(xs, values).slope})
    return rows


def plain(value):
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.item()


def write(name, rows):
    text = json.dumps(rows, indent=1, sort_keys=True, default=plain)
    (HERE / name).write_text(text + "\n")


if __name__ == "__main__":
    write("kaplan-meier.json", kaplan_meier())
    write("log-rank.json", log_ranks())
    write("crossings.json", crossings())
