"""Unknown rules: what every world answers lies within what is told."""

from __future__ import annotations

from hypothesis import given

from baohao.core.line.fold import fold
from baohao.core.line.project import project
from baohao.core.line.ranges import ranges
from baohao.core.policy.worlds import worlds_of
from tests.core.laws.lives import Life, lives
from tests.core.laws.test_fold_laws import line_of
