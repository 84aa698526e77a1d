"""Reference values for the statistics, computed with numpy and scipy.

    python3 crates/report/tests/parity/make.py

writes the .json files beside this file.
"""

import json
import math
import pathlib

import numpy as np
from scipy import optimize, special, stats

HERE = pathlib.Path(__file__).parent


def contrasts():
    rng = np.random.default_rng(20240817)
    theirs, ours = [], []
    for n, shift, spread in [(3, 0.01, 0.004), (5, -0.02, 0.01), (7, 0.003, 0.002), (8, 0.0, 0.01),
                             (10, 0.05, 0.004), (13, -0.004, 0.008), (17, 0.002, 0.003),
                             (20, 0.001, 0.002)]:
        base = np.round(0.9 + 0.01 * rng.standard_normal(n), 4)
        theirs.append(base)
        ours.append(np.round(base + shift + spread * rng.standard_normal(n), 4))
    # Ties, skewed, heavy spread, and losses of another scale.
    theirs.append(np.array([0.9, 0.9, 0.9, 0.91, 0.92, 0.9]))
    ours.append(np.array([0.91, 0.9, 0.91, 0.91, 0.93, 0.91]))
    theirs.append(np.round(rng.lognormal(0.0, 0.8, 9), 3))
    ours.append(np.round(rng.lognormal(0.2, 0.8, 9), 3))
    theirs.append(np.round(1e3 + rng.standard_normal(6), 2))
    ours.append(np.round(1e3 + rng.standard_normal(6), 2))
    return [contrast(a, b) for a, b in zip(ours, theirs)]


def contrast(ours, theirs):
    d = ours - theirs
    n, mean, sd = len(d), d.mean(), d.std(ddof=1)
    rope = 0.5 * abs(mean) + 0.8 * sd
    test = stats.ttest_1samp(d, 0.0)
    ci95, ci90 = test.confidence_interval(0.95), test.confidence_interval(0.90)
    flip = sign_flip(ours, theirs)
    check = stats.permutation_test(
        (d,), lambda x, axis: np.abs(np.sum(x, axis=axis)), permutation_type="samples",
        vectorized=True, n_resamples=np.inf, alternative="greater", batch=1 << 14)
    # scipy compares floating-point sums, so it may miss ties; it cannot find more.
    assert flip - 0.005 < check.pvalue <= flip + 1e-12, (flip, check.pvalue)
    low = stats.ttest_1samp(d, -rope, alternative="greater").pvalue
    high = stats.ttest_1samp(d, rope, alternative="less").pvalue
    df = n - 1
    j = math.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / math.sqrt(df / 2)
    return {
        "ours": ours.tolist(),
        "theirs": theirs.tolist(),
        "mean": mean,
        "sd": sd,
        "interval-95": [ci95.low, ci95.high],
        "interval-90": [ci90.low, ci90.high],
        "t-test-p": test.pvalue,
        "sign-flip-p": flip,
        "rope": rope,
        "tost-p": max(low, high),
        "d-z": mean / sd,
        "g-z": j * mean / sd,
        "correlation": stats.pearsonr(ours, theirs).statistic,
        "variance-ratio": d.var(ddof=1) / (ours.var(ddof=1) + theirs.var(ddof=1)),
    }


def sign_flip(ours, theirs):
    """All sign vectors, in integers: the scores have at most four decimals."""
    k = np.round(ours * 1e4).astype(np.int64) - np.round(theirs * 1e4).astype(np.int64)
    sums = np.zeros(1, dtype=np.int64)
    for size in k:
        sums = np.concatenate([sums + size, sums - size])
    return float(np.mean(np.abs(sums) >= abs(k.sum())))


def families():
    rng = np.random.default_rng(7)
    out = []
    for m in [1, 2, 3, 4, 6, 10, 25]:
        p = np.round(rng.beta(0.5, 2.0, m), 6)
        order = np.argsort(p, kind="stable")
        holm = np.empty(m)
        floor = 0.0
        for rank, i in enumerate(order):
            floor = max(floor, min(1.0, (m - rank) * p[i]))
            holm[i] = floor
        bh = stats.false_discovery_control(p, method="bh")
        out.append({"p": p.tolist(), "holm": holm.tolist(), "benjamini-hochberg": bh.tolist()})
    return out


def power():
    """The effect that a paired t test finds with 80 % power, from the non-central t."""
    out = []
    for m in [1, 2, 3, 10]:
        for n in [3, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30]:
            df, alpha = n - 1, 0.05 / m
            reject = stats.t.ppf(1 - alpha / 2, df)

            near = (reject + stats.t.ppf(0.8, df)) / math.sqrt(n)

            def miss(d):
                return stats.nct.sf(reject, df, d * math.sqrt(n)) - 0.8

            exact = optimize.brentq(miss, 0.9 * near, 1.3 * near)
            out.append({"n": n, "contrasts": m, "detectable-d": exact})
    return out


def wilson():
    out = []
    for wins, n in [(0, 3), (1, 3), (3, 3), (2, 7), (7, 7), (8, 10), (10, 10), (11, 20), (37, 50)]:
        ci = stats.binomtest(wins, n).proportion_ci(0.95, method="wilson")
        out.append({"wins": wins, "n": n, "interval": [ci.low, ci.high]})
    return out


def student():
    rows = []
    for df in [1, 2, 3, 6, 7, 9, 19, 29, 99]:
        for p in [0.6, 0.8, 0.9, 0.95, 0.975, 0.995, 0.99975]:
            t = stats.t.ppf(p, df)
            rows.append({"df": df, "p": p, "quantile": t, "upper-tail": stats.t.sf(t, df)})
        for t in [-2.5, 0.3, 12.0, 80.0]:
            rows.append({"df": df, "t": t, "upper-tail": stats.t.sf(t, df)})
    return rows


def write(name, rows):
    text = json.dumps(rows, indent=1, sort_keys=True, default=float)
    (HERE / name).write_text(text + "\n")


if __name__ == "__main__":
    write("contrasts.json", contrasts())
    write("families.json", families())
    write("power.json", power())
    write("student.json", student())
    write("wilson.json", wilson())
