from __future__ import annotations

import base64
import json
import re
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from skhep_nn import DenseClassifier, Report
from skhep_nn.exceptions import MissingExtraError
from skhep_nn.metrics import overtraining_test, roc_auc, roc_auc_error
from skhep_nn.report import SECTIONS, Measured, Numbers, Picture, Section, Table, Text
from skhep_nn.report._page import cell
from skhep_nn.report._sections._provenance import digest
from skhep_nn.robustness import evaluate_variations

FEATURES = ["pt", "eta", "mt"]


@pytest.fixture(params=["full", "bare"])
def report(request):
    return request.getfixturevalue(request.param)


def scores(model, table):
    return model.predict_proba(table[FEATURES])[:, 1]


def test_no_section_fails(report):
    assert report.failed() == {}


def test_the_page_is_closed_tag_by_tag(report):
    assert report.page.broken == []
    assert report.page.open == []
    assert report.html.startswith("<!DOCTYPE html>")
    assert report.page.all("html") == [{"lang": "en"}]


def test_the_page_needs_nothing_from_elsewhere(report):
    assert not re.search(r"https?:|//[a-z]", report.html.replace("http-equiv", ""))
    used = [
        v
        for _, attributes in report.page.tags
        for n, v in attributes.items()
        if n in ("src", "href")
    ]
    assert used
    assert all(value.startswith(("#", "data:image/svg+xml;base64,")) for value in used)
    assert not report.page.all("script")
    assert not report.page.all("link")


def test_every_picture_says_what_it_shows_and_names_no_address(report):
    pictures = report.page.all("img")
    assert len(pictures) >= 5
    for picture in pictures:
        assert len(picture["alt"]) > 20
        svg = base64.b64decode(picture["src"].partition("base64,")[2]).decode()
        assert "<svg" in svg
        addresses = set(re.findall(r'https?://[^"<\s]+', svg))
        assert addresses <= {
            "http://www.w3.org/2000/svg",
            "http://www.w3.org/1999/xlink",
            "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd",
        }
    assert report.html.count("<figcaption>") == len(pictures)


def test_tables_have_captions_and_heads_of_rows_and_columns(report):
    heads = report.page.all("th")
    assert {head["scope"] for head in heads} == {"row", "col"}
    assert report.html.count("<caption>") == len(report.page.all("table"))


def test_headings_and_sections_are_in_order(report):
    assert len(report.page.all("h1")) == 1
    assert len(report.page.all("h2")) == len(SECTIONS)
    keys = [section["id"] for section in report.page.all("section")]
    assert keys == [section.key for section in SECTIONS]
    links = [link["href"] for link in report.page.all("a")]
    assert links == ["#contents", *(f"#{key}" for key in keys)]
    ids = [a["id"] for _, a in report.page.tags if "id" in a]
    assert len(set(ids)) == len(ids)


