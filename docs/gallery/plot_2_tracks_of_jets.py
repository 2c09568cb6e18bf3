"""
Flavour of jets from their tracks
=================================

A network that reads lists, beside one that reads the jet alone; four classes.
"""

# %%
# Jets with up to 15 tracks. ``return_X_y=True`` gives them padded, in an ``EventBlocks``.

from sklearn.model_selection import train_test_split

from skhep_nn import CNNClassifier, DenseClassifier
from skhep_nn.datasets import load_jets
from skhep_nn.plotting import ConfusionMatrixDisplay, RocDisplay

X, y, _ = load_jets(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
{name: X[name].shape for name in X.keys()}  # noqa: SIM118

# %%
# Each track goes through the same layers; their mean joins the features of the jet.

settings = {"epochs": 12, "random_state": 0}
tracks = CNNClassifier((64, 32), kernel_size=1, pool="average", **settings).fit(X_train, y_train)
alone = DenseClassifier((64, 64), **settings).fit(X_train["jet"], y_train)
print(f"accuracy with tracks {tracks.score(X_test, y_test):.3f}")
print(f"accuracy without     {alone.score(X_test['jet'], y_test):.3f}")

# %%
# Which flavour is taken for which; rows are true flavours.

_ = ConfusionMatrixDisplay.from_estimator(tracks, X_test, y_test)

# %%
# b jets against all others, on a logarithmic axis.

first = RocDisplay.from_estimator(
    tracks, X_test, y_test, signal="b", kind="rejection", name="with tracks"
)
_ = RocDisplay.from_estimator(
    alone, X_test["jet"], y_test, signal="b", kind="rejection", name="without", ax=first.ax_
)
