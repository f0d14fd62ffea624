"""Addresses of static files, each made once: a page names a dozen of them."""

from typing import Any

from django.contrib.staticfiles.storage import StaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class _Known:
    """A storage that keeps the addresses it gave: while a process runs, they do not change."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._addresses: dict[Any, str] = {}

    def url(self, *asked: Any) -> str:
        """Where a browser finds the file. Raises ValueError for one that was not collected."""
        if asked not in self._addresses:
            self._addresses[asked] = super().url(*asked)  # type: ignore[misc]
        return self._addresses[asked]


class Plain(_Known, StaticFilesStorage):
    """Files under their own names."""


class Manifest(_Known, CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Files under names that change with their content."""
