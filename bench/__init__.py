"""Benchmarks: ratios taken in one run against pgbench and COPY, never a timed test."""
