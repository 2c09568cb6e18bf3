"""PDG codes to tokens of an embedding."""

from __future__ import annotations

from collections import Counter
from numbers import Integral
from typing import ClassVar

import numpy as np
from sklearn.base import OneToOneFeatureMixin
from sklearn.utils.validation import check_is_fitted

from skhep_nn import _frames
from skhep_nn._validation import Interval
from skhep_nn.preprocessing import _jagged
from skhep_nn.preprocessing import _pdg_vocabulary as _pdg
from skhep_nn.preprocessing._pdg_encoder import PDGEncoder, folded_counts, with_mask


class PDGTokenizer(OneToOneFeatureMixin, PDGEncoder):
    """PDG codes to dense integers for an embedding: 0 is padding, 1 an unknown code.

    Parameters
    ----------
    categories : {"auto", "all"} or list of int, default="auto"
        The PDG codes that get a token: those that `fit` saw, every particle that `particle`
        knows, or these in this order.
    groups : dict of str to list of int or callable, default=None
        Codes that share a token, by its name. A callable is asked about each code, e.g.
        ``particle.pdgid.is_lepton``. Groups come first.
    handle_unknown : {"other", "error", "ignore"}, default="other"
        What other codes get in `transform`: token 1, an error, or token 0 as if not there.
    antiparticles : {"separate", "merge"}, default="separate"
        Whether an antiparticle has a token of its own or that of its particle.
    share : str, default=None
        Tokenizers in one `BlockTransformer` with the same `share`, and that of the block of this
        name, have one vocabulary, that of all their codes, as an embedding that they share needs.
        Elsewhere it does nothing.
    vocabulary_size : int, default=None
        Number of tokens whatever codes there are: tokens of no code are left free, and of too many
        codes the rarest are unknown. A network then has the same shape with whatever files it is
        trained. None is as many as there are codes.

    Attributes
    ----------
    categories_ : tuple of int or str
        Code or name of the group of the tokens from 2 on.
    vocabulary_ : tuple
        What each token stands for: "padding", "other", then `categories_`.
    n_unknown_ : int
        Codes without a category in the last `fit` or `transform`; 0, the padding, is not one.
    unknown_codes_ : dict of int to int
        Which they were, and how often.
    invalid_codes_ : dict of int to int
        Codes in the data of `fit` that are no valid PDG ids, and how often they occur; a warning
        names them. With ``categories="auto"`` they have a token like the others.

    Raises
    ------
    ValueError
        If codes are no integers, or unknown while ``handle_unknown="error"``; if `vocabulary_size`
        has no room for the codes given as `categories`, or for the groups.

    Examples
    --------
    >>> tokenizer = PDGTokenizer().fit([211, -211, 22, 0])
    >>> tokenizer.vocabulary_
    ('padding', 'other', 22, 211, -211)
    >>> tokenizer.transform([[211, 0], [321, 22]]).tolist()
    [[3, 0], [1, 2]]
    """

    _first = 2
    _unknown_value = 1

    _parameter_constraints: ClassVar[dict] = {
        **PDGEncoder._parameter_constraints,
        "share": [str, None],
        "vocabulary_size": [Interval(Integral, 1, 2**31 - 1, closed="both"), None],
    }

    def __init__(
        self,
        categories="auto",
        *,
        groups=None,
        handle_unknown="other",
        antiparticles="separate",
        share=None,
        vocabulary_size=None,
    ):
        super().__init__(
            categories, groups=groups, handle_unknown=handle_unknown, antiparticles=antiparticles
        )
        self.share = share
        self.vocabulary_size = vocabulary_size

    def _have_seen(self, counts):
        """Have a vocabulary with the codes of tokenizers of other blocks, too."""
        self._also_seen = dict(counts)
        self._fix_vocabulary(self._seen, self._seen_last)

    def _vocabulary_of(self, seen):
        seen = dict(Counter(seen) + Counter(getattr(self, "_also_seen", None) or {}))
        vocabulary, size = super()._vocabulary_of(seen), self.vocabulary_size
        if size is None or len(vocabulary.categories) <= size - self._first:
            return vocabulary
        n_groups = len(self.groups or {})
        room = max(size - self._first, n_groups) - n_groups
        if isinstance(self.categories, str) and self.categories == "auto":
            codes = vocabulary.categories[n_groups:]
            codes = _pdg.most_frequent(codes, folded_counts(seen, self.antiparticles), room)
            vocabulary = _pdg.Vocabulary.of(codes, self.groups, self.antiparticles)
        _pdg.check_room(len(vocabulary.categories), size, self._first, type(self).__name__)
        return vocabulary

    @property
    def vocabulary_(self):
        check_is_fitted(self)
        return ("padding", "other", *self.categories_)

    def transform(self, X):
        """Look the tokens up.

        Parameters
        ----------
        X : integers of any shape, or lists of integers

        Returns
        -------
        ndarray of int32 of the shape of `X`, or lists of tokens in the container of `X`
        """
        check_is_fitted(self)
        X = _frames.as_lists(X)
        source, codes = self._read(X, reset=False)
        tokens = self._encode(codes)
        if self.handle_unknown == "ignore":
            tokens[tokens == self._unknown_value] = 0
        if isinstance(source, _jagged.Jagged):
            return source.with_values(list(tokens.T)).rebuilt()
        return with_mask(tokens, X) if np.ma.isMaskedArray(X) else tokens
