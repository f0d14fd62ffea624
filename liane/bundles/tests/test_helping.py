"""Chunks of a large run, settled here or by a helper process: each once, and no failure is lost."""

import datetime as dt
import math

import pytest

from liane.bundles import helping, settling
from liane.bundles.models import Settled
from liane.bundles.tests.conftest import machine

CHUNKS = [(n, n + 1) for n in range(20)]


def test_alone_each_chunk_gives_its_result():
    assert list(helping.share(CHUNKS, math.prod, math.prod, 0)) == [n * (n + 1) for n in range(20)]


def test_with_a_helper_each_chunk_is_taken_once():
    here = []

    def mine(chunk):
        here.append(chunk)
        return math.prod(chunk)

    found = list(helping.share(CHUNKS, mine, math.prod, 1))
    assert sorted(found) == [n * (n + 1) for n in range(20)]
    assert 0 < len(here) < len(CHUNKS)


def test_what_a_helper_raises_is_raised():
    with pytest.raises(TypeError):
        list(helping.share([("a", "b")] * 3, len, math.prod, 1))


@pytest.mark.django_db
def test_what_a_helper_settles_is_what_the_run_would_have_settled(house):
    house.complete()
    with machine():
        run = settling.SettlementRun.objects.create(until=dt.date(2026, 6, 30))
    done = helping.settled(run.pk, dt.date(2026, 6, 30), None, (house.enrolment.pk,))
    assert done == (1, 1, 0)
    assert house.settle(dt.date(2026, 6, 30), whole=True).unchanged == 1
    with machine():
        assert Settled.objects.get().run_id == run.pk


@pytest.mark.django_db
def test_an_answer_that_another_run_kept_meanwhile_is_left_to_it(house, monkeypatch):
    house.complete()
    with machine():
        run = settling.SettlementRun.objects.create(until=dt.date(2026, 6, 30))
    read = settling.Reader.read

    def slowly(reader, ids, until):
        found = read(reader, ids, until)
        monkeypatch.setattr(settling.Reader, "read", read)
        house.settle(dt.date(2026, 6, 30))
        return found

    monkeypatch.setattr(settling.Reader, "read", slowly)
    with machine():
        done = settling.Worker(run.pk, dt.date(2026, 6, 30)).settle([house.enrolment.pk])
        assert done == (1, 0, 1)
        assert Settled.objects.get().run_id != run.pk
