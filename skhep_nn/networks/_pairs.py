"""What two particles have to do with each other: the pairwise features of the particle transformer.

Qu, Li, Qian: Particle Transformer for jet tagging, arXiv:2202.03772, equation (3): for particles a
and b ``Delta = sqrt((y_a - y_b)^2 + (phi_a - phi_b)^2)``, ``kT = min(pT_a, pT_b) Delta``,
``z = min(pT_a, pT_b) / (pT_a + pT_b)``, ``m^2 = (E_a + E_b)^2 - |p_a + p_b|^2``, each as its
logarithm, because they span many orders of magnitude.
"""

from __future__ import annotations

import keras
from keras import ops

from skhep_nn.networks._padding import OfEntries, register

# ln Delta, ln kT, ln z, ln m^2
N_PAIR_FEATURES = 4
# Below this part of the scale of its kind a number is rounding of float32.
SMALL = 1e-8
# What pairs are computed in where networks compute in short types.
WIDE = {"float16": "float32", "bfloat16": "float32"}


def _cartesian(p):
    """(px, py, pz, E) as they are."""
    return p[0], p[1], p[2], p[3]


def _cylindrical(p):
    """(px, py, pz, E) of (pT, eta, phi) or (pT, eta, phi, m); without a mass it is 0."""
    pt, eta, phi = p[0], p[1], p[2]
    pz = pt * ops.sinh(eta)
    square = pt * pt + pz * pz
    if len(p) > 3:
        square = square + p[3] * p[3]
    return pt * ops.cos(phi), pt * ops.sin(phi), pz, ops.sqrt(square)


COORDINATES = {"cartesian": (_cartesian, (4,)), "cylindrical": (_cylindrical, (3, 4))}


@register
class PairFeatures(OfEntries):
    """Logarithms of Delta, kT, z and m^2 of each two entries; 0 where one is padding.

    Parameters
    ----------
    coordinates : {"cartesian", "cylindrical"}
        What the four-momenta are: (px, py, pz, E), or (pT, eta, phi) and perhaps the mass.
    """

    def __init__(self, coordinates="cartesian", **kwargs):
        # squares of momenta overflow float16, and small masses are lost in bfloat16
        super().__init__(**{"autocast": False, **kwargs})
        self.coordinates = coordinates

    def call(self, momenta, entries):
        """Features of shape (n_events, length, length, 4).

        Parameters
        ----------
        momenta : tensor of shape (n_events, length, 3 or 4)
        entries : tensor of bool of shape (n_events, length)
        """
        convert, _ = COORDINATES[self.coordinates]
        momenta = ops.cast(momenta, WIDE.get(self.compute_dtype, self.compute_dtype))
        parts = [momenta[..., i] for i in range(momenta.shape[-1])]
        features = ops.cast(ops.stack(_logarithms(*convert(parts)), axis=-1), self.compute_dtype)
        both = ops.expand_dims(entries, 1) & ops.expand_dims(entries, 2)
        return ops.where(ops.expand_dims(both, -1), features, ops.zeros_like(features))

    def compute_output_spec(self, momenta, entries):
        """Shape and type of what `call` returns."""
        n_events, length = momenta.shape[:2]
        return keras.KerasTensor(
            (n_events, length, length, N_PAIR_FEATURES), dtype=self.compute_dtype
        )

    def get_config(self):
        """What the layer is made from."""
        return {**super().get_config(), "coordinates": self.coordinates}


def _logarithms(px, py, pz, energy):
    pt = ops.sqrt(px * px + py * py)
    inverse = 1 / ops.maximum(pt, SMALL)
    delta = ops.sqrt(
        _differences(_rapidity(pt, pz, energy)) ** 2 + _angle(px * inverse, py * inverse) ** 2
    )
    softer = ops.minimum(*_two(pt))
    z = softer / ops.maximum(_sums(pt), SMALL)
    total = _sums(energy) ** 2
    mass = total - _sums(px) ** 2 - _sums(py) ** 2 - _sums(pz) ** 2
    # the mass of nearly parallel particles is a small difference of large numbers
    mass = ops.maximum(mass, ops.maximum(1e-7 * total, SMALL))
    return [
        ops.log(ops.maximum(delta, 1e-4)),
        ops.log(ops.maximum(softer * delta, SMALL)),
        ops.log(ops.maximum(z, SMALL)),
        ops.log(mass),
    ]


def _rapidity(pt, pz, energy):
    """``ln((E + |pz|) / mT)`` with the sign of pz: no difference of large numbers in float32."""
    length = ops.abs(pz)
    transverse = ops.sqrt(ops.maximum((energy - length) * (energy + length), pt * pt))
    ratio = (ops.maximum(energy, length) + length) / ops.maximum(transverse, SMALL)
    return ops.sign(pz) * ops.log(ops.maximum(ratio, 1))


def _angle(x, y):
    """The angle between unit vectors, from their chord, which is exact for small angles."""
    chord = ops.sqrt(_differences(x) ** 2 + _differences(y) ** 2)
    return 2 * ops.arcsin(ops.minimum(chord / 2, 1))


def _two(x):
    return ops.expand_dims(x, 2), ops.expand_dims(x, 1)


def _differences(x):
    a, b = _two(x)
    return a - b


def _sums(x):
    a, b = _two(x)
    return a + b
