"""The quantile function of the normal distribution: algorithm AS 241 (PPND16).

M. J. Wichura, "The percentage points of the normal distribution", Applied Statistics 37 (1988) 477;
its relative accuracy is about 1e-16.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

# Numerator and denominator in the middle and in the tails, by falling powers.
MIDDLE = (
    (
        2.5090809287301226727e3,
        3.3430575583588128105e4,
        6.7265770927008700853e4,
        4.5921953931549871457e4,
        1.3731693765509461125e4,
        1.9715909503065514427e3,
        1.3314166789178437745e2,
        3.3871328727963666080e0,
    ),
    (
        5.2264952788528545610e3,
        2.8729085735721942674e4,
        3.9307895800092710610e4,
        2.1213794301586595867e4,
        5.3941960214247511077e3,
        6.8718700749205790830e2,
        4.2313330701600911252e1,
        1.0,
    ),
)
NEAR = (
    (
        7.74545014278341407640e-4,
        2.27238449892691845833e-2,
        2.41780725177450611770e-1,
        1.27045825245236838258e0,
        3.64784832476320460504e0,
        5.76949722146069140550e0,
        4.63033784615654529590e0,
        1.42343711074968357734e0,
    ),
    (
        1.05075007164441684324e-9,
        5.47593808499534494600e-4,
        1.51986665636164571966e-2,
        1.48103976427480074590e-1,
        6.89767334985100004550e-1,
        1.67638483018380384940e0,
        2.05319162663775882187e0,
        1.0,
    ),
)
FAR = (
    (
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        1.24266094738807843860e-3,
        2.65321895265761230930e-2,
        2.96560571828504891230e-1,
        1.78482653991729133580e0,
        5.46378491116411436990e0,
        6.65790464350110377720e0,
    ),
    (
        2.04426310338993978564e-15,
        1.42151175831644588870e-7,
        1.84631831751005468180e-5,
        7.86869131145613259100e-4,
        1.48753612908506148525e-2,
        1.36929880922735805310e-1,
        5.99832206555887937690e-1,
        1.0,
    ),
)
SPLIT = 0.425
FAR_FROM = 5.0


def normal_quantile(graph, p, bound):
    """``scipy.stats.norm.ppf`` of `p`, cut at its values for `bound` and 1 - `bound`."""
    edge = bound - np.spacing(1)
    q = graph.op("Sub", p, 0.5)
    r = graph.op("Sub", SPLIT**2, graph.op("Mul", q, q))
    middle = graph.op("Mul", q, _ratio(graph, r, MIDDLE))
    tail = _tail(graph, p, q)
    is_middle = graph.op("LessOrEqual", graph.op("Abs", q), SPLIT)
    out = graph.where(is_middle, middle, tail, np.float64)
    return graph.op("Clip", out, float(norm.ppf(edge)), float(norm.ppf(1 - edge)))


def _tail(graph, p, q):
    smaller = graph.op("Min", p, graph.op("Sub", np.float64(1.0), p))
    # what is cut off anyway must not become infinite
    smaller = graph.op("Max", smaller, 1e-300)
    r = graph.op("Sqrt", graph.op("Neg", graph.op("Log", smaller)))
    near = _ratio(graph, graph.op("Sub", r, 1.6), NEAR)
    far = _ratio(graph, graph.op("Sub", r, FAR_FROM), FAR)
    is_near = graph.op("LessOrEqual", r, FAR_FROM)
    size = graph.where(is_near, near, far, np.float64)
    return graph.op("Mul", size, graph.op("Sign", q))


def _ratio(graph, x, coefficients):
    above, below = (_polynomial(graph, x, one) for one in coefficients)
    return graph.op("Div", above, below)


def _polynomial(graph, x, coefficients):
    out = graph.constant(coefficients[0], np.float64)
    for coefficient in coefficients[1:]:
        out = graph.op("Add", graph.op("Mul", x, out), float(coefficient))
    return out
