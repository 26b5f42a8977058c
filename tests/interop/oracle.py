"""Two other implementations of COSE, asked over stdin; runs in a venv of its own, imports nothing of ours.

A request a line, in JSON: {"tool": "cwt" or "pycose", "do": "verify" or "sign", "key": hex of a COSE_Key, …}; bytes
are hexadecimal. The answer is a line with "payload" or "signed", or with "error".
"""

import json
import sys

import cbor2
from cwt import COSE, COSEKey
from pycose.keys import CoseKey
from pycose.messages import Sign1Message

TAGGED = 18


def verify_cwt(data, key, detached):
    return COSE.new().decode(data, COSEKey.new(key), detached_payload=detached)


def sign_cwt(header, payload, key):
    return COSE.new(deterministic_header=True).encode_and_sign(
        payload, COSEKey.new(key), protected=header
    )


def verify_pycose(data, key, detached):
    message = Sign1Message.decode(data)
    message.key = CoseKey.from_dict(key)
    given = {} if detached is None else {"detached_payload": detached}
    if not message.verify_signature(**given):
        raise ValueError("the signature does not verify")
    return message.payload or detached


def sign_pycose(header, payload, key):
    message = Sign1Message(phdr=header, uhdr={}, payload=payload, key=CoseKey.from_dict(key))
    return message.encode()


DOES = {
    ("cwt", "verify"): verify_cwt,
    ("cwt", "sign"): sign_cwt,
    ("pycose", "verify"): verify_pycose,
    ("pycose", "sign"): sign_pycose,
}


def answer(request):
    does = DOES[request["tool"], request["do"]]
    key = cbor2.loads(bytes.fromhex(request["key"]))
    if request["do"] == "verify":
        detached = request.get("detached")
        detached = None if detached is None else bytes.fromhex(detached)
        return {"payload": does(bytes.fromhex(request["data"]), key, detached).hex()}
    header = cbor2.loads(bytes.fromhex(request["header"]))
    return {"signed": does(header, bytes.fromhex(request["payload"]), key).hex()}


def main():
    for line in sys.stdin:
        try:
            told = answer(json.loads(line))
        except Exception as error:  # noqa: BLE001  whatever a library raises is its answer
            told = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
