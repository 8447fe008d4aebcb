"""`baohao db`: start, stop, back up, restore, resume, and what each says."""

from __future__ import annotations

from pathlib import Path

from tests.cli.run import baohao

LINES = "number,iccid\n66123456,8985301234567890129\n"


def test_a_life_of_a_database(data_dir: Path, tmp_path: Path) -> None:
    at = ("--data", data_dir, "--json")
    assert baohao("db", "status", *at).facts == {"running": False, "folder": str(data_dir)}
    started = baohao("db", "start", *at).facts
    assert started["running"]
    assert len(started["applied"]) >= 5
    assert baohao("db", "start", *at).facts["applied"] == []
    file = tmp_path / "lines.csv"
    file.write_text(LINES)
    imported = baohao("lines", "import", file, "--operator", "demo", "--plan", "keep12", *at)
    assert (imported.code, imported.facts["new"]) == (0, 1)
    backup = tmp_path / "backup"
    assert baohao("db", "backup", backup, *at).facts["bytes"] > 0
    file.write_text(LINES + "66123457,\n")
    more = ("lines", "import", file, "--operator", "demo", "--plan", "keep12")
    assert baohao(*more, *at).facts["new"] == 1
    restored = baohao("db", "restore", backup, *at).facts
    assert (restored["open"], restored["epoch"]) == (False, 2)
    closed = baohao(*more, *at)
    assert (closed.code, closed.facts["refused"]["code"]) == (1, "house.closed")
    assert baohao("db", "resume", *at).facts["open"]
    assert baohao("db", "resume", *at).facts["refused"]["code"] == "house.open"
    assert baohao(*more, *at).facts["new"] == 1
    assert baohao("db", "stop", *at).facts == {"stopped": True}
    assert baohao("db", "stop", *at).facts == {"stopped": False}


def test_people_are_told_in_words(data_dir: Path) -> None:
    ran = baohao("db", "status", "--data", data_dir)
    assert (ran.code, ran.err) == (0, "")
    assert str(data_dir) in ran.out


def test_a_server_is_stopped_by_its_own_tools() -> None:
    ran = baohao("db", "stop", BAOHAO_DATABASE_URL="postgresql://127.0.0.1:1/x")
    assert ran.code == 1
    assert "[database.elsewhere]" in ran.err


def test_a_server_that_is_away_is_told_with_a_way_out() -> None:
    url = "postgresql://127.0.0.1:1/x"
    ran = baohao("db", "status", "--json", BAOHAO_DATABASE_URL=url)
    assert (ran.code, ran.facts["refused"]["code"]) == (1, "database.away")
    assert "BAOHAO_DATABASE_URL" in ran.facts["refused"]["message"]


def test_a_setting_that_cannot_be_is_wrong_use() -> None:
    ran = baohao("db", "status", BAOHAO_DATABASE_URL="mysql://u:hunter2@h/b")
    assert ran.code == 2
    assert "hunter2" not in ran.out + ran.err


def test_a_backup_needs_a_running_database_and_a_restore_a_backup(
    data_dir: Path, tmp_path: Path
) -> None:
    at = ("--data", data_dir, "--json")
    refused = baohao("db", "backup", tmp_path / "b", *at).facts["refused"]
    assert refused["code"] == "embedded.not_running"
    assert "db start" in refused["message"]
    file = tmp_path / "no-backup"
    file.write_text("nothing")
    assert baohao("db", "restore", file, *at).facts["refused"]["code"] == "embedded.command_failed"
