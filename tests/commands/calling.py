"""The programs, run in this process."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout


def answered(main, words) -> tuple[int, str]:
    """Run a program; return its exit code and what it complained of."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main([str(word) for word in words])
        except SystemExit as end:
            code = end.code or 0
    return code, err.getvalue()
