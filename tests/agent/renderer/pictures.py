"""What stands in a picture: its words with their places, and the paths of its parts."""

from __future__ import annotations

from tests.agent.report.reading import Node

Written = tuple[str, float, float, str]
"""Words, from the left, from the top, and which end of them stands there."""


def written(picture: Node) -> list[Written]:
    """The words of a picture in their order; without an anchor they begin at their place."""
    return [
        (
            each.text,
            float(each.attributes["x"]),
            float(each.attributes["y"]),
            each.attributes.get("text-anchor", "start"),
        )
        for each in picture.all("text")
    ]


def paths(picture: Node) -> list[tuple[str, str]]:
    """The class of each part of a picture, and the `d` of its path, in the order of drawing."""
    return [(each.attributes["class"], each.attributes["d"]) for each in picture.all("path")]
