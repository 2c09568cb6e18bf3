"""The file of a checkpoint: damage, equal fits side by side, disks that are full. No network."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
import warnings
import zipfile
import zlib

import numpy as np
import pytest

from skhep_nn import _owner
from skhep_nn.exceptions import StorageError, TrainingError
from skhep_nn.training import _checkpoint_file
from skhep_nn.training._checkpoint import Checkpoint

STUB = """
from types import SimpleNamespace
import numpy as np
from skhep_nn.training._checkpoint import Checkpoint
from skhep_nn.training._schedule import Plateau

class Variable:
    def __init__(self, value):
        self.value = np.array(value)
        self.shape = self.value.shape

    def numpy(self):
        return self.value

    def assign(self, value):
        self.value = np.array(value)

def make_loop(value, n_epochs=0, phase=1, plateau=True, shape=(2, 3)):
    model = SimpleNamespace(
        variables=[Variable(np.full(shape, float(value))), Variable(np.float32(value))],
        optimizer=SimpleNamespace(variables=[Variable(np.int64(value))]),
    )
    best = SimpleNamespace(epoch=None, loss=np.inf, waited=0, variables=None)
    plan = SimpleNamespace(phase=phase, earlier={}, plateau=Plateau() if plateau else None)
    loop = SimpleNamespace(model=model, best=best, plan=plan, history={}, ended=False)
    loop.history = {"loss": [0.5] * n_epochs}
    loop.n_epochs = n_epochs
    return loop
