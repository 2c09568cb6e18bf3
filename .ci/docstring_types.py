"""Types as docstrings say them ("int or sequence of int, default=5") to annotations."""

from __future__ import annotations

import re

# What a phrase of a docstring is, by the words that it begins with; the first that fits.
PHRASES = {
    r"None\b": "None",
    r"self\b": "Self",
    r"True\b|False\b": "bool",
    r"array-like or number|array-like|ndarray or float": "ArrayLike",
    r"(ndarray|array of shape|\(n_events).*of shape|ndarray": "NDArray[Any]",
    r"bools?\b": "bool",
    r"ints?\b|integers?\b": "int",
    r"floats?\b|numbers?\b": "float",
    r"str\b|strings?\b": "str",
    r"DataFrame\b": "pd.DataFrame",
    r"path-like|paths?\b": "str | PathLike[str]",
    r"callables?\b": "Callable[..., Any]",
    r"numpy\.memmap": "np.memmap[Any, Any]",
    r"RandomState": "np.random.RandomState",
    r"Path\b": "Path",
    r"matplotlib\.axes\.Axes|Axes\b": "Axes",
    r"matplotlib\.figure\.Figure": "Figure",
    r"keras\.Model": "keras.Model",
    r"hist\.Hist": "Any",
}
CONTAINERS = {
    r"(?:sequences?|lists?) of (?P<inner>.+)": "Sequence[{inner}]",
    r"tuple of (?:\w+ )?(?P<inner>.+)": "tuple[{inner}, ...]",
    r"dict of (?P<key>\w+) to (?P<inner>.+)": "dict[{key}, {inner}]",
}
# Keys of dicts that have no type of their own.
KEYS = {"str": "str", "int": "int"}


def annotation(text, known=(), *, returned=False):
    """The annotation for what a docstring says; ``Any`` where it says no type.

    Parameters
    ----------
    text : str
    known : set of str
        Names of the package's classes.
    returned : bool
        Of a return value: lists are lists, and an alternative that is no type makes it ``Any``.
    """
    text = re.split(r",\s*(?:default|optional)|;", text.strip())[0].strip()
    if re.search(r"\sif\s.*\selse\s", text):
        return "Any"
    found = [_one(part, known, returned=returned) for part in _alternatives(text)]
    if not text or "Any" in found:
        return "Any"
    parts = [part for union in found for part in union.split(" | ")]
    if returned and len(set(parts) - {"None"}) > 1:
        return "Any"
    return " | ".join(dict.fromkeys(parts))


def _alternatives(text):
    """The parts of "A, B or C", where a part may have commas inside brackets."""
    depth, start, parts = 0, 0, []
    for match in re.finditer(r"[(\[{]|[)\]}]|,? or |, ", text):
        token = match.group()
        if token in "([{":
            depth += 1
        elif token in ")]}":
            depth -= 1
        elif depth == 0 and not _continues(text[start : match.start()], token, text[match.end() :]):
            parts.append(text[start : match.start()])
            start = match.end()
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def _continues(part, token, rest):
    """Whether what follows a comma or "or" says more of what stood before it."""
    of_a_container = token == " or " and any(re.fullmatch(form, part) for form in CONTAINERS)
    more = re.match(r"\(n_|of shape|float64|its class", rest)
    return bool(more) or (of_a_container and rest.split()[0] in ("str", "int", "float"))


def _one(text, known, *, returned):
    if text.startswith("{"):
        return _literal(text)
    if text.startswith('"'):
        return f"Literal[{text}]" if re.fullmatch(r'"[^"]*"', text) else "Any"
    name = text.rpartition(".")[2]
    if re.fullmatch(r"\w+", name) and name in known:
        return name
    for pattern, form in CONTAINERS.items():
        match = re.fullmatch(pattern, text)
        if match:
            inner = annotation(match["inner"], known)
            key = KEYS.get(match.groupdict().get("key"), "Any")
            written = form.format(inner=inner, key=key)
            return written.replace("Sequence", "list") if returned else written
    for pattern, result in PHRASES.items():
        if re.match(pattern, text):
            return result
    return "Any"


def _literal(text):
    values = re.fullmatch(r"\{(.*)\}", text)
    if values is None:
        return "Any"
    plain = r'"[^"]*"|True|False|None|-?\d+'
    items = [item.strip() for item in values[1].split(",")]
    return f"Literal[{', '.join(items)}]" if all(re.fullmatch(plain, i) for i in items) else "Any"
