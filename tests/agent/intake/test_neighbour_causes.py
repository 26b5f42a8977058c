"""Why the site's other gateways are not heard: what counts for another key, and what against it."""

from __future__ import annotations

import pytest

from agent.intake.causes import NEIGHBOUR_KEY, NeighbourFacts
from foundation.cause import no, perhaps, yes


@pytest.mark.parametrize(
    ("heard", "unopened", "found"),
    [
        (None, None, perhaps()),
        (7, None, perhaps()),
        (None, 2, perhaps()),
        (7, 0, no("all 7 words that came could be opened")),
        (0, 2, yes("2 words came that this gateway's key does not open")),
        (7, 2, perhaps("2 words came that this gateway's key does not open",
                       contra=("7 could be opened",))),
    ],
)  # fmt: skip
def test_words_that_no_key_of_ours_opens(heard, unopened, found):
    assert NEIGHBOUR_KEY.test(NeighbourFacts(heard, unopened)) == found
