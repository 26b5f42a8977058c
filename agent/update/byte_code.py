"""Byte code of a version, made where it is installed.

That of a builder would differ with the patch release of its Python: the same source would not give
the same package.
"""

from __future__ import annotations

import compileall
import warnings
from pathlib import Path
from py_compile import PycInvalidationMode


def compile_below(folder: Path, seen_as: Path) -> None:
    """Compile every module below `folder`, which will lie at `seen_as`; its sources do not change.

    The byte code is never compared with them (PEP 552), as nobody but root may write there. What
    does not compile, or finds the disk full, is compiled at each start.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # in libraries: nobody here can mend them
        compileall.compile_dir(
            folder,
            quiet=2,
            force=True,
            invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
            stripdir=folder,
            prependdir=seen_as,
        )
