"""The coefficients of `math::normal_cdf`: least squares at Chebyshev nodes, in f64, with scipy's erf."""

import numpy as np
from numpy.polynomial import chebyshev
from scipy.special import erf, erfc


def fit(function, low, high, degree, nodes=4000):
    t = np.cos(np.pi * (np.arange(nodes) + 0.5) / nodes)
    x = (low + high) / 2 + (high - low) / 2 * t
    series = chebyshev.cheb2poly(chebyshev.chebfit(t, function(x), degree))
    to_t = np.poly1d([2 / (high - low), -(low + high) / (high - low)])
    power = np.poly1d([0.0])
    for coefficient in series[::-1]:
        power = power * to_t + coefficient
    return [float(np.float32(c)) for c in power.c]


def erf_over_x(square):
    x = np.sqrt(square)
    return np.where(x > 1e-6, erf(x) / np.maximum(x, 1e-6), 2 / np.sqrt(np.pi))


print("ERF_NEAR", fit(erf_over_x, 0, 1, 6))
print("ERFC_FAR", fit(lambda x: -np.log(erfc(x)), 1, 4, 8))
