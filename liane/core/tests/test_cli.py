"""The command: what it says when it cannot do what is asked."""

import pytest

from liane import cli


def test_a_word_that_is_no_command_is_named(capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(["sing"])
    assert left.value.code == 2
    assert "'sing' is not a command" in capsys.readouterr().err


def test_a_database_without_tables_is_told_in_one_line(monkeypatch):
    from django.db import OperationalError

    def fails(words):
        raise OperationalError("no such table: clients_client")

    monkeypatch.setattr("django.core.management.execute_from_command_line", fails)
    with pytest.raises(SystemExit) as left:
        cli.main(["demo", "personas"])
    assert "liane migrate" in str(left.value.code)


def test_any_other_fault_of_the_database_is_not_hidden(monkeypatch):
    from django.db import OperationalError

    def fails(words):
        raise OperationalError("disk I/O error")

    monkeypatch.setattr("django.core.management.execute_from_command_line", fails)
    with pytest.raises(OperationalError):
        cli.main(["demo", "personas"])
