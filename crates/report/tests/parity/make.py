"""Reference values for the statistics, computed with numpy, scipy and statsmodels.

    python3 crates/report/tests/parity/make.py

writes the .json files beside this file: fixed inputs and seeded random ones. The committed files
were made with Python 3.11, numpy 2.4.6, scipy 1.17.1 and statsmodels 0.15.0. Where neither library
has a statistic, it is written here once more in another way than in Rust.
"""

import itertools
import json
import math
import pathlib

import numpy as np
import pandas as pd
from scipy import optimize, stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import ttost_paired

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
    # Random sizes, shifts and spreads.
    for _ in range(12):
        n = int(rng.integers(3, 15))
        base = np.round(0.9 + 0.01 * rng.standard_normal(n), 4)
        theirs.append(base)
        ours.append(np.round(base + 0.01 * rng.standard_normal() +
                             rng.uniform(0.001, 0.02) * rng.standard_normal(n), 4))
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
    tost, (_, not_below, _), _ = ttost_paired(ours, theirs, -rope, rope)
    return {
        "ours": ours.tolist(),
        "theirs": theirs.tolist(),
        "mean": mean,
        "sd": sd,
        "interval-95": [ci95.low, ci95.high],
        "interval-90": [ci90.low, ci90.high],
        "t-test-p": test.pvalue,
        "sign-flip-p": sign_flip(ours, theirs),
        "rope": rope,
        "tost-p": tost,
        "non-inferiority-p": not_below,
        "d-z": mean / sd,
        "g-z": hedges_j(n - 1) * mean / sd,
        "correlation": stats.pearsonr(ours, theirs).statistic,
        "variance-ratio": d.var(ddof=1) / (ours.var(ddof=1) + theirs.var(ddof=1)),
    }


def hedges_j(df):
    """The mean of a non-central t over its non-centrality is what Hedges' factor undoes."""
    return 1.0 / stats.nct.mean(df, 1.0)


def sign_flip(ours, theirs):
    """In integers, so that ties are ties: the scores have at most four decimals."""
    whole = np.round(ours * 1e4) - np.round(theirs * 1e4)
    return stats.permutation_test(
        (whole,), lambda x, axis: np.abs(np.sum(x, axis=axis)), permutation_type="samples",
        vectorized=True, n_resamples=np.inf, alternative="greater", batch=1 << 14).pvalue


def families():
    rng = np.random.default_rng(7)
    fixed = [[0.01, 0.04, 0.03, 0.005], [0.02, 0.02, 0.02], [1.0, 0.9, 0.6], [0.0, 0.03, 0.03, 1.0]]
    random = [np.round(rng.beta(0.5, 2.0, m), 6) for m in [1, 2, 3, 4, 6, 10, 25]]
    return [{"p": np.asarray(p).tolist(),
             "holm": multipletests(p, method="holm")[1].tolist(),
             "benjamini-hochberg": multipletests(p, method="fdr_bh")[1].tolist()}
            for p in fixed + random]


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


def noether():
    """The smallest n at which the normal approximation of the sign statistic has the power."""
    out = []
    for share, alpha, beta in [(0.75, 0.05, 0.05), (0.75, 0.05, 0.2), (0.6, 0.05, 0.2),
                               (0.3, 0.025, 0.1), (0.9, 0.01, 0.05), (0.51, 0.05, 0.2)]:
        n = 1
        while stats.norm.sf(stats.norm.isf(alpha) - abs(share - 0.5) * math.sqrt(6 * n)) < 1 - beta:
            n += 1
        out.append({"share": share, "alpha": alpha, "beta": beta, "pairs": n})
    return out


def wilson():
    out = []
    for wins, n in [(0, 3), (1, 3), (3, 3), (2, 7), (7, 7), (8, 10), (10, 10), (11, 20), (37, 50),
                    (0.5, 3), (7.5, 10), (9.5, 10), (0.5, 20)]:
        low, high = proportion_confint(wins, n, alpha=0.05, method="wilson")
        out.append({"wins": wins, "n": n, "interval": [low, high]})
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


def normal():
    rows = [{"z": z, "upper-tail": stats.norm.sf(z)} for z in [-3.0, -0.2, 0.0, 0.7, 5.0, 20.0]]
    for p in [1e-6, 0.01, 0.2, 0.6, 0.95, 0.999]:
        z = stats.norm.ppf(p)
        rows.append({"p": p, "z": z, "upper-tail": stats.norm.sf(z)})
    return rows


