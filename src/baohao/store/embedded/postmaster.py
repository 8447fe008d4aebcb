"""
The postmaster: its pid file, and whether that process is truly alive.

Two traps. A killed process whose parent has not yet asked for its end (a zombie) still answers
`kill(pid, 0)`, so PostgreSQL itself refuses to start beside it; and after a restart of the machine
or container the number in the file may belong to somebody else.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

#: Our own children by pid, kept so that their end is collected: servers outlive what started them.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Postmaster:
    """What a running server wrote into its pid file."""

    pid: int
    port: int
    socket_dir: Path
    #: It accepts connections: recovery, if there was one, is over.
    ready: bool


def read(cluster: Path) -> Postmaster | None:
    """Return the live postmaster of `cluster`, or None; one that is just starting has no file."""
    lines = _pid_file(cluster)
    if len(lines) < 5 or not serves(int(lines[0]), cluster):
        return None
    ready = len(lines) >= 8 and lines[7].strip() == "ready"
    return Postmaster(pid=int(lines[0]), port=int(lines[3]), socket_dir=Path(lines[4]), ready=ready)


def serves(pid: int, cluster: Path) -> bool:
    """Return whether `pid` is a living postmaster of `cluster`: no zombie, no stranger."""
    return str(cluster) in _command_line(pid)


def forget(cluster: Path, socket_dir: Path) -> None:
    """
    Remove the pid files of a server that is no more; the caller holds the lock, and none is alive.

    PostgreSQL removes the files of a number that is free, but would refuse for as long as a zombie
    or a stranger has it. A backend that outlived its server is still found, and waited for, by the
    shared memory it holds.
    """
    for file in (cluster / "postmaster.pid", *socket_dir.glob(".s.PGSQL.*.lock")):
        file.unlink(missing_ok=True)


def adopt(child: subprocess.Popen[bytes]) -> None:
    """Keep a server that this process started, so that its end is collected."""
    _children[child.pid] = child


def _pid_file(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def _command_line(pid: int) -> list[str]:
    """Return the program and arguments of a living process; a zombie has none."""
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        del _children[pid]
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")[:-1]
        except (FileNotFoundError, ProcessLookupError):
            return []
    # no /proc, as on macOS
    shown = subprocess.run(
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)],
        check=False,
        capture_output=True,
        text=True,
    )
    return shown.stdout.split()
