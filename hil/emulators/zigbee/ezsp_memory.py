"""What an EmberZNet stick answers about itself: its configuration, values, tokens, keys, tables."""

from __future__ import annotations

import struct

from hil.emulators.zigbee import ezsp
from hil.emulators.zigbee.ezsp_tokens import ERASED, MOST_KEYS, Tokens

SIZES = {0x05: 8, 0x06: 8, 0x0D: 5, 0x11: 6, 0x1E: MOST_KEYS}
"""Configuration as it is born: sizes of tables (address, multicast), security level, children."""

VERSION_INFO, FREE_BUFFERS, NWK_COUNTER, APS_COUNTER = 0x11, 0x03, 0x23, 0x24  # EzspValueId
BOARD, CUSTOM_IEEE = 0x02, 0x0C  # EzspMfgTokenId
TOKENS = {0x01: b"Emulated Labs\xff\xff\xff", BOARD: b"EM-1".ljust(16, b"\xff")}
COUNTERS = 40  # that the stack keeps
UNUSED = b"\xff" * 8
HASHED, HAS_LINK_KEY, HAS_TRUST_CENTRE = 0x84, 0x10, 0x40  # bits of the security states


class EzspMemory:
    """Answers over `tokens`; `joined` tells whether the network runs."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.joined = False
        self.ieee = tokens.ieee  # as of the last start
        self._answers = {
            ezsp.NOP: lambda _: b"",
            ezsp.GET_TOKEN: self._get_token,
            ezsp.SET_TOKEN: self._set_token,
            ezsp.SET_MAKER: lambda _: b"",
            ezsp.SET_CONCENTRATOR: lambda _: b"\0",
            ezsp.NETWORK_STATE: lambda _: bytes([ezsp.NETWORK_JOINED if self.joined else 0]),
            ezsp.GET_IEEE: lambda _: self.ieee,
            ezsp.GET_ADDRESS: lambda _: b"\0\0" if self.joined else b"\xff\xff",
            ezsp.GET_PARAMETERS: self._parameters,
            ezsp.GET_CHILD: lambda _: bytes([ezsp.NOT_JOINED]) + bytes(15),
            ezsp.GET_CONFIG: self._get_config,
            ezsp.SET_CONFIG: self._set_config,
            ezsp.SOURCE_ROUTES: lambda _: bytes(4),
            ezsp.REMOTE_IEEE: lambda _: UNUSED,
            ezsp.REMOTE_ADDRESS: lambda _: b"\xff\xff",
            ezsp.ADDRESS_OF: self._address_of,
            ezsp.IEEE_OF: self._ieee_of,
            ezsp.GET_MULTICAST: lambda data: b"\0" + self._multicast.get(data[0], bytes(3)),
            ezsp.SET_MULTICAST: self._set_multicast,
            ezsp.CLEAR_COUNTERS: lambda _: bytes(2 * COUNTERS),
            ezsp.GET_COUNTERS: lambda _: bytes(2 * COUNTERS),
            ezsp.SET_SECURITY: self._set_security,
            ezsp.GET_SECURITY: self._security,
            ezsp.GET_KEY: self._key,
            ezsp.KEY_AT: self._key_at,
            ezsp.FIND_KEY: self._find_key,
            ezsp.ADD_KEY: self._add_key,
            ezsp.ERASE_KEY: self._erase_key,
            ezsp.CLEAR_KEYS: self._clear_keys,
            ezsp.CLEAR_SINKS: lambda _: b"",
            ezsp.SET_PATIENCE: lambda _: b"",
            ezsp.GET_PATIENCE: lambda _: b"\0",
            ezsp.REPLACE_ADDRESS: lambda _: b"\0" + UNUSED + b"\xff\xff\0",
            ezsp.SET_POWER: lambda _: b"\0",
            ezsp.GET_VALUE: self._get_value,
            ezsp.SET_VALUE: self._set_value,
        }
        self.power_on()

    def power_on(self) -> None:
        """Take the state after a reset."""
        self.joined = False
        self.ieee = self.tokens.ieee
        self._config = dict(SIZES)
        self._multicast: dict[int, bytes] = {}

    def answer(self, command: int, data: bytes) -> bytes | None:
        """Return the answer's data, or None where the command is no matter of this."""
        found = self._answers.get(command)
        return None if found is None else found(data)

    def _get_token(self, data: bytes) -> bytes:
        value = self.tokens.ieee_burnt if data[0] == CUSTOM_IEEE else TOKENS.get(data[0], b"")
        return bytes([len(value)]) + value

    def _set_token(self, data: bytes) -> bytes:
        if data[0] != CUSTOM_IEEE or self.tokens.ieee_burnt != ERASED:
            return bytes([ezsp.NOT_NOW])  # flash that was written once
        self.tokens.ieee_burnt = data[2:10]
        return b"\0"

    def _parameters(self, _: bytes) -> bytes:
        if not self.joined:
            return bytes([ezsp.NOT_JOINED]) + bytes(21)
        return b"\0\x01" + self.tokens.parameters

    def _get_config(self, data: bytes) -> bytes:
        return b"\0" + struct.pack("<H", self._config.get(data[0], 0))

    def _set_config(self, data: bytes) -> bytes:
        self._config[data[0]] = int.from_bytes(data[1:3], "little")
        return b"\0"

    def _set_multicast(self, data: bytes) -> bytes:
        self._multicast[data[0]] = data[1:4]
        return b"\0"

    def _address_of(self, data: bytes) -> bytes:
        return struct.pack("<H", self.tokens.nodes.get(data[:8], ezsp.NOBODY))

    def _ieee_of(self, data: bytes) -> bytes:
        wanted = int.from_bytes(data[:2], "little")
        found = (ieee for ieee, address in self.tokens.nodes.items() if address == wanted)
        ieee = next(found, None)
        return b"\x01" + bytes(8) if ieee is None else b"\0" + ieee

    def _set_security(self, data: bytes) -> bytes:
        if self.joined:
            return bytes([ezsp.NOT_NOW])
        self.tokens.security = data[:43]
        return b"\0"

    def _security(self, _: bytes) -> bytes:
        state = self.tokens.security
        mask = int.from_bytes(state[:2], "little")
        centre = state[35:43] if mask & HAS_TRUST_CENTRE else self.ieee
        return b"\0" + struct.pack("<H", mask & HASHED | HAS_LINK_KEY) + centre

    def _key(self, data: bytes) -> bytes:
        tokens = self.tokens
        if data[0] == ezsp.NETWORK_KEY:
            number, value = tokens.key_number, tokens.network_key
            return b"\0" + ezsp.key(data[0], value, tokens.counter, number, bytes(8))
        return b"\0" + ezsp.key(ezsp.LINK_KEY, tokens.link_key, tokens.aps_counter, 0, self.ieee)

    def _key_at(self, data: bytes) -> bytes:
        known = list(self.tokens.keys.items())
        if data[0] >= MOST_KEYS:
            return bytes([ezsp.NO_INDEX]) + bytes(36)
        if data[0] >= len(known):
            return bytes([ezsp.EMPTY_ROW]) + bytes(36)
        ieee, value = known[data[0]]
        return b"\0" + ezsp.key(ezsp.APPLICATION_KEY, value, 0, 0, ieee)

    def _find_key(self, data: bytes) -> bytes:
        known = list(self.tokens.keys)
        return bytes([known.index(data[:8]) if data[:8] in known else 0xFF])

    def _add_key(self, data: bytes) -> bytes:
        keys = self.tokens.keys
        if data[:8] not in keys and len(keys) >= MOST_KEYS:
            return bytes([ezsp.TABLE_FULL])
        keys[data[:8]] = data[9:25]
        return b"\0"

    def _erase_key(self, data: bytes) -> bytes:
        known = list(self.tokens.keys)
        if data[0] >= len(known):
            return bytes([ezsp.NO_INDEX])
        del self.tokens.keys[known[data[0]]]
        return b"\0"

    def _clear_keys(self, _: bytes) -> bytes:
        self.tokens.keys.clear()
        return b"\0"

    def _get_value(self, data: bytes) -> bytes:
        values = {
            VERSION_INFO: ezsp.STACK_BUILD,
            FREE_BUFFERS: b"\xf0\x00",
            NWK_COUNTER: struct.pack("<I", self.tokens.counter),
            APS_COUNTER: struct.pack("<I", self.tokens.aps_counter),
        }
        value = values.get(data[0])
        return bytes([ezsp.NOT_VALID, 0]) if value is None else bytes([0, len(value)]) + value

    def _set_value(self, data: bytes) -> bytes:
        value = int.from_bytes(data[2:6], "little")
        if data[0] in {NWK_COUNTER, APS_COUNTER} and self.joined:
            return bytes([ezsp.NOT_NOW])
        if data[0] == NWK_COUNTER:
            self.tokens.counter = value
        elif data[0] == APS_COUNTER:
            self.tokens.aps_counter = value
        return b"\0"