def trends():
    """Page's test: scipy where it is exact and without ties, else every permutation."""
    rng = np.random.default_rng(41)
    rows = []
    for n, k, slope in [(2, 3, 0.0), (3, 3, 1.0), (5, 4, 0.3), (8, 5, -0.2), (10, 6, 0.1),
                        (4, 8, 0.0), (50, 3, 0.1)]:
        blocks = slope * np.arange(k) + rng.standard_normal((n, k))
        rows.append(page(blocks, "exact"))
    for n, k in [(51, 4), (3, 11), (80, 12)]:
        rows.append(page(0.05 * np.arange(k) + rng.standard_normal((n, k)), "asymptotic"))
    # A single block, and ties: few distinct values.
    for n, k in [(1, 4), (2, 3), (4, 4), (6, 5), (3, 6)]:
        rows.append(tied_page(np.round(rng.uniform(0, 2, (n, k)) + 0.3 * np.arange(k))))
    rows.append(tied_page(np.array([[1.0, 1.0, 1.0, 2.0], [3.0, 3.0, 3.0, 3.0]])))
    rows.append(tied_page_asymptotic(np.round(rng.uniform(0, 3, (70, 4)) + 0.1 * np.arange(4))))
    return rows


def page(blocks, method):
    blocks = np.round(blocks, 4)
    up = stats.page_trend_test(blocks, method=method)
    down = stats.page_trend_test(blocks[:, ::-1], method=method)
    return trend_row(blocks, up.statistic, up.pvalue, down.pvalue)


def trend_row(blocks, statistic, up, down):
    return {"blocks": blocks.tolist(), "l": statistic, "increasing": up, "decreasing": down}


def page_sums(block):
    """Twice place times midrank, summed, for every order of one block."""
    ranks = np.round(2 * stats.rankdata(block)).astype(int)
    places = range(1, len(ranks) + 1)
    return [sum(p * r for p, r in zip(places, order)) for order in itertools.permutations(ranks)]


def tied_page(blocks):
    sums = {0: 1.0}
    for block in blocks:
        more, orders = {}, page_sums(block)
        for total, chance in sums.items():
            for one in orders:
                more[total + one] = more.get(total + one, 0.0) + chance / len(orders)
        sums = more
    observed = sum(page_sums(block)[0] for block in blocks)
    up = sum(chance for total, chance in sums.items() if total >= observed)
    down = sum(chance for total, chance in sums.items() if total <= observed)
    return trend_row(blocks, observed / 2, up, down)


def tied_page_asymptotic(blocks):
    sums = [np.array(page_sums(block)) / 2 for block in blocks]
    observed = sum(block[0] for block in sums)
    scale = math.sqrt(sum(np.var(block) for block in sums))
    z = (observed - sum(np.mean(block) for block in sums)) / scale
    return trend_row(blocks, observed, stats.norm.sf(z), stats.norm.cdf(z))


def bootstraps():
    """Where the ends of a 95 % interval may lie.

    Ours come from 10,000 resamples, so the end at p is the quantile of a probability with a
    standard error of sqrt(p (1 - p) / 10,000); four of them are allowed on either side.
    """
    rng = np.random.default_rng(99)
    rows = []
    for n in [3, 4, 5, 8, 10, 20]:
        rows.append(("mean", [np.round(rng.standard_normal(n), 3)]))
    rows.append(("mean", [np.round(rng.lognormal(0.0, 0.8, 12), 3)]))
    rows.append(("mean", [np.array([0.8, 1.1, -0.2, 0.9, 1.4, 0.6, 0.3, 1.0])]))
    for sizes in [(5, 5), (3, 6, 10), (8, 8, 8, 8)]:
        groups = [np.round(i + rng.standard_normal(n), 3) for i, n in enumerate(sizes)]
        rows.append(("iqm", groups))
        rows.append(("improvement", [np.round(group - i, 1) for i, group in enumerate(groups)]))
    return [{"statistic": name, "groups": [group.tolist() for group in groups],
             "low": ends[0], "high": ends[1]}
            for name, groups in rows for ends in [bootstrap_ends(name, groups)]]


def bootstrap_ends(name, groups):
    statistics = {
        "mean": lambda drawn: drawn[0].mean(axis=-1),
        "iqm": lambda drawn: stats.trim_mean(np.concatenate(drawn, axis=-1), 0.25, axis=-1),
        "improvement": lambda drawn: np.mean(
            [0.5 + 0.5 * np.sign(group).mean(axis=-1) for group in drawn], axis=0),
    }
    if name == "mean":
        found = stats.bootstrap((groups[0],), np.mean, n_resamples=400_000, method="percentile",
                                batch=20_000, rng=np.random.default_rng(5))
        drawn = found.bootstrap_distribution
    else:
        rng = np.random.default_rng(6)
        drawn = statistics[name]([rng.choice(group, (400_000, len(group))) for group in groups])
    slack = 4 * math.sqrt(0.025 * 0.975 / 10_000)
    return [np.quantile(drawn, [p - slack, p + slack]).tolist() for p in (0.025, 0.975)]


