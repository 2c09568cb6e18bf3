"""Transformers: scaling, event weights, padded sequences, PDG codes, decay strings, blocks."""

from __future__ import annotations

from skhep_nn import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    {
        "._balancer": ["EventWeightBalancer"],
        "._block_transformer": ["BlockTransformer"],
        "._decay_string": ["DecayStringTokenizer", "decay_strings"],
        "._minmax": ["MinMaxScaler"],
        "._robust_clip": ["RobustClipScaler"],
        "._padder": ["SequencePadder"],
        "._pdg_one_hot_encoder": ["PDGOneHotEncoder"],
        "._pdg_tokenizer": ["PDGTokenizer"],
    },
)
