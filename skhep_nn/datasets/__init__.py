"""The samples that ship with the package, and loaders for official public files."""

from __future__ import annotations

from skhep_nn import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    {
        "._acceptance": ["make_acceptance"],
        "._hepmass": ["fetch_hepmass"],
        "._higgs_ml": ["fetch_higgs_ml"],
        "._jets": ["load_jets"],
        "._lepton_jets": ["load_lepton_jets"],
        "._particle_lists": ["load_particle_lists"],
        "._resonance": ["load_resonance", "make_resonance"],
    },
)
