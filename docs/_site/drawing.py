"""Drawings of Keras networks: a box per layer that computes, or per group that is alike."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT, GAP, STEP = 168, 26, 24, 44
# Layers that a box does not need: they are said by the one before them, or are bookkeeping.
FOLDED = {"Activation", "Dropout", "PaddingMask", "Masked", "LeakyReLU"}
SIZES = ("units", "filters", "output_dim", "key_dim")


@dataclass
class Box:
    """A layer, or several that are alike.

    Parameters
    ----------
    label : str
    before : list of Box
    count : int
    """

    label: str
    before: list
    count: int = 1
    rank: int = 0
    x: float = 0.0

    @property
    def text(self):
        """What stands in the box."""
        return f"{self.count} × {self.label}" if self.count > 1 else self.label

    @property
    def y(self):
        """Its upper edge."""
        return 8 + self.rank * STEP


def svg(model):
    """The drawing of a network.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    str
        An SVG, whose lines have the colour of the text around it.
    """
    boxes = _boxes(model)
    _place(boxes)
    width = max(box.x for box in boxes) + WIDTH + 60
    height = max(box.y for box in boxes) + HEIGHT + 8
    lines = [_edge(before, box) for box in boxes for before in box.before]
    parts = [*lines, *map(_rectangle, boxes)]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" class="network" role="img" font-size="12" fill="none" '
        'stroke="currentColor">'
    )
    return "\n".join([head, *parts, "</svg>"])


def _boxes(model):
    """Boxes in an order in which each comes behind those before it."""
    of_layer, of_key, found = {}, {}, []
    for layer in _in_order(model):
        before = [of_layer[name] for name in _before(layer) if name in of_layer]
        before = list({id(box): box for box in before}.values())
        if type(layer).__name__ in FOLDED or "Normalization" in type(layer).__name__:
            of_layer[layer.name] = before[0]
            continue
        key = (_label(layer), *sorted(map(id, before)))
        if key in of_key and before:
            of_key[key].count += 1
        else:
            of_key[key] = Box(_label(layer), before)
            found.append(of_key[key])
        of_layer[layer.name] = of_key[key]
    return found


def _in_order(model):
    done, left = set(), list(model.layers)
    while left:
        ready = [layer for layer in left if done.issuperset(_before(layer))]
        yield from ready
        done |= {layer.name for layer in ready}
        left = [layer for layer in left if layer.name not in done]


def _before(layer):
    return [p.operation.name for node in layer._inbound_nodes for p in node.parent_nodes]


def _label(layer):
    kind = type(layer).__name__
    if kind == "InputLayer":
        return f"{layer.name} {tuple(layer.output.shape[1:])}".replace(",)", ")")
    size = next((getattr(layer, name) for name in SIZES if hasattr(layer, name)), None)
    outputs = layer.output if isinstance(layer.output, list) else [layer.output]
    shape = [n for n in outputs[0].shape[1:] if n is not None]
    return f"{kind} {size}" if size is not None else f"{kind} {'×'.join(map(str, shape))}"


def _place(boxes):
    """Ranks from the inputs on, and places within a rank below those before."""
    for box in boxes:
        box.rank = 1 + max((one.rank for one in box.before), default=-1)
    # an input stands right above what reads it
    for box in reversed(boxes):
        readers = [one for one in boxes if box in one.before]
        if not box.before and readers:
            box.rank = min(one.rank for one in readers) - 1
    for rank in range(1 + max(box.rank for box in boxes)):
        row = [box for box in boxes if box.rank == rank]
        row.sort(key=_wanted)
        at = 30.0
        for box in row:
            box.x = max(at, _wanted(box))
            at = box.x + WIDTH + GAP


def _wanted(box):
    places = [one.x for one in box.before if one.rank < box.rank]
    return sum(places) / len(places) if places else 30.0


def _edge(before, box):
    start, end = before.x + WIDTH / 2, box.x + WIDTH / 2
    if box.rank - before.rank == 1:
        return f'<path d="M{start:.0f} {before.y + HEIGHT} L{end:.0f} {box.y}"/>'
    # past the boxes between
    side = max(before.x, box.x) + WIDTH
    top, bottom = before.y + HEIGHT / 2, box.y + HEIGHT / 2
    return (
        f'<path d="M{before.x + WIDTH:.0f} {top} C{side + 42:.0f} {top}, '
        f'{side + 42:.0f} {bottom}, {box.x + WIDTH:.0f} {bottom}"/>'
    )


def _rectangle(box):
    middle = box.x + WIDTH / 2
    return (
        f'<rect x="{box.x:.0f}" y="{box.y}" width="{WIDTH}" height="{HEIGHT}" rx="4" '
        'class="layer"/>'
        f'<text x="{middle:.0f}" y="{box.y + 17}" text-anchor="middle" stroke="none" '
        f'fill="currentColor">{escape(box.text)}</text>'
    )
