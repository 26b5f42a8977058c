"""Names are resolved once and remembered: a name service that dies cuts nothing off."""

import asyncio
import gc
import socket

import pytest

from foundation.addresses import Address, Names, Unresolved

THERE = Address(socket.AF_INET, socket.SOCK_STREAM, 6, ("203.0.113.7", 7701))


class Service:
    """A name service that answers, refuses, or hangs."""

    def __init__(self):
        self.state, self.asked = "well", 0

    async def resolve(self, host, port):
        self.asked += 1
        if self.state == "hangs":
            await asyncio.Event().wait()
        if self.state == "refuses":
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [THERE]


@pytest.mark.parametrize("state", ["hangs", "refuses"])
async def test_what_a_name_stood_for_last_goes_on_counting(state):
    service = Service()
    names = Names(service.resolve, within=0.05)
    assert await names.addresses("node.example", 7701) == [THERE]
    assert names.trouble == ""
    service.state = state
    assert await names.addresses("node.example", 7701) == [THERE]
    assert names.trouble == ("node.example is not resolved, its last address, 203.0.113.7, is used")
    service.state = "well"
    if state == "hangs":  # the question is still under way, and no second one is asked
        assert service.asked == 2
    else:
        assert await names.addresses("node.example", 7701) == [THERE]
        assert names.trouble == ""


@pytest.mark.parametrize("state", ["hangs", "refuses"])
async def test_a_name_that_was_never_resolved_is_named(state):
    service = Service()
    service.state = state
    names = Names(service.resolve, within=0.05)
    for _ in range(3):
        with pytest.raises(Unresolved, match=r"the name node\.example is not resolved"):
            await names.addresses("node.example", 7701)
    assert names.trouble == "node.example is not resolved, no address known"
    assert service.asked == (1 if state == "hangs" else 3)


async def test_a_number_needs_no_name_service():
    (found, *_) = await Names().addresses("127.0.0.1", 7701)
    assert found.address == ("127.0.0.1", 7701)


async def test_what_a_question_ends_with_when_nobody_waits_any_more_is_no_news():
    failed = asyncio.Event()

    async def late(_host, _port):
        try:
            await asyncio.Event().wait()
        finally:
            failed.set()
            raise OSError("too late")

    said = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
    names = Names(late, within=0.01)
    with pytest.raises(Unresolved):
        await names.addresses("node.example", 7701)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await failed.wait()
    await asyncio.sleep(0)
    del names, task
    gc.collect()
    assert said == []


async def test_each_host_without_an_answer_is_named_once_and_in_order():
    service = Service()
    service.state = "refuses"
    names = Names(service.resolve, within=0.05)
    for host, port in (("b.example", 1), ("a.example", 1), ("b.example", 2)):
        with pytest.raises(Unresolved):
            await names.addresses(host, port)
    assert names.trouble == (
        "a.example is not resolved, no address known; b.example is not resolved, no address known"
    )
