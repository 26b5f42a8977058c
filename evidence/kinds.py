"""The kinds of records that a check of a bundle looks into; of all others it knows nothing."""

from __future__ import annotations

GAP_KIND = "gap"
ATTACHMENT_KIND = "attachment"
ERASURE_KIND = "erasure"
