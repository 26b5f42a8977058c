"""What must fit together before a sequencer starts: keys, policy, configuration and store."""

from __future__ import annotations

from evidence.errors import EvidenceError
from foundation.errors import Fatal
from ledger.base.config import NodeConfig
from ledger.base.node_files import NodeFiles
from ledger.log.genesis import verify_genesis
from ledger.log.log_identity import LogIdentity
from ledger.store.history import check_kept
from ledger.store.store import Slot, Store


def check_log(store: Store, identity: LogIdentity) -> None:
    """Return None when the store holds the log of `identity`, grown from all that it signed."""
    first = store.entry(0)
    if first is None:
        raise Fatal(
            "the store has no entry 0", advice="put the newest ledger.db back; never start empty"
        )
    try:
        genesis = verify_genesis(first, identity.policy.receipt_key)
    except EvidenceError as error:
        raise Fatal(
            f"entry 0 of the store is not by this log's receipt key: {error}",
            advice="put back the ledger.db and the keys/ folder of one node",
        ) from error
    chain = identity.chain.policies
    if (genesis.origin, genesis.policy) != (identity.origin, chain[0].digest):
        raise Fatal(
            "policy.txt is not the one that this log was founded under",
            advice="put back its log, receipt, witness, group and quorum lines",
        )
    if identity.policy.digest != chain[-1].digest:
        raise Fatal(
            "policy.txt is not the one that the newest policy update made",
            advice="run tallyman-ledger policy-publish with that update again",
        )
    for slot in (Slot.SIGNED, Slot.COSIGNED):
        check_kept(store, store.kept(slot, identity.origin))


def check_members(files: NodeFiles, config: NodeConfig, identity: LogIdentity) -> None:
    """Return None when the policy names every witness of the configuration, else Fatal."""
    for witness in config.witnesses:
        if witness.cosigner not in identity.policy.witnesses.values():
            raise Fatal(
                f"{files.config}: the policy does not name the key of witness {witness.name}",
                advice=f"remove the witness there, or put back its line in {files.policy}",
            )
