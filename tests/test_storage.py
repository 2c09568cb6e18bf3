"""Folders that go although others still write in them."""

from __future__ import annotations

import shutil

from skhep_nn import _storage


def test_a_folder_goes_although_a_task_writes_while_it_is_emptied(tmp_path, monkeypatch):
    folder, original, late = tmp_path / "parts", shutil.rmtree, ["b", "a"]
    folder.mkdir()

    def rmtree(path, **options):
        # what is made behind the back of the first attempts keeps the folder
        original(path, **options)
        if late:
            path.mkdir()
            (path / late.pop()).mkdir()

    monkeypatch.setattr(shutil, "rmtree", rmtree)
    _storage.remove_folder(folder)
    assert late == []
    assert not folder.exists()


def test_a_folder_that_is_not_there_or_may_not_go_is_no_error(tmp_path, monkeypatch):
    _storage.remove_folder(tmp_path / "none")
    monkeypatch.setattr(shutil, "rmtree", lambda path, **options: None)
    _storage.remove_folder(tmp_path)
    assert tmp_path.exists()