def test_it_has_a_look_in_the_dark_and_on_paper(report):
    assert "prefers-color-scheme: dark" in report.html
    assert "@media print" in report.html
    viewport = {"name": "viewport", "content": "width=device-width, initial-scale=1"}
    assert viewport in report.page.all("meta")


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return np.dot(linear, [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize(
    ("ink", "paper"),
    [("ink", "paper"), ("soft", "paper"), ("soft", "panel"), ("ink", "panel"), ("link", "paper"),
     ("note-ink", "note"), ("bad-ink", "bad")],
)  # fmt: skip
def test_text_has_the_contrast_of_wcag_aa_in_light_and_dark(bare, which, ink, paper):
    colours = [dict(re.findall(r"--([a-z-]+): (#\w{6})", block))
               for block in re.findall(r":root \{[^}]*#[^}]*\}", bare.html)]  # fmt: skip
    high, low = sorted((luminance(colours[which][name]) for name in (ink, paper)), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_text_of_the_user_is_text(full):
    assert "<title>A &lt;title&gt; &amp; more</title>" in full.html
    assert full.json["title"] == "A <title> & more"


def test_what_is_in_the_page_is_in_the_json(report):
    for key, section in report.json["sections"].items():
        for content in section.get("contents", []):
            for name, value in content.get("numbers", {}).items():
                shown = Measured(**value) if isinstance(value, dict) else value
                nan = {"value": np.nan, "error": np.nan}
                if isinstance(value, dict):
                    known = {n: v for n, v in value.items() if v is not None}
                    shown = Measured(**(nan | known))
                assert name in report.page.words, key
                assert " ".join(cell(shown).split()) in report.page.words, (key, name)
            for row in content.get("rows", []):
                assert str(row["row"]) in report.page.words


def test_areas_are_those_of_the_metrics_with_weights_of_either_sign(full, parts, trees):
    for name, table in parts.items():
        events = table["is_signal"], scores(trees, table), table["weight"]
        found = full.numbers("summary")[f"AUC, {name}"]
        assert found["value"] == pytest.approx(roc_auc(*events))
        assert found["error"] == pytest.approx(roc_auc_error(*events))
    assert full.numbers("roc")["AUC, test"] == full.numbers("summary")["AUC, test"]


def test_yields_are_sums_of_weights_per_process_times_the_luminosity(full, parts):
    rows = full.table("data", "Test events")
    of_tt = parts["test"].query("process == 'tt'")["weight"]
    assert rows["tt"]["events"] == len(of_tt)
    assert rows["tt"]["yield"]["value"] == pytest.approx(2 * of_tt.sum())
    assert rows["tt"]["yield"]["error"] == pytest.approx(2 * np.sqrt(np.sum(of_tt**2)))
    assert rows["tt"]["negative weights"] == int((of_tt < 0).sum()) > 0
    assert rows["all"]["events"] == 650


def test_the_cut_flow_is_the_sum_of_what_passes(full, parts, trees):
    rows = full.table("cut_flow", "Yields")
    test = parts["test"]
    s = scores(trees, test)
    (name,) = (name for name in rows if name.startswith("50 % of signal"))
    cut = full.table("roc", "Working points")["50 % of signal"]["score ≥"]
    kept = (s >= cut) & (test["process"] == "Wjets").to_numpy()
    assert rows[name]["Wjets"]["value"] == pytest.approx(2 * test["weight"][kept].sum())
    assert full.table("cut_flow", "Simulated")[name]["Wjets"] == int(kept.sum())
    assert next(iter(rows)) == "all"
    assert any(row.startswith("best cut") for row in rows)


def test_overtraining_is_that_of_the_function(full, parts, trees):
    train, test = parts["train"], parts["test"]
    found = overtraining_test(
        train["is_signal"], scores(trees, train), test["is_signal"], scores(trees, test),
        sample_weight_train=train["weight"], sample_weight_test=test["weight"],
    )  # fmt: skip
    assert full.numbers("overtraining")["Verdict"] == found.verdict
    assert full.numbers("overtraining")["Probability"]["value"] == pytest.approx(found.p_value)
    assert set(full.table("overtraining", "Training")) >= {"KS, signal", "AUC, both"}


def test_variations_are_those_of_the_function_with_the_test_events_as_nominal(full, parts, trees):
    samples = {"nominal": parts["test"], **full.report.variations}
    found = evaluate_variations(trees, samples, "is_signal", weight_column="weight")
    rows = full.table("variations", "Variations")
    assert list(rows) == ["nominal", "up", "down"]
    assert rows["up"]["AUC difference"]["value"] == pytest.approx(found["up"].auc_difference)
    error = rows["up"]["AUC difference"]["error"]
    assert error == pytest.approx(found["up"].auc_difference_error)


def test_what_is_missing_says_how_to_give_it(bare):
    for key, how in {
        "losses": "classifiers of the package",
        "overtraining": "train=(X, y)), or --train FILE",
        "variations": "variations={",
        "sculpting": "--sculpting mass",
        "masses": "ParametricClassifier",
    }.items():
        assert how in bare.section(key)["how"]
        assert bare.section(key)["missing"].startswith("It needs")
        assert how.split("=")[0] in bare.page.words
    assert "contents" in bare.section("roc")
    assert "chosen on the test events themselves" in bare.page.words


def test_without_any_events_what_can_be_said_is_said(trees, made):
    found = made(Report(trees))
    assert found.failed() == {}
    known = {key for key, one in found.json["sections"].items() if "contents" in one}
    assert known == {"losses_of_events", "parameters", "provenance"}
    assert found.section("data")["how"]


def test_test_events_beyond_the_range_of_training_are_counted_by_weight(full, parts):
    rows = full.table("losses_of_events", "Test events beyond")
    train, test = parts["train"]["eta"], parts["test"]["eta"]
    weight = parts["test"]["weight"].abs()
    above = weight[test > train.max()].sum() / weight.sum()
    assert rows["eta"]["above"] == pytest.approx(above)
    assert rows["eta"]["no value"] == 0


def test_parameters_of_every_step_are_there_and_which_are_not_the_default(full):
    rows = full.table("parameters", "trees: HistGradientBoostingClassifier")
    assert rows["max_iter"]["value"] == "10"
    assert rows["max_iter"]["default"] == "no"
    assert rows["learning_rate"]["default"] == "yes"
    assert full.table("parameters", "scale: StandardScaler")


def test_versions_and_digests_are_there(full, parts):
    from skhep_nn import _samples

    assert {"skhep_nn", "Python", "numpy"} <= full.numbers("provenance").keys()
    rows = full.table("provenance", "Digests")
    sample = _samples.read(full.report.model, parts["test"], "is_signal", weight_column="weight")
    assert rows["test"]["SHA-256 of the table"] == digest(sample)
    changed = parts["test"].copy()
    changed.loc[5, "eta"] += 1e-12
    other = _samples.read(full.report.model, changed, "is_signal", weight_column="weight")
    assert digest(other) != digest(sample)


def test_a_section_of_ones_own_stands_beside_the_others(bare, trees, parts):
    def heavy(context):
        test = context.part("test")
        yield Text(f"{len(test)} events & more")
        yield Numbers({"heaviest": float(test.weights.max()), "score": Measured(1.0, 0.1)})
        yield Table(pd.DataFrame({"n": [1, None]}, index=["a", "b"]), "Rows")

    report = Report(
        trees,
        test=bare.report.test,
        sections=(SECTIONS[0], Section("heavy", "Heavy events", heavy)),
    )
    html, found = report.to_html(), json.loads(report.to_json())["sections"]
    assert list(found) == ["summary", "heavy"]
    assert "650 events &amp; more" in html
    assert found["heavy"]["contents"][1]["numbers"] == {
        "heaviest": 1.0,
        "score": {"value": 1.0, "error": 0.1},
    }
    assert found["heavy"]["contents"][2]["rows"][1] == {"row": "b", "n": None}
    assert "<td>–</td>" in html


def test_sections_are_named_by_their_keys_in_any_order(bare, trees):
    own = Section("own", "Own", lambda context: [Text("well")])
    report = Report(trees, test=bare.report.test, sections=["roc", own, "data"])
    found = json.loads(report.to_json())["sections"]
    assert list(found) == ["roc", "own", "data"]
    assert found["roc"] == bare.json["sections"]["roc"]
    assert list(
        json.loads(Report(trees, test=bare.report.test, sections="data").to_json())["sections"]
    ) == ["data"]


@pytest.mark.parametrize(
    ("sections", "says"),
    [
        (["summary", "rok"], r"sections has 'rok'; it must be a Section or one of \['summary', "),
        ([3], "sections has 3; it must be a Section"),
        ([SECTIONS[0], "summary"], "whose keys differ, got the keys .'summary', 'summary'"),
        (3, "sections=3; it must be a list of Section objects or of .'summary', "),
        (np.array("roc"), r"sections=array\('roc'.*; it must be a list of Section"),
    ],
)
def test_sections_that_are_none_are_an_error(bare, trees, sections, says):
    with pytest.raises(ValueError, match=says):
        Report(trees, test=bare.report.test, sections=sections).to_json()


@pytest.mark.parametrize("title", [3, pd.NA, np.zeros((0, 2))])
def test_a_title_that_is_no_text_is_an_error(bare, trees, title):
    with pytest.raises(ValueError, match=r"title=.*; it must be text, or None"):
        Report(trees, test=bare.report.test, sections="data", title=title).to_json()


def test_a_section_that_fails_says_so_and_harms_no_other(bare, trees):
    def broken(context):
        1 / 0  # noqa: B018

    def lacking(context):
        context.part("train")

    sections = (
        Section("a", "A", broken),
        Section("b", "B", lacking),
        Section("c", "C", lambda context: [Text("well")]),
    )
    report = Report(trees, test=bare.report.test, sections=sections)
    found = json.loads(report.to_json())["sections"]
    assert found["a"]["error"] == "ZeroDivisionError: division by zero"
    assert found["b"] == {
        "title": "B",
        "missing": "It needs training events.",
        "how": "Give Report(..., train=(X, y)), or --train FILE on the command line.",
    }
    assert found["c"]["contents"] == [{"text": "well"}]
    assert "It could not be computed: ZeroDivisionError: division by zero" in report.to_html()


def test_a_figure_of_ones_own_is_written_and_closed(bare, trees):
    import matplotlib.pyplot as plt

    def picture(context):
        figure, ax = plt.subplots()
        ax.plot([1, 2])
        return [Picture(figure, "Two points", "A line that rises from one to two")]

    html = Report(trees, test=bare.report.test, sections=[Section("p", "P", picture)]).to_html()
    assert 'alt="A line that rises from one to two"' in html
    assert plt.get_fignums() == []


def test_what_is_no_content_is_an_error(bare, trees):
    section = Section("a", "A", lambda context: ["text"])
    report = Report(trees, test=bare.report.test, sections=[section])
    with pytest.raises(AttributeError):
        report.to_json()
    with pytest.raises(TypeError, match="a section consists of Text, Numbers, Table, Picture, got"):
        report.to_html()


def test_it_is_computed_once(bare, trees):
    calls = []
    section = Section("a", "A", lambda context: calls.append(1) or [Text("well")])
    report = Report(trees, test=bare.report.test, sections=[section])
    report.to_html(), report.to_json(), report.to_html()
    assert calls == [1]


def test_it_is_saved_whole_as_html_or_json(bare, tmp_path):
    for ending in ("html", "json"):
        bare.report.save(tmp_path / f"report.{ending}")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == bare.html
    assert json.loads((tmp_path / "report.json").read_text()) == bare.json
    assert len(list(tmp_path.iterdir())) == 2
    with pytest.raises(ValueError, match=r"a report is a \.html file, or \.json for"):
        bare.report.save(tmp_path / "report.pdf")


def test_without_jinja2_the_message_says_how_to_install_it(bare, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'skhep_nn\[report\]'"):
        bare.report.to_html()


@pytest.mark.parametrize("luminosity", [0, -1.0, np.nan])
def test_a_luminosity_that_is_none_is_an_error(trees, luminosity):
    with pytest.raises(ValueError, match="it must be a positive number"):
        Report(trees, luminosity=luminosity).to_json()


def test_labels_that_are_missing_are_an_error_that_says_how_to_give_them(trees, parts):
    with pytest.raises(ValueError, match=r'test has no labels: give .* y="is_signal"'):
        Report(trees, test=parts["test"]).to_json()
    with pytest.raises(ValueError, match="signal=7 is not a class of the estimator"):
        Report(trees, test=parts["test"], y="is_signal", signal=7).to_json()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (12345, "12,345"),
        (0.123456, "0.1235"),
        (np.nan, "–"),
        (None, "–"),
        (True, "yes"),
        ("text", "text"),
        (Measured(0.81234, 0.00456), "0.8123 ± 0.0046"),
        (Measured(2.0), "2"),
    ],
)
def test_numbers_are_rounded_for_reading(value, shown):
    assert cell(value) == shown


def test_events_that_are_in_two_parts_are_told_of(parts, trees, made):
    train, test = parts["train"], parts["test"]
    both = pd.concat([test, train[:200]])
    given = {"y": "is_signal", "weight_column": "weight", "min_effective_background": 10}
    found = made(Report(trees, train=train, test=both, validation=test[:300], **given))
    assert found.failed() == {}
    assert (
        "It needs other test than training events: 200 of 850"
        in (found.section("overtraining")["missing"])
    )
    assert "Overtraining" not in found.numbers("summary")
    texts = " ".join(c.get("text", "") for c in found.section("summary")["contents"])
    assert "200 of 850 test events are training events too" in texts
    assert "300 of 850 test events are validation events too" in texts
    assert "validation events are training" not in texts


def test_weights_do_not_hide_that_events_are_the_same(parts, made):
    train = parts["train"]
    X = train[[*FEATURES, "weight"]]
    model = DenseClassifier((2,), weight_column="weight", epochs=1, verbose=0).fit(
        X, train["is_signal"]
    )
    scaled = X.assign(weight=2 * X["weight"])
    sections = [section for section in SECTIONS if section.key in ("summary", "overtraining")]
    given = {"train": (X, train["is_signal"]), "test": (scaled, train["is_signal"])}
    found = made(Report(model, sections=sections, **given))
    assert "700 of 700 are in both" in found.section("overtraining")["missing"]


def test_rows_that_are_alike_are_no_common_events(made):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 4, (600, 2)), rng.integers(0, 2, 600)
    model = LogisticRegression().fit(X[:300], y[:300])
    found = made(Report(model, train=(X[:300], y[:300]), test=(X[300:], y[300:])))
    assert "verdict" in json.dumps(found.section("overtraining")).lower()
    assert "events too" not in json.dumps(found.section("summary"))


def small(made_weight):
    rng = np.random.default_rng(0)
    y = np.arange(400) % 2
    X = pd.DataFrame({"pt": rng.normal(y), "eta": rng.normal(size=400)})
    return X, y, made_weight(y, rng)


def texts_of(report, key):
    contents = json.loads(report.to_json())["sections"][key]
    return json.dumps(contents, ensure_ascii=False)


def test_a_part_whose_class_sums_to_a_negative_weight_is_told_of_and_the_rest_goes_on():
    X, y, ones = small(lambda y, rng: np.ones(len(y)))
    negative = np.where(y == 1, -0.5, 1.0)
    model = LogisticRegression().fit(X, y)
    keys = ["summary", "roc", "significance", "cut_flow", "overtraining"]
    report = Report(model, train=(X, y, ones), test=(X, y, negative), sections=keys)
    sections = json.loads(report.to_json())["sections"]
    assert not [key for key in keys if "error" in sections[key]]
    for key in keys:
        if key != "overtraining":
            assert "The weights of the signal sum to -100 in test events" in texts_of(report, key)
    # what there is of the other part is there
    assert "AUC, train" in texts_of(report, "summary")
    assert "AUC, train" in texts_of(report, "roc")
    assert "AUC, test" not in texts_of(report, "summary")


def test_variations_that_both_go_the_same_way_are_told_of():
    X, y, _ = small(lambda y, rng: None)
    model = LogisticRegression().fit(X, y)
    up, down = (X.assign(pt=X["pt"] + shift) for shift in (0.5, 0.7))
    variations = {"jes_up": (up, y), "jes_down": (down, y)}
    report = Report(model, test=(X, y), variations=variations, sections=["variations"])
    assert "jes_up and jes_down both raise the efficiency of the signal" in texts_of(
        report, "variations"
    )
    variations["jes_down"] = (X.assign(pt=X["pt"] - 0.5), y)
    report = Report(model, test=(X, y), variations=variations, sections=["variations"])
    assert "both" not in texts_of(report, "variations")
