import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture(autouse=True)
async def files_one_after_another():
    """Let `settle` wait for what is done to files: what is asked for later is done later."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=1))
