from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from skhep_nn.plotting import ConfusionMatrixDisplay
from skhep_nn.plotting._confusion_matrix import measurement

Y, PREDICTED, WEIGHT = [0, 0, 0, 1, 1], [0, 0, 1, 1, 0], [3.0, 1.0, 4.0, 6.0, 2.0]


def texts(display):
    return [[cell.get_text() for cell in row] for row in display.text_]


def test_cells_are_sums_of_weights_and_of_their_squares():
    display = ConfusionMatrixDisplay.from_predictions(Y, PREDICTED, sample_weight=WEIGHT)
    assert display.matrix.tolist() == [[4, 4], [2, 6]]
    assert display.squares.tolist() == [[10, 16], [4, 36]]


def test_cells_are_scikit_learns(sample):
    y, score, weight = sample
    display = ConfusionMatrixDisplay.from_predictions(y, score > 0.5, sample_weight=weight)
    assert display.matrix == pytest.approx(confusion_matrix(y, score > 0.5, sample_weight=weight))


def test_without_weights_every_event_counts_once():
    display = ConfusionMatrixDisplay.from_predictions(Y, PREDICTED)
    assert display.matrix.tolist() == [[2, 1], [1, 1]]


def test_rows_are_efficiencies_with_binomial_errors():
    display = ConfusionMatrixDisplay.from_predictions(Y, PREDICTED, sample_weight=WEIGHT)
    values, errors = display.normalized("true")
    assert values == pytest.approx(np.array([[0.5, 0.5], [0.25, 0.75]]))
    # passed 4 with squares 10, failed 4 with squares 16: sqrt(4^2 10 + 4^2 16) / 8^2
    assert errors[0] == pytest.approx([np.sqrt(416) / 64] * 2)
    # passed 6 with square 36, failed 2 with square 4: sqrt(2^2 36 + 6^2 4) / 8^2 = 0.265
    assert texts(display)[1] == ["0.25\n± 0.27", "0.75\n± 0.27"]


def test_columns_are_purities():
    display = ConfusionMatrixDisplay.from_predictions(Y, PREDICTED, sample_weight=WEIGHT)
    values, errors = display.normalized("pred")
    assert values == pytest.approx(np.array([[4 / 6, 0.4], [2 / 6, 0.6]]))
    # 4 with squares 10 against 2 with squares 4
    assert errors[:, 0] == pytest.approx([np.sqrt(2**2 * 10 + 4**2 * 4) / 36] * 2)


def test_yields_have_the_square_root_of_the_sum_of_squares():
    display = ConfusionMatrixDisplay.from_predictions(
        Y, PREDICTED, sample_weight=WEIGHT, normalize=None
    )
    values, errors = display.normalized(None)
    assert values.tolist() == display.matrix.tolist()
    assert errors[0] == pytest.approx([np.sqrt(10), 4])
    assert texts(display)[0] == ["4.0\n± 3.2", "4.0\n± 4.0"]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=30))
def test_efficiencies_of_a_class_that_is_there_sum_to_one(pairs):
    y_true, y_pred = zip(*pairs, strict=True)
    matrix = confusion_matrix(y_true, y_pred, labels=[0, 1, 2]).astype(float)
    values, errors = ConfusionMatrixDisplay(matrix, matrix, [0, 1, 2]).normalized("true")
    there = np.isin([0, 1, 2], y_true)
    assert values[there].sum(axis=1) == pytest.approx(1)
    assert np.isnan(values[~there]).all()
    assert (errors[there] >= 0).all()


def test_a_class_without_events_has_empty_cells_that_can_be_read():
    display = ConfusionMatrixDisplay.from_predictions(Y, PREDICTED, labels=[0, 1, 2])
    assert texts(display)[2] == ["–"] * 3
    assert display.text_[2, 0].get_color() == "black"


def test_ink_is_white_on_dark_and_black_on_light():
    display = ConfusionMatrixDisplay.from_predictions([0, 1], [0, 1])
    assert display.text_[0, 0].get_color() == "white"
    assert display.text_[0, 1].get_color() == "black"


def test_a_working_point_keeps_a_score_that_is_equal_to_it(scored):
    X, y, model = scored
    display = ConfusionMatrixDisplay.from_estimator(model, X, y, threshold=0.4)
    assert display.matrix.tolist() == [[3, 1], [0, 8]]
    tighter = ConfusionMatrixDisplay.from_estimator(model, X, y, threshold=0.9)
    assert tighter.matrix.tolist() == [[4, 0], [2, 6]]


