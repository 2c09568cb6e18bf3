"""The branches of a network: what each block goes through, said in a dict."""

from __future__ import annotations

import contextlib
import difflib
import inspect

from skhep_nn import _choices
from skhep_nn.networks._attention import attention
from skhep_nn.networks._convolutions import convolutional
from skhep_nn.networks._dense import hidden
from skhep_nn.networks._recurrent import recurrent
from skhep_nn.networks._residual import residual_convolutional, residual_dense
from skhep_nn.networks._sets import deep_sets

# What a block may go through, the first by default; blocks of tokens are sequences of vectors.
KINDS = {
    "features": {"dense": hidden, "resnet": residual_dense},
    "sequence": {
        "cnn": convolutional,
        "lstm": recurrent,
        "resnet": residual_convolutional,
        "attention": attention,
        "deepsets": deep_sets,
    },
}
# Arguments by which other networks act inside a body.
HOOKS = ("after", "before", "momenta")
OF_SEQUENCES = ("tokens", "features", "dense_units", "dense_dropout", "dense_activation")


def complete(branches, inputs):
    """Every branch with its kind, and each block of tokens with the sequence that it joins.

    Parameters
    ----------
    branches : dict of str to dict, or None
        As the user said; blocks that are not named get what suits their kind.
    inputs : dict of str to dict
        Blocks: ``"kind"``, ``"shape"`` of an event, ``"vocabulary_size"``, ``"mask"``, ``"of"``.

    Returns
    -------
    tuple of (dict of str to dict, dict of str to list of str)
        The branches in the order of their names, and the tokens that join each sequence.

    Raises
    ------
    ValueError
        Naming a block, kind or key that is not known, and the nearest one.
    """
    given = _choices.names(branches, "branches")
    branches = {name: _as_dict(name, branch) for name, branch in given.items()}
    # in an order of their own, so that the same blocks in another order are the same network
    inputs = {name: inputs[name] for name in sorted(inputs)}
    for name in branches:
        known(name, [n for n in inputs if inputs[n]["kind"] != "mask"], "branches names block")
    joined = _tokens_of_sequences(branches, inputs)
    _check_beside(branches, inputs)
    of_sequence = {token for tokens in joined.values() for token in tokens}
    momenta = {branch["pairwise"] for branch in branches.values() if _names_momenta(branch)}
    done = {}
    for name, block in inputs.items():
        if block["kind"] == "mask" or name in momenta - {*branches}:
            continue
        branch = branches.get(name, {})
        if name in of_sequence:
            check_keys(branch, {"embedding_size"}, f"branches[{name!r}]")
            continue
        done[name] = _with_kind(name, branch, block)
    return done, joined


def parameters_of(function):
    """Names of the keyword arguments of `function` that a branch may set."""
    arguments = inspect.signature(function).parameters.values()
    return {a.name for a in arguments if a.default is not a.empty} - {*HOOKS}


@contextlib.contextmanager
def named(what):
    """Errors of values say where they are."""
    try:
        yield
    except ValueError as error:
        msg = f"{what}: {error}"
        raise ValueError(msg) from error


def check_keys(given, allowed, what):
    """Raise if `given` has a key that is not `allowed`, naming the nearest one.

    Raises
    ------
    ValueError
    """
    for key in given:
        known(key, sorted(allowed), f"{what} has the key")


def known(name, names, what):
    """Raise if `name` is none of `names`.

    Raises
    ------
    ValueError
    """
    if name in names:
        return
    near = difflib.get_close_matches(str(name), names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {list(names)}"
    msg = f"{what} {name!r}, which is not known; {hint}"
    raise ValueError(msg)


def function_of(branch, block):
    """The function that builds the body of a completed branch."""
    return KINDS[_form(block)][branch["kind"]]


def _with_kind(name, branch, block):
    """`branch` with its kind, its keys checked."""
    kinds = KINDS[_form(block)]
    kind = branch.get("kind", next(iter(kinds)))
    what = f"branches[{name!r}]"
    known(kind, list(kinds), f"{what}, of a block of {block['kind']}, has the kind")
    allowed = parameters_of(kinds[kind]) | {"kind"}
    if _form(block) == "sequence":
        allowed |= {*OF_SEQUENCES}
    if block["kind"] == "tokens":
        allowed |= {"embedding_size"}
    check_keys(branch, allowed, f"{what}, of kind {kind!r},")
    return branch | {"kind": kind}


def _form(block):
    return "features" if block["kind"] == "features" else "sequence"


def _tokens_of_sequences(branches, inputs):
    """For each sequence the blocks of tokens that describe its entries."""
    joined = {}
    for name, block in inputs.items():
        if block["kind"] == "tokens" and block.get("of") in inputs:
            _check_described(name, block["of"], inputs)
            joined.setdefault(block["of"], []).append(name)
    tokens = [name for name, block in inputs.items() if block["kind"] == "tokens"]
    for name, branch in branches.items():
        if "tokens" in branch and _form(inputs[name]) == "sequence":
            listed = branch["tokens"]
            joined[name] = [listed] if isinstance(listed, str) else list(listed)
            for token in joined[name]:
                known(token, tokens, f"branches[{name!r}]['tokens'] names block")
    for name, names in joined.items():
        for token in names:
            _check_length(name, token, inputs)
    return joined


def _names_momenta(branch):
    return isinstance(branch.get("pairwise"), str)


def _check_beside(branches, inputs):
    """Raise if blocks that are to join the entries of a sequence are not what can.

    Raises
    ------
    ValueError
    """
    for name, branch in branches.items():
        what = f"branches[{name!r}]"
        features = [n for n in inputs if inputs[n]["kind"] == "features"]
        for block in features_beside(branch):
            known(block, features, f"{what}['features'] names block")
        if _names_momenta(branch):
            sequences = [n for n in inputs if inputs[n]["kind"] == "sequence"]
            known(branch["pairwise"], sequences, f"{what}['pairwise'] names block")
            _check_length(name, branch["pairwise"], inputs)


def features_beside(branch):
    """Names of the blocks of features that join each entry of a branch."""
    named_blocks = branch.get("features", ())
    return [named_blocks] if isinstance(named_blocks, str) else list(named_blocks)


def _as_dict(name, branch):
    if "__" in name:
        msg = f"branches has the block {name!r}; a name with '__' in it cannot be told from a path"
        raise ValueError(msg)
    if not isinstance(branch, dict):
        msg = f"branches[{name!r}]={branch!r}; it must be a dict, as {{'kind': 'cnn'}}"
        raise ValueError(msg)
    return dict(branch)


def _check_described(name, of, inputs):
    if inputs[of]["kind"] != "sequence":
        msg = (
            f"block {name!r} has tokens of={of!r}, which is a block of {inputs[of]['kind']}; "
            "tokens describe the entries of a sequence"
        )
        raise ValueError(msg)


def _check_length(name, token, inputs):
    lengths = inputs[name]["shape"][0], inputs[token]["shape"][0]
    if lengths[0] != lengths[1]:
        kind = "tokens" if inputs[token]["kind"] == "tokens" else "entries"
        msg = f"block {token!r} has {lengths[1]} {kind} for the {lengths[0]} entries of {name!r}"
        raise ValueError(msg)
