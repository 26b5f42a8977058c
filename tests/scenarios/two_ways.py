"""A gateway's end of two links into another network namespace: `unshare -rn python two_ways.py`.

Prints a line for each change of the way, and does to the links what comes on standard input:
`down NAME`, `up NAME`, `silent NAME` (the far side drops all), `heard NAME`, `routeless NAME`;
`nameless` lets the name service die, `reboot` the node.
"""

import asyncio
import socket
import subprocess
import sys
import time
from functools import partial

from agent.config.ways import Way
from agent.upstream import way_keeper, ways
from agent.upstream.way_keeper import WayKeeper
from drivers.driver import SystemTiming
from foundation.addresses import Names, system_resolve
from foundation.reach import unreached

FASTER = 5  # than a gateway: a test need not wait a minute
LINKS = {"cable": 1, "radio": 2}
NODE, NAME = "10.77.0.1", "node.example"
PORT = 7701
SERVE = f"""
import asyncio
async def main():
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "{NODE}", {PORT})
    print("serving", flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class World:
    def __init__(self):
        self.far = subprocess.Popen(["unshare", "-n", "sleep", "600"])
        time.sleep(0.3)  # until it has a namespace of its own
        for name, number in LINKS.items():
            ip("link", "add", name, "type", "veth", "peer", "name", f"far-{name}")
            ip("link", "set", f"far-{name}", "netns", str(self.far.pid))
            ip("addr", "add", f"10.77.{number}.2/24", "dev", name)
            self.over("ip", "addr", "add", f"10.77.{number}.1/24", "dev", f"far-{name}")
            self.over("ip", "link", "set", f"far-{name}", "up")
            self.do("up", name)
        self.over("ip", "link", "set", "lo", "up")
        # Only who has an address answers for it, as routers do: without a route nothing arrives.
        self.over("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore")
        self.over("ip", "addr", "add", f"{NODE}/32", "dev", "lo")
        self.nameless = False
        self.serve()

    def serve(self):
        self.node = subprocess.Popen(
            self.there(sys.executable, "-c", SERVE), stdout=subprocess.PIPE, text=True
        )
        assert self.node.stdout.readline() == "serving\n"

    def reboot(self):
        self.node.kill()
        self.node.wait()
        self.node.stdout.close()
        self.serve()

    async def resolve(self, host, port):
        assert host == NAME
        if self.nameless:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return await system_resolve(NODE, port)

    def there(self, *words):
        return ["nsenter", f"--net=/proc/{self.far.pid}/ns/net", *words]

    def over(self, *words):
        subprocess.run(self.there(*words), check=True)

    def do(self, what, name):
        number = LINKS[name]
        if what == "up":
            ip("link", "set", name, "up")
            ip("route", "replace", "default", "via", f"10.77.{number}.1", "dev", name,
               "metric", str(100 * number))  # fmt: skip
        elif what == "down":
            ip("link", "set", name, "down")
        elif what == "routeless":
            ip("route", "del", "default", "dev", name)
        else:  # the far side still has its carrier, and answers into nothing
            verb = "add" if what == "silent" else "del"
            self.over("ip", "route", verb, "blackhole", f"10.77.{number}.2/32")

    def end(self):
        for process in (self.node, self.far):
            process.kill()
            process.wait()


async def main():
    world = World()
    ways.CHEAP_EVERY /= FASTER
    ways.AGAIN_AFTER /= FASTER
    way_keeper.WITHIN /= FASTER
    ways.HOLD /= 8 * FASTER
    known = Names(world.resolve)
    began = time.monotonic()

    def moved(before, interface, reason):
        print(f"{time.monotonic() - began:.1f} {interface} {reason}", flush=True)

    keeper = WayKeeper(
        [Way("cable"), Way("radio")],
        f"tcp://{NAME}:{PORT}",
        SystemTiming(),
        partial(unreached, names=known),
        moved,
        lambda *_: None,
        known,
    )
    running = asyncio.ensure_future(keeper.run())
    try:
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            what, *names = line.split()
            if what == "say":
                pairs = zip(keeper.choice.ways, keeper.choice.conditions, strict=True)
                print({way.interface: one.trouble for way, one in pairs}, flush=True)
            elif what == "names":
                print(known.trouble or "all names are resolved", flush=True)
            elif what == "nameless":
                world.nameless = True
            elif what == "reboot":
                world.reboot()
            else:
                world.do(what, *names)
    finally:
        running.cancel()
        world.end()


if __name__ == "__main__":
    asyncio.run(main())
