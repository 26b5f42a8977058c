"""Prints what a broker sends to a session that is kept: `python subscriber.py PORT TOPIC`."""

import json
import sys

from paho.mqtt import client as paho


def told(payload: bytes) -> object:
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode()


def main() -> None:
    port, topic = int(sys.argv[1]), sys.argv[2]
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="ear", clean_session=False)
    client.reconnect_delay_set(1, 1)
    client.on_connect = lambda *_: client.subscribe(topic, qos=1)
    client.on_subscribe = lambda *_: print("subscribed", flush=True)
    client.on_message = lambda _, __, message: print(
        json.dumps({"topic": message.topic, "payload": told(message.payload)}), flush=True
    )
    client.connect("127.0.0.1", port)
    client.loop_forever()


main()
