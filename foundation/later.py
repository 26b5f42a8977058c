"""Modules that load with their first use, not where they are imported.

With the standard library's `LazyLoader` another `import` of the module is a use already.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec
from threading import RLock
from typing import Any


def load_later(name: str) -> None:
    """Let a module load when somebody first wants something of it; nothing where it is loaded.

    ModuleNotFoundError where there is none. Other threads wait until all of it is there.
    """
    if name in sys.modules:
        return
    spec = find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"there is no module {name}", name=name)
    execute, module = spec.loader.exec_module, module_from_spec(spec)
    lock, unused = RLock(), [module]

    def wanted(attribute: str) -> Any:
        with lock:
            if unused:
                execute(unused.pop())
        try:
            return vars(module)[attribute]
        except KeyError:
            raise AttributeError(f"module {name!r} has no attribute {attribute!r}") from None

    vars(module)["__getattr__"] = wanted  # PEP 562: asked for what the module does not have
    sys.modules[name] = module
