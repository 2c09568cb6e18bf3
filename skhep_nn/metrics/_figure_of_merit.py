"""Figures of merit of a counting experiment with s signal and b background events."""

from __future__ import annotations

import numpy as np

from skhep_nn import _floats
from skhep_nn._shown import shown
from skhep_nn._warnings import warn

_CHUNK = 1 << 13
# events, beyond which squares and products of them leave the range of numbers
_LARGEST = 1e50


def figure_of_merit(s, b, *, kind="asimov", systematic=0.0, sigma_b=None, b_reg=10.0):
    r"""Expected significance of `s` signal events on `b` background events.

    Parameters
    ----------
    s, b : array-like
        Expected signal and background events (sums of weights), of shapes that broadcast.
    kind : str, default="asimov"
        ``"asimov"``: the median discovery significance with an uncertain background, below.
        ``"s/sqrt(b)"``, ``"s/sqrt(s+b)"``: statistical uncertainty only.
        ``"s/sqrt(s+b+sigma_b^2)"``: with the uncertainty of the background.
        ``"ams"``: the approximate median significance of the Higgs challenge,
        :math:`\sqrt{2 ((s + b + b_{reg}) \ln(1 + s / (b + b_{reg})) - s)}`.
    systematic : array-like, default=0.0
        Relative uncertainty of the background, :math:`\sigma_b / b`, 0.2 for 20 %; a warning
        comes above 1. The kinds without `sigma_b` in their formula do not depend on it.
    sigma_b : array-like, default=None
        Absolute uncertainty of the background in events, instead of `systematic`.
    b_reg : float, default=10.0
        Regularisation of ``"ams"`` in events.

    Returns
    -------
    ndarray or float
        NaN for b <= 0, whatever `s` and `kind` are: such a background is not an estimate.
        Otherwise 0 for s <= 0. NaN where `s` or `b` is NaN.

    Raises
    ------
    ValueError
        If `kind` is unknown, an uncertainty or `b_reg` is negative, both uncertainties are given,
        the shapes do not go together, or values are no real numbers or beyond 1e50.

    Notes
    -----
    Asimov, with :math:`\sigma = \sigma_b`:

    .. math:: \sqrt{2 \left[ (s+b) \ln \frac{(s+b)(b+\sigma^2)}{b^2+(s+b)\sigma^2}
              - \frac{b^2}{\sigma^2} \ln\left(1 + \frac{\sigma^2 s}{b(b+\sigma^2)}\right)
              \right]}

    (G. Cowan, Discovery sensitivity for a counting experiment with background uncertainty, 2012;
    without uncertainty G. Cowan et al., arXiv:1007.1727, eq. 97). As it is written it loses all
    digits for small uncertainties or small s/b; here it is rearranged so that nothing cancels.
    "ams": C. Adam-Bourdarios et al., Learning to discover: the Higgs boson machine learning
    challenge, 2014.

    Examples
    --------
    >>> from skhep_nn.metrics import figure_of_merit
    >>> round(figure_of_merit(10, 100, systematic=0.2), 6)
    0.434463
    >>> figure_of_merit([5, 0, 5], [25, 25, 0], kind="s/sqrt(b)").tolist()
    [1.0, 0.0, nan]
    """
    check_settings(kind, systematic, b_reg)
    b_reg = float(b_reg)
    s, b = _yields(s, "s"), _yields(b, "b")
    uncertainty = "systematic" if sigma_b is None else "sigma_b"
    given = _yields(systematic if sigma_b is None else sigma_b, uncertainty)
    s, b, given = _same_shape({"s": s, "b": b, uncertainty: given})
    f = given if sigma_b is None else _relative(given, b, systematic)
    out = np.empty(s.shape)
    # in pieces that stay in the processor's cache: a scan asks for millions of cuts
    flat = [values.reshape(-1) for values in (s, b, f)]
    result = out.reshape(-1)
    for start in range(0, s.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        result[part] = _defined(_KINDS[kind], *(values[part] for values in flat), b_reg)
    return out if out.ndim else out.item()


def check_settings(kind, systematic=0.0, b_reg=10.0):
    """Raise if a figure of merit has no such kind, uncertainty or regularisation."""
    if not isinstance(kind, str) or kind not in _KINDS:
        msg = f"kind={kind!r:.60}; it must be one of {list(_KINDS)}"
        raise ValueError(msg)
    _check_not_negative("systematic", systematic)
    _warn_of_percentages(systematic)
    _check_not_negative("b_reg", _floats.one(b_reg, "b_reg"))


def _check_not_negative(name, value):
    value = _floats.real(value, name)
    if not ((value >= 0) & (value <= _LARGEST)).all():
        bad = value[~((value >= 0) & (value <= _LARGEST))].flat[0]
        msg = f"{name}={bad:.6g}; it must be a finite number >= 0, {_LARGEST:g} at most"
        raise ValueError(msg)


def _warn_of_percentages(systematic):
    largest = _floats.real(systematic, "systematic").max(initial=0)
    if largest > 1:
        msg = (
            f"systematic={largest:.6g} is an uncertainty of {100 * largest:.6g} % of the "
            f"background; one of {largest:.6g} % is systematic={largest / 100:.6g}"
        )
        warn(msg)


def _yields(values, name):
    """Events as float64, NaN for unknown ones."""
    values = _floats.real(values, name)
    # so that squares of sums still are numbers
    bad = np.abs(values) > _LARGEST
    if bad.any():
        msg = f"{name}={values[bad].flat[0]:.6g}; at most {_LARGEST:g} events can be computed with"
        raise ValueError(msg)
    return values


def _same_shape(arrays):
    try:
        return np.broadcast_arrays(*arrays.values())
    except ValueError as error:
        shapes = ", ".join(f"{name} {values.shape}" for name, values in arrays.items())
        msg = f"the shapes do not go together: {shapes}; give one value, or one per s and b"
        raise ValueError(msg) from error


def _relative(sigma_b, b, systematic):
    if np.any(_floats.real(systematic, "systematic")):
        msg = (
            f"systematic={shown(systematic)} and sigma_b={shown(sigma_b)}; give one uncertainty of "
            "b only"
        )
        raise ValueError(msg)
    _check_not_negative("sigma_b", sigma_b)
    with np.errstate(all="ignore"):
        return sigma_b / b


def _defined(function, s, b, f, b_reg):
    good = (b > 0) & (s > 0)
    with np.errstate(all="ignore"):
        if good.all():
            return _checked(function(s, b, f, b_reg), s, b)
        out = np.where((b > 0) & (s <= 0), 0.0, np.nan)
        out[good] = _checked(function(s[good], b[good], f[good], b_reg), s[good], b[good])
    return out


def _checked(values, s, b):
    bad = ~np.isfinite(values)
    if bad.any():
        msg = (
            f"no number holds the figure of merit of s={s[bad][0]:.6g}, b={b[bad][0]:.6g}; the "
            "yields, sums of sample_weight, are too far apart"
        )
        raise ValueError(msg)
    return values


def _asimov(s, b, f, b_reg):
    f2 = f * f
    u = s / (b * (1 + (s + b) * f2))
    small = u < 1
    if small.all():
        half = _asimov_small(s, b, f, u)
    elif not small.any():
        half = _asimov_large(s, b, f2, u)
    else:
        half = np.empty_like(u)
        half[small] = _asimov_small(s[small], b[small], f[small], u[small])
        large = ~small
        half[large] = _asimov_large(s[large], b[large], f2[large], u[large])
    return np.sqrt(2 * np.maximum(half, 0))


def _asimov_small(s, b, f, u):
    q = 1 + f * f * b
    v = f * f * s / q
    return s * u / q + (s + b) * u**2 * _log1p_rest(u) - (f * s / q) ** 2 * _log1p_rest(v)


def _asimov_large(s, b, f2, u):
    q = 1 + f2 * b
    v = f2 * s / q
    factor = np.where(v > 0, np.log1p(v) / v, 1)
    return (s + b) * np.log1p(u) - s / q * factor


def _log1p_rest(x):
    """(ln(1 + x) - x) / x^2 for x >= 0, without cancellation for small x."""
    # ln(1 + x) = 2 artanh(z) with z = x / (2 + x), whose first term is taken out by hand
    y = 1 / (2 + x)
    z = x * y
    small = y * (2 * y * z * _horner(z * z, _ARTANH) - 1)
    if np.all(x < _SERIES_END):
        return small
    return np.where(x < _SERIES_END, small, (np.log1p(x) - x) / x**2)


def _horner(x, coefficients):
    total = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total *= x
        total += coefficient
    return total


_SERIES_END = 0.3
_ARTANH = 1 / np.arange(3, 21, 2)


def _s_over_sqrt_b(s, b, f, b_reg):
    return s / np.sqrt(b)


def _s_over_sqrt_s_b(s, b, f, b_reg):
    return s / np.sqrt(s + b)


def _s_over_sqrt_s_b_sigma(s, b, f, b_reg):
    return s / np.sqrt(s + b + (f * b) ** 2)


def _ams(s, b, f, b_reg):
    # the Asimov significance without uncertainty of a background of b + b_reg events
    return _asimov(s, b + b_reg, np.zeros_like(f), b_reg)


_KINDS = {
    "asimov": _asimov,
    "s/sqrt(b)": _s_over_sqrt_b,
    "s/sqrt(s+b)": _s_over_sqrt_s_b,
    "s/sqrt(s+b+sigma_b^2)": _s_over_sqrt_s_b_sigma,
    "ams": _ams,
}
