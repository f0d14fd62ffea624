"""Periodic work runs when due, once, and failures are tried again then shown."""

import datetime as dt

import pytest
from django.tasks import task
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from liane.core import deferred, health, jobs, registry, worker
from liane.core.models import DueJob

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
calls: list[str] = []


@pytest.fixture(autouse=True)
def clean() -> None:
    calls.clear()


def only(monkeypatch: pytest.MonkeyPatch, run: object) -> None:
    job = registry.Job("round", every=HOUR, run=run)  # type: ignore[arg-type]
    monkeypatch.setattr(registry, "jobs", {"round": job})
    jobs.ensure()


def test_a_job_runs_when_due_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, lambda: calls.append("x"))
    now = timezone.now()
    assert jobs.run_due(now) == ["round"]
    assert jobs.run_due(now + HOUR / 2) == []
    assert jobs.run_due(now + HOUR) == ["round"]


def test_a_leased_job_is_left_to_its_worker_until_the_lease_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    only(monkeypatch, lambda: calls.append("x"))
    now = timezone.now()
    DueJob.objects.update(leased_until=now + HOUR)
    assert jobs.run_due(now) == []
    assert jobs.run_due(now + 2 * HOUR) == ["round"]


def test_a_failing_job_backs_off_and_after_eight_failures_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> None:
        raise ValueError("LABORDE")

    only(monkeypatch, fail)
    now = timezone.now()
    for _ in range(8):
        jobs.run_due(now)
        row = DueJob.objects.get(name="round")
        now = row.due_at
    assert row.failures == 8
    assert row.last_error == "ValueError"
    assert "failing:round" in health.problems()


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 5), (2, 10), (4, 40), (7, 320), (8, 3600), (20, 3600)]
)
def test_the_pause_grows(failures: int, seconds: int) -> None:
    assert jobs.backoff(failures).total_seconds() == seconds


@task
def remember(word: str) -> None:
    if word == "fail":
        raise RuntimeError("LABORDE")
    calls.append(word)


def test_a_deferred_task_runs_once() -> None:
    remember.enqueue("hello")
    assert deferred.run_one()
    assert not deferred.run_one()
    assert calls == ["hello"]


def test_a_killed_task_is_put_back_when_its_lease_ends() -> None:
    remember.enqueue("hello")
    row = DBTaskResult.objects.get()
    row.claim("killed")
    assert deferred.put_back() == 0
    assert deferred.put_back(timezone.now() + 2 * deferred.LEASE) == 1
    DBTaskResult.objects.update(run_after=timezone.now())
    assert deferred.run_one()
    assert calls == ["hello"]


def test_a_failing_task_is_tried_eight_times_and_its_error_quotes_nobody() -> None:
    remember.enqueue("fail")
    for _ in range(9):
        DBTaskResult.objects.update(run_after=timezone.now())
        deferred.run_one()
    row = DBTaskResult.objects.get()
    assert (row.status, len(row.worker_ids)) == ("FAILED", 8)
    assert "LABORDE" not in row.exception_class_path + row.traceback
    assert "failing:tasks" in health.problems()


def test_health_tells_a_dead_worker_from_a_living_one() -> None:
    assert "worker" in health.problems()
    worker.run_once()
    assert health.problems() == []
    assert health.problems(timezone.now() + HOUR) == ["worker"]


def test_every_registered_job_runs_on_an_empty_installation() -> None:
    worker.run_once()
    assert dict(DueJob.objects.exclude(last_error="").values_list("name", "last_error")) == {}
