"""Uploads stay in memory, counted as they arrive, never in clear on a disk.

What exceeds the limit is read and thrown away: the page can then say so, with everything else that
was typed still there.
"""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

FILES_IN_ONE_REQUEST = 3
"""Bounds the memory of one request to this many files of the largest size."""


class BoundedUploadHandler(FileUploadHandler):
    """Keeps at most ``LIANE_FILE_MAX_BYTES`` a file; ``size`` still tells the true length."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.left = settings.LIANE_FILE_MAX_BYTES * FILES_IN_ONE_REQUEST
        self.file = BytesIO()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin the next file of the request."""
        super().new_file(*args, **kwargs)
        self.file = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep what fits."""
        if start + len(raw_data) <= settings.LIANE_FILE_MAX_BYTES and len(raw_data) <= self.left:
            self.file.write(raw_data)
            self.left -= len(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        """The file, with the length that was sent."""
        self.file.seek(0)
        return InMemoryUploadedFile(
            self.file,
            self.field_name,
            self.file_name,
            self.content_type,
            file_size,
            self.charset,
            self.content_type_extra,
        )