"""
names = {}
exec(STUB, names)
make_loop = names["make_loop"]


def value_of(loop):
    return loop.model.variables[0].numpy()[0, 0]


@pytest.fixture
def saved(tmp_path):
    """The file of a fit of seed 7, killed after its second epoch."""
    checkpoint = Checkpoint(tmp_path, "key")
    checkpoint.agree_on_seed(7)
    checkpoint.save(make_loop(3, n_epochs=2))
    return tmp_path / "fit-key.npz"


def continued(folder, key="key", **options):
    """The loop of a fit that starts in `folder`, and the seed it takes."""
    checkpoint, loop = Checkpoint(folder, key), make_loop(0, **options)
    seed = checkpoint.agree_on_seed(11)
    checkpoint.resume(loop)
    return loop, seed


def test_a_fit_continues_from_its_file(saved):
    loop, seed = continued(saved.parent)
    assert (value_of(loop), seed, loop.history) == (3.0, 7, {"loss": [0.5, 0.5]})


def assert_starts_anew(folder, match, taken=11, **options):
    with pytest.warns(UserWarning, match=match) as caught:
        loop, seed = continued(folder, **options)
    assert len(caught) == 1
    assert (value_of(loop), seed, loop.history) == (0.0, taken, {"loss": []})


def test_any_flipped_bit_is_noticed_or_changes_nothing(saved):
    content = saved.read_bytes()
    expected, arrays = _checkpoint_file.read(saved, "key")
    n_noticed = 0
    for at in range(len(content)):
        damaged = bytearray(content)
        damaged[at] ^= 1 << at % 8
        saved.write_bytes(damaged)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            checkpoint = Checkpoint(saved.parent, "key")
            checkpoint.agree_on_seed(11)
        if caught:
            n_noticed += 1
            assert "the fit starts from its first epoch" in str(caught[0].message)
            continue
        state, found = checkpoint._found
        assert state == expected
        for kind, values in arrays.items():
            assert [a.tobytes() for a in found[kind]] == [a.tobytes() for a in values]
    assert n_noticed > len(content) / 2


def test_a_file_that_is_cut_off_anywhere_starts_anew(saved):
    content = saved.read_bytes()
    for size in range(0, len(content), 7):
        saved.write_bytes(content[:size])
        assert_starts_anew(saved.parent, r"fit-key.npz cannot be read")


@pytest.mark.parametrize(
    "error",
    [NotImplementedError, RuntimeError, zlib.error, MemoryError, RecursionError, OverflowError],
)
def test_whatever_reading_raises_the_fit_starts_anew(saved, monkeypatch, error):
    def load(*_, **__):
        raise error

    monkeypatch.setattr(np, "load", load)
    assert_starts_anew(saved.parent, f"cannot be read \\({error.__name__}")


def test_the_file_of_another_fit_is_not_taken_for_ones_own(saved):
    saved.rename(saved.with_name("fit-other.npz"))
    assert_starts_anew(saved.parent, "it is of another fit: its parameters or ev", key="other")


WRONG = {
    "format": [3, None, "4", 4.5],
    "counts": [None, {}, {"network": -1, "optimizer": 0, "best": 0}],
    "key": [None, 7],
    "seed": ["7", 1.5, [1]],
    "phase": [0, -1, True, "1"],
    "history": [None, [], {"loss": 1}, {"loss": ["x"]}],
    "earlier": [None, {"loss": [None]}],
    "ended": [1, None],
    "best": [None, {}, {"epoch": "1", "loss": 1.0, "waited": 0}, {"restore": 1}],
    "plateau": ["x", {"update": 1}],
}


@pytest.mark.parametrize("name", WRONG)
def test_a_value_that_cannot_be_starts_anew(saved, name):
    with np.load(saved) as file:
        members = {key: file[key] for key in file.files}
    right = json.loads(str(members["state"]))
    for value in WRONG[name]:
        text = json.dumps({**right, name: value})
        members["state"] = np.array(text)
        named = {k: v for k, v in members.items() if k not in ("state", "checksum")}
        members["checksum"] = np.array(_checkpoint_file._digest(text, named))
        np.savez(saved, **members)
        assert_starts_anew(saved.parent, f"its {name} cannot be|it has format|has no|another fit")


def test_a_bomb_is_not_unpacked(saved):
    content = io.BytesIO()
    np.save(content, np.zeros(10**6))
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("state.npy", content.getvalue())
    assert_starts_anew(saved.parent, "in it is compressed")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_pipe_or_folder_in_place_of_the_file_does_not_wait(tmp_path, make):
    make(tmp_path / "fit-key.npz")
    with pytest.warns(UserWarning, match="is no file, but a folder, pipe or device"):
        Checkpoint(tmp_path, "key").agree_on_seed(11)


def test_the_state_of_another_network_starts_anew_or_says_what_to_remove(saved):
    assert_starts_anew(saved.parent, "its network variables are not those", 7, shape=(2, 4))
    assert_starts_anew(saved.parent, "its schedule of the learning rate is not", 7, plateau=False)
    checkpoint = Checkpoint(saved.parent, "key")
    checkpoint.agree_on_seed(7)
    checkpoint.save(make_loop(3, n_epochs=2, phase=2))
    second = Checkpoint(saved.parent, "key")
    second.agree_on_seed(7)
    with pytest.raises(TrainingError, match="remove it to train from the first phase on"):
        second.resume(make_loop(0, phase=2, shape=(2, 4)))


def test_equal_fits_in_one_folder_leave_each_other_alone(tmp_path, monkeypatch):
    one, other = Checkpoint(tmp_path, "key"), Checkpoint(tmp_path, "key")
    assert (one.agree_on_seed(1), other.agree_on_seed(2)) == (1, 2)
    original = os.fsync

    def meanwhile(descriptor):
        monkeypatch.setattr(os, "fsync", original)
        other.save(make_loop(5, n_epochs=1))
        original(descriptor)

    monkeypatch.setattr(os, "fsync", meanwhile)
    one.save(make_loop(4, n_epochs=1))
    assert [path.name for path in tmp_path.iterdir()] == ["fit-key.npz"]
    assert value_of(continued(tmp_path)[0]) == 4.0
    other.remove()
    one.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_fit_goes_on_from_the_state_whose_seed_it_took(saved):
    checkpoint = Checkpoint(saved.parent, "key")
    assert checkpoint.agree_on_seed(11) == 7
    beside = Checkpoint(saved.parent, "key")
    beside.agree_on_seed(8)
    beside.seed = 8
    beside.save(make_loop(9, n_epochs=5))
    loop = make_loop(0)
    checkpoint.resume(loop)
    assert value_of(loop) == 3.0


def failing(number):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS])
@pytest.mark.parametrize("function", ["fsync", "open"])
def test_no_room_or_no_permission_is_said_before_training(tmp_path, monkeypatch, number, function):
    checkpoint = Checkpoint(tmp_path, "key")
    checkpoint.agree_on_seed(1)
    if function == "fsync":
        monkeypatch.setattr(os, "fsync", failing(number))
    else:
        monkeypatch.setattr(type(tmp_path), "open", failing(number))
    with pytest.raises(StorageError, match=r"the state of the fit .*fit-key.npz could not be w"):
        checkpoint.resume(make_loop(0))
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="the state of the fit"):
        Checkpoint(tmp_path / "file" / "folder", "key").agree_on_seed(1)


def test_a_disk_that_is_full_later_costs_no_training(saved, monkeypatch):
    checkpoint = Checkpoint(saved.parent, "key")
    checkpoint.agree_on_seed(1)
    checkpoint.resume(make_loop(0))
    monkeypatch.setattr(os, "fsync", failing(errno.ENOSPC))
    with pytest.warns(UserWarning, match=r"No space left .* what there was is kept .* goes on"):
        checkpoint.save(make_loop(8, n_epochs=3))
    # it is said once
    checkpoint.save(make_loop(8, n_epochs=4))
    monkeypatch.undo()
    assert [path.name for path in saved.parent.iterdir()] == ["fit-key.npz"]
    assert value_of(continued(saved.parent)[0]) == 3.0
    checkpoint.save(make_loop(8, n_epochs=5))
    assert value_of(continued(saved.parent)[0]) == 8.0


def test_what_a_killed_process_left_is_removed_and_that_of_a_running_one_is_not(tmp_path):
    code = "from skhep_nn import _owner; print(_owner.me())"
    command = [sys.executable, "-c", code]
    gone = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert _owner.is_gone(gone)
    for word in (gone, _owner.me(), "0123abcd-1-0123abcd"):
        (tmp_path / f".fit-other.npz.{word}.0123.part").write_text("half")
    continued(tmp_path)
    left = sorted(path.name.split(".")[3] for path in tmp_path.iterdir())
    assert left == sorted([_owner.me(), "0123abcd-1-0123abcd"])


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_process_killed_at_any_moment_leaves_a_whole_state(tmp_path, killed_at):
    setup = STUB + (
        "def run(folder):\n"
        "    checkpoint = Checkpoint(folder, 'key')\n"
        "    checkpoint.agree_on_seed(1)\n"
        "    for epoch in (1, 2):\n"
        "        checkpoint.save(make_loop(epoch, epoch))\n"
    )
    found = set()
    with killed_at(setup) as run:
        for number in range(1, 1000):
            folder = tmp_path / str(number)
            folder.mkdir()
            if not run(folder, number):
                break
            loop, _ = continued(folder)
            assert value_of(loop) == loop.n_epochs or len(loop.history["loss"]) == value_of(loop)
            found.add(value_of(loop))
            assert {path.name for path in folder.iterdir()} <= {"fit-key.npz"}
    assert found == {0.0, 1.0, 2.0}


def test_a_file_that_cannot_be_removed_loses_no_fit(saved, monkeypatch):
    monkeypatch.setattr(type(saved), "unlink", failing(errno.EACCES))
    with pytest.warns(UserWarning, match="cannot be removed: Permission denied"):
        Checkpoint(saved.parent, "key").remove()


def test_the_module_needs_no_tensorflow():
    code = "import sys; import skhep_nn.training._checkpoint; assert 'keras' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
