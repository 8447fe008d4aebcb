"""The server's settings by the machine's memory, given at each start."""

from __future__ import annotations

import os
from pathlib import Path

MIB = 2**20
#: For one household: some hundred lines, a dozen sessions; nothing waits for a second process.
SMALL = {
    "shared_buffers": "24MB",
    "max_connections": "24",
    "work_mem": "2MB",
    "maintenance_work_mem": "32MB",
    "max_wal_size": "256MB",
    "min_wal_size": "64MB",
    "wal_buffers": "1MB",
    "autovacuum_max_workers": "1",
    "max_worker_processes": "2",
    "max_parallel_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    # Read by one process at a time; threads of the server would be three more of them.
    "io_method": "sync",
}


def memory_mib() -> int:
    """Return the memory that is ours in MiB: the machine's, or the container's limit."""
    bytes_ = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        limit = "max"
    return min(bytes_, int(limit) if limit.isdigit() else bytes_) // MIB


def tuned(memory_mib: int) -> dict[str, str]:
    """Return the settings for a machine with `memory_mib` MiB, shared with the application."""
    return {
        "listen_addresses": "",
        "max_connections": "100",
        "shared_buffers": f"{min(max(memory_mib // 8, 64), 4096)}MB",
        "effective_cache_size": f"{max(memory_mib // 2, 256)}MB",
        "work_mem": f"{min(max(memory_mib // 256, 4), 64)}MB",
        "maintenance_work_mem": f"{min(max(memory_mib // 32, 64), 1024)}MB",
        # An answer is given after the commit is on the disk: the three that must never be off.
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "wal_level": "replica",
        # Few checkpoints: after each one the first touch of a page logs the whole page; renewing
        # ten million lines touches most of them (measured: 6 times the log, a third of the speed).
        "max_wal_size": f"{min(max(memory_mib // 2, 1024), 16384)}MB",
        "min_wal_size": "256MB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # Nothing personal in the log: no statement and no "Key (number)=..." detail.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_checkpoints": "off",
    }
