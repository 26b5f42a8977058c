"""A module that stands in another's place, for one of those that import it."""

from __future__ import annotations


class Stand:
    """A module with some of its names replaced."""

    def __init__(self, module, **replaced):
        self._module = module
        vars(self).update(replaced)

    def __getattr__(self, name):
        return getattr(self._module, name)
