"""What texts in the configuration look like: regular expressions that match all of a text."""

from __future__ import annotations

from foundation.names import NAME

PLAIN = r"[^\x00-\x1f]{1,64}"
PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
ENDPOINT = r"tcp://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):" + PORT
HOST_PORT = r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):" + PORT
HOST_PORTS = rf"{HOST_PORT}( *, *{HOST_PORT})*"
Z85_KEY = r"[0-9a-zA-Z.:+=^!/*?&<>()\[\]{}@%$#-]{40}"
BEAM = NAME + r"(:[0-9]{1,3})?"