def many_datasets():
    rng = np.random.default_rng(12)
    thresholds = [-1.0, 0.0, 0.25, 0.5, 1.0, 2.0]
    fixed = [[1.0], [2.0, 1.0], [9.0, 1.0, 2.0], [9.0, 1.0, 2.0, -50.0], [0.5, 0.5, 0.25, 1.0, 0.0]]
    random = [np.round(rng.standard_normal(n), 4).tolist() for n in [5, 8, 11, 30, 101]]
    return [{"scores": scores, "iqm": stats.trim_mean(scores, 0.25), "thresholds": thresholds,
             "profile": stats.ecdf(scores).sf.evaluate(np.array(thresholds)).tolist()}
            for scores in fixed + random]


def components():
    """Crossed streams: mean squares from statsmodels, put into the textbook expectations."""
    rng = np.random.default_rng(77)
    rows = []
    for sizes, spreads in [((3, 3), (1, 2)), ((4, 6), (2, 0)), ((5, 3), (0, 1)), ((2, 5), (1, 1)),
                           ((3, 3, 3), (1, 0, 2)), ((3, 4, 5), (2, 1, 1)), ((4, 2, 3), (1, 1, 0)),
                           ((3, 3, 4), (0, 0, 0))]:
        levels = list(itertools.product(*[range(size) for size in sizes]))
        effects = [spread * rng.standard_normal(size) for spread, size in zip(spreads, sizes)]
        values = [round(sum(e[i] for e, i in zip(effects, row)) + rng.standard_normal(), 3)
                  for row in levels]
        order = rng.permutation(len(levels))
        levels, values = [levels[i] for i in order], [values[i] for i in order]
        streams, residual = anova(levels, values, sizes)
        streams = [None if size < 3 else found for found, size in zip(streams, sizes)]
        rows.append({"levels": [list(row) for row in levels], "values": values,
                     "streams": streams, "residual": residual})
    return rows


def anova(levels, values, sizes):
    names = "abc"[:len(sizes)]
    frame = pd.DataFrame(levels, columns=list(names)).assign(y=values)
    terms = "+".join(f"C({name})" for name in names)
    formula = f"y ~ {terms}" if len(sizes) == 2 else f"y ~ ({terms}) ** 2"
    table = anova_lm(ols(formula, frame).fit())["mean_sq"]
    error = table["Residual"]
    if len(sizes) == 2:
        a, b = sizes
        return [(table["C(a)"] - error) / b, (table["C(b)"] - error) / a], error
    a, b, c = sizes
    ab, ac, bc = (table[f"C({pair[0]}):C({pair[1]})"] for pair in ("ab", "ac", "bc"))
    streams = [(table["C(a)"] - ab - ac + error) / (b * c),
               (table["C(b)"] - ab - bc + error) / (a * c),
               (table["C(c)"] - ac - bc + error) / (a * b)]
    return streams, error + (ab - error) / c + (ac - error) / b + (bc - error) / a


def shapley():
    """By definition: what each component adds, averaged over all orders of adding them."""
    rng = np.random.default_rng(3)
    rows = []
    games = [[0.0, 1.0], [0.0, 1.0, 2.0, 5.0], [0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0]]
    games += [np.round(rng.standard_normal(1 << k), 4).tolist() for k in [1, 2, 3, 4, 5, 6]]
    for values in games:
        k = (len(values) - 1).bit_length()
        orders = list(itertools.permutations(range(k)))
        phi = np.zeros(k)
        for order in orders:
            subset = 0
            for i in order:
                phi[i] += (values[subset | 1 << i] - values[subset]) / len(orders)
                subset |= 1 << i
        rows.append({"values": values, "shapley": phi.tolist()})
    return rows


def write(name, rows):
    text = json.dumps(rows, indent=1, sort_keys=True, default=float)
    (HERE / name).write_text(text + "\n")


if __name__ == "__main__":
    write("bootstrap.json", bootstraps())
    write("components.json", components())
    write("contrasts.json", contrasts())
    write("families.json", families())
    write("many-datasets.json", many_datasets())
    write("noether.json", noether())
    write("normal.json", normal())
    write("power.json", power())
    write("shapley.json", shapley())
    write("student.json", student())
    write("trends.json", trends())
    write("wilson.json", wilson())
