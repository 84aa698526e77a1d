"""Reference values for the solvers, computed with scikit-learn.

    python3 crates/features/tests/parity/make.py

writes the .json files beside this file: seeded features of several shapes and scales, and what
`LogisticRegression` and `Ridge` make of them after `StandardScaler`, given for features as they come.
The committed files were made with Python 3.11, numpy 2.4.6 and scikit-learn 1.9.1.
"""

import json
import pathlib

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

HERE = pathlib.Path(__file__).parent
STRENGTHS = [1.0, 0.1, 0.01, 1e-3]


def features(rng, n, d, classes):
    """f32 features of different scales and means, correlated, with labels that depend on them."""
    mixing = rng.standard_normal((d, d)) / np.sqrt(d) + np.eye(d)
    x = rng.standard_normal((n, d)) @ mixing
    labels = np.argmax(x @ rng.standard_normal((d, classes)) + rng.gumbel(size=(n, classes)), axis=1)
    labels[:classes] = np.arange(classes)
    scale, shift = rng.uniform(0.1, 10, d), rng.uniform(-5, 5, d)
    return (x * scale + shift).astype(np.float32), labels


def folded(scaler, weights, bias):
    weights = weights / scaler.scale_
    return weights, bias - weights @ scaler.mean_


def logistic(x, labels, strength):
    """Newton's method carries scikit-learn's result on to rounding."""
    n, classes = len(x), labels.max() + 1
    c = (2 if classes == 2 else 1) / (n * strength)
    model = LogisticRegression(C=c, solver="lbfgs", tol=1e-10, max_iter=100_000).fit(x, labels)
    if classes == 2:
        weights = np.concatenate([-model.coef_, model.coef_]) / 2
        bias = np.concatenate([-model.intercept_, model.intercept_]) / 2
    else:
        weights, bias = model.coef_, model.intercept_ - model.intercept_.mean()
    return polish(x, labels, strength, weights, bias)


def polish(x, labels, strength, weights, bias):
    n, d = x.shape
    classes = len(bias)
    ones = np.concatenate([x, np.ones((n, 1))], axis=1)
    decay = np.repeat([[strength] * d + [0.0]], classes, axis=0).ravel()
    onehot = np.eye(classes)[labels]
    point = np.concatenate([weights, bias[:, None]], axis=1).ravel()
    start = point.copy()
    for _ in range(4):
        logits = ones @ point.reshape(classes, d + 1).T
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        gradient = ((p - onehot).T @ ones / n).ravel() + decay * point
        spread = np.einsum("nc,ck->nck", p, np.eye(classes)) - np.einsum("nc,nk->nck", p, p)
        hessian = np.einsum("nck,ni,nj->cikj", spread, ones, ones, optimize=True) / n
        hessian = hessian.reshape(classes * (d + 1), -1) + np.diag(decay)
        point = point - np.linalg.lstsq(hessian, gradient, rcond=1e-13)[0]
    assert np.abs(point - start).max() < 1e-4 * max(1, np.abs(point).max()), np.abs(point - start).max()
    assert np.abs(gradient).max() < 1e-13, np.abs(gradient).max()
    rows = point.reshape(classes, d + 1)
    weights, bias = rows[:, :-1], rows[:, -1] - rows[:, -1].mean()
    logits = x @ weights.T + bias
    log_p = logits - logsumexp(logits)
    objective = -log_p[np.arange(n), labels].mean() + strength / 2 * (weights**2).sum()
    return weights, bias, objective


def logsumexp(logits):
    top = logits.max(axis=1, keepdims=True)
    return top + np.log(np.exp(logits - top).sum(axis=1, keepdims=True))


def ridge(x, targets, strength):
    model = Ridge(alpha=len(x) * strength, solver="svd", tol=1e-12).fit(x, targets)
    return model.coef_, model.intercept_


def case(rng, n, d, classes):
    x, labels = features(rng, n, d, classes)
    scaler = StandardScaler().fit(x.astype(np.float64))
    scaled = scaler.transform(x.astype(np.float64))
    result = {"width": d, "classes": classes, "features": x.ravel().astype(float).tolist(),
              "labels": labels.tolist(), "mean": scaler.mean_.tolist(),
              "deviation": scaler.scale_.tolist(), "logistic": [], "ridge": []}
    onehot = np.eye(classes)[labels]
    for strength in STRENGTHS:
        weights, bias, objective = logistic(scaled, labels, strength)
        weights, bias = folded(scaler, weights, bias)
        result["logistic"].append({"strength": strength, "weights": weights.ravel().tolist(),
                                   "bias": bias.tolist(), "objective": objective})
        weights, bias = folded(scaler, *ridge(scaled, onehot, strength))
        result["ridge"].append({"strength": strength, "weights": weights.ravel().tolist(),
                                "bias": bias.tolist(), "objective": None})
    return result


def main():
    rng = np.random.default_rng(20261130)
    shapes = [(60, 5, 3), (40, 8, 2), (12, 20, 4), (130, 3, 7)]
    cases = [case(rng, *shape) for shape in shapes]
    (HERE / "solvers.json").write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()
