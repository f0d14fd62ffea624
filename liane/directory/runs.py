"""Runs of the national import: one at a time, each with the place it came to."""

from django.db import transaction
from django.utils import timezone

from liane.core.errors import Refused
from liane.directory.models import DirectoryImport, RejectedLine

State = DirectoryImport.State


def start(name: str, digest: str, header: int) -> DirectoryImport:
    """The run of a file: the one that was stopped when it is the same file, else a new one.

    Another file takes the place of a run that was stopped: its first half is read again, if ever.
    """
    with transaction.atomic():
        stopped = DirectoryImport.objects.select_for_update().filter(state=State.RUNNING).first()
        if stopped is not None and digest and stopped.digest == digest:
            return stopped
        if stopped is not None:
            stopped.state = State.ABANDONED
            stopped.save(update_fields=["state"])
        RejectedLine.objects.all().delete()
        return DirectoryImport.objects.create(name=name[:200], digest=digest, offset=header, line=1)


def claim(run: DirectoryImport) -> None:
    """Hold the run for one batch. Raises Refused when another process goes on with it."""
    now = DirectoryImport.objects.select_for_update().get(pk=run.pk)
    if now.offset != run.offset or now.state != State.RUNNING:
        raise Refused("Un autre import de l’annuaire est en cours : laissez-le finir.")


def close(run: DirectoryImport, ended: int) -> None:
    """The whole file was read."""
    run.ended, run.state, run.finished_at = ended, State.DONE, timezone.now()
    run.save()