def test_a_working_point_of_the_first_class(scored):
    X, y, model = scored
    display = ConfusionMatrixDisplay.from_estimator(model, X, y, threshold=0.5, signal=0)
    # 1 - score >= 0.5: the first and third event are of class 0
    assert display.matrix.tolist() == [[3, 1], [2, 6]]


def test_without_a_working_point_the_arg_max_counts(scored, three):
    X, y, model = scored
    assert ConfusionMatrixDisplay.from_estimator(model, X, y).matrix.tolist() == [[3, 1], [2, 6]]
    X, y, model = three
    display = ConfusionMatrixDisplay.from_estimator(model, X, y)
    assert display.classes == ["W", "Z", "tt"]
    assert display.matrix.tolist() == [[1, 1, 0], [0, 0, 1], [1, 0, 0]]


def test_classes_are_written_on_both_axes():
    display = ConfusionMatrixDisplay.from_predictions(
        Y, PREDICTED, class_names={0: "background", 1: "signal"}, colorbar=False
    )
    for labels in (display.ax_.get_xticklabels(), display.ax_.get_yticklabels()):
        assert [label.get_text() for label in labels] == ["background", "signal"]
    assert len(display.figure_.axes) == 1


def test_yields_over_decades_have_logarithmic_colours():
    display = ConfusionMatrixDisplay.from_predictions(
        [0, 1, 1], [0, 1, 0], sample_weight=[1e5, 2.0, -1.0], normalize=None
    )
    assert type(display.ax_.images[0].norm).__name__ == "LogNorm"


def test_yields_that_are_all_negative_or_zero_are_drawn():
    display = ConfusionMatrixDisplay.from_predictions(
        [0, 1], [0, 1], sample_weight=[-1.0, -2.0], normalize=None
    )
    display.figure_.canvas.draw()
    assert texts(display)[1][1] == "-2.0\n± 2.0"


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (410999.8, 643.2, "411,000 ± 640"),
        (0.99999, 0.096, "1.000 ± 0.096"),
        (9.96, 0.0996, "9.96 ± 0.10"),
        (1.23e-7, 4e-8, "1.23e-07 ± 4e-08"),
        (3e9, 2e6, "3e+09 ± 2e+06"),
        (5.0, 0.0, "5"),
        (np.nan, np.nan, "–"),
    ],
)
def test_numbers_are_rounded_to_their_error(value, error, text):
    assert measurement(value, error).replace("\n", " ") == text


def test_a_working_point_of_three_classes_is_an_error(three):
    X, y, model = three
    with pytest.raises(ValueError, match=r"threshold=0.5 needs two classes, .* has \['W', 'Z'"):
        ConfusionMatrixDisplay.from_estimator(model, X, y, threshold=0.5)


def test_an_unknown_normalisation_is_an_error():
    with pytest.raises(ValueError, match=r"normalize='all'; it must be one of \['true', 'pred'"):
        ConfusionMatrixDisplay.from_predictions(Y, PREDICTED, normalize="all")


def test_a_class_that_is_not_one_of_the_labels_is_an_error():
    with pytest.raises(ValueError, match=r"y_pred has events of class 1, which is not one of"):
        ConfusionMatrixDisplay.from_predictions([0, 0], [0, 1], labels=[0])


def test_lengths_that_differ_are_an_error():
    with pytest.raises(ValueError, match="y_true has 5 events, y_pred has 4"):
        ConfusionMatrixDisplay.from_predictions(Y, PREDICTED[:4])


@pytest.mark.parametrize("cmap", ["no such", {"a": 1}, 3, np.zeros(2)])
def test_what_is_no_colormap_is_an_error(cmap):
    with pytest.raises(ValueError, match="is no colormap of matplotlib"):
        ConfusionMatrixDisplay.from_predictions([0, 1], [0, 1], cmap=cmap)


@pytest.mark.parametrize("other", [np.uint64(2**64 - 1), 2**53, np.float32(0.1), True])
def test_labels_that_are_numbers_of_several_types_have_a_cell_each(other):
    y = np.array([2, 0, other, 0], dtype=object)
    display = ConfusionMatrixDisplay.from_predictions(y, y, normalize=None)
    assert np.diag(display.matrix).sum() == 4
