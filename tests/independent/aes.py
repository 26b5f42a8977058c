"""AES-256, key unwrapping and GCM (FIPS 197, RFC 3394, SP 800-38D), as the library has none.

Not constant in time: good for checking vectors, not for secrets.
"""

from __future__ import annotations

import hmac


def _times2(value: int) -> int:
    return (value << 1) ^ (0x11B if value & 0x80 else 0)


def _multiply(one: int, two: int) -> int:
    product = 0
    while two:
        product ^= one if two & 1 else 0
        one, two = _times2(one), two >> 1
    return product


def _make_sbox() -> list[int]:
    box = []
    for value in range(256):
        inverse = next((x for x in range(1, 256) if _multiply(value, x) == 1), 0)
        out = 0x63
        for turn in range(5):
            out ^= (inverse << turn | inverse >> (8 - turn)) & 0xFF
        box.append(out)
    return box


SBOX = _make_sbox()
UNBOX = [SBOX.index(value) for value in range(256)]
FORWARD, BACKWARD = (2, 3, 1, 1), (14, 11, 13, 9)
TABLES = {
    factor: [_multiply(value, factor) for value in range(256)]
    for factor in (1, 2, 3, 9, 11, 13, 14)
}


class Aes256:
    """The block cipher with one key."""

    def __init__(self, key: bytes) -> None:
        words = [key[at : at + 4] for at in range(0, 32, 4)]
        constant = 1
        while len(words) < 60:
            word = words[-1]
            if len(words) % 8 == 0:
                word = bytes(SBOX[byte] for byte in word[1:] + word[:1])
                word = bytes([word[0] ^ constant]) + word[1:]
                constant = _times2(constant)
            elif len(words) % 8 == 4:
                word = bytes(SBOX[byte] for byte in word)
            words.append(_xor(word, words[-8]))
        self.rounds = [b"".join(words[at : at + 4]) for at in range(0, 60, 4)]

    def encrypt(self, block: bytes) -> bytes:
        """Encrypt a block of 16 bytes."""
        state = _xor(block, self.rounds[0])
        for number in range(1, 15):
            state = bytes(SBOX[state[(at + 4 * (at % 4)) % 16]] for at in range(16))
            if number < 14:
                state = _mix(state, FORWARD)
            state = _xor(state, self.rounds[number])
        return state

    def decrypt(self, block: bytes) -> bytes:
        """Decrypt a block of 16 bytes."""
        state = block
        for number in range(14, 0, -1):
            state = _xor(state, self.rounds[number])
            if number < 14:
                state = _mix(state, BACKWARD)
            state = bytes(UNBOX[state[(at - 4 * (at % 4)) % 16]] for at in range(16))
        return _xor(state, self.rounds[0])


def _xor(one: bytes, two: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, two, strict=False))


def _mix(state: bytes, factors: tuple[int, ...]) -> bytes:
    mixed = bytearray()
    for column in range(0, 16, 4):
        for row in range(4):
            value = 0
            for other in range(4):
                value ^= TABLES[factors[(other - row) % 4]][state[column + other]]
            mixed.append(value)
    return bytes(mixed)


def unwrap(key: bytes, wrapped: bytes) -> bytes | None:
    """RFC 3394: the wrapped key, or None when it was changed."""
    cipher = Aes256(key)
    check = wrapped[:8]
    parts = [wrapped[at : at + 8] for at in range(8, len(wrapped), 8)]
    for step in range(6 * len(parts), 0, -1):
        at = (step - 1) % len(parts)
        block = cipher.decrypt(_xor(check, step.to_bytes(8, "big")) + parts[at])
        check, parts[at] = block[:8], block[8:]
    return b"".join(parts) if hmac.compare_digest(check, b"\xa6" * 8) else None


def _gmul(one: int, two: int) -> int:
    product = 0
    for bit in range(127, -1, -1):
        if two >> bit & 1:
            product ^= one
        one = one >> 1 ^ (0xE1 << 120 if one & 1 else 0)
    return product


def open_gcm(key: bytes, nonce: bytes, sealed: bytes, aad: bytes) -> bytes | None:
    """AES-256-GCM with a nonce of 12 bytes: the content, or None when it was changed."""
    if len(sealed) < 16:
        return None
    cipher = Aes256(key)
    text, tag = sealed[:-16], sealed[-16:]
    subkey = int.from_bytes(cipher.encrypt(bytes(16)), "big")
    total = 0
    blocks = _padded(aad) + _padded(text) + (8 * len(aad)).to_bytes(8, "big")
    blocks += (8 * len(text)).to_bytes(8, "big")
    for at in range(0, len(blocks), 16):
        total = _gmul(total ^ int.from_bytes(blocks[at : at + 16], "big"), subkey)
    mask = cipher.encrypt(nonce + b"\0\0\0\1")
    if not hmac.compare_digest(_xor(total.to_bytes(16, "big"), mask), tag):
        return None
    plain = [
        _xor(text[at : at + 16], cipher.encrypt(nonce + (at // 16 + 2).to_bytes(4, "big")))
        for at in range(0, len(text), 16)
    ]
    return b"".join(plain)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 16)
