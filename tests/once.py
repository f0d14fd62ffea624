"""Made once for all the workers of pytest-xdist: a migrated database, the demo territory."""

import contextlib
import fcntl
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest


def common(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The temporary folder that the workers of this run share."""
    here = tmp_path_factory.getbasetemp()
    return here if worker_id == "master" else here.parent


@contextlib.contextmanager
def made_once(folder: Path, make: Callable[[], None], unmake: Callable[[], None]) -> Iterator[None]:
    """Within, ``make`` has been called by one process of those that share ``folder``.

    ``folder`` exists then, for it to use; the last process that leaves calls ``unmake``. What
    failed is unmade at once, and the next process tries again.
    """
    with folder.with_suffix(".turn").open("w") as turn, folder.with_suffix(".use").open("w") as use:
        with _locked(turn):
            if not folder.exists():
                folder.mkdir()
                try:
                    make()
                except BaseException:
                    _undone(folder, unmake)
                    raise
            fcntl.flock(use, fcntl.LOCK_SH)
        try:
            yield
        finally:
            with _locked(turn), contextlib.suppress(BlockingIOError):
                fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _undone(folder, unmake)


@contextlib.contextmanager
def _locked(file: IO[str]) -> Iterator[None]:
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _undone(folder: Path, unmake: Callable[[], None]) -> None:
    try:
        unmake()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
