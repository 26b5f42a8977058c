"""Where boxes pass one by one: what is printed on each is held against the tag read around it."""

from __future__ import annotations

from agent.intake.tag_values import box_values, text
from agent.journal.recorder import Recorder
from agent.observe.boxes import AROUND, BoxWatch, Scan
from agent.observe.points import PointMap
from agent.observe.tags import TagStates
from drivers.reading import Quality, Reading

KIND = "box-check"


class BoxBelt:
    """Records a `box-check` for each scan, once its tags have been told.

    `late` is how many seconds of reads a reader gathers before it tells them.
    """

    def __init__(
        self, points: PointMap, states: TagStates, recorder: Recorder, late: float
    ) -> None:
        self._points = points
        self._states = states
        self._recorder = recorder
        self._late = late
        self._boxes = BoxWatch()

    def scan(self, reading: Reading) -> None:
        """Note what is printed on a box, where boxes pass one by one."""
        point = self._points.of_device(reading.device)
        link = text(reading.fields.get("uri"))
        if point is not None and point.single and link and reading.quality is Quality.OK:
            self._boxes.scan(Scan(point.name, reading.device, link, reading.monotonic))

    async def compare(self, now: float) -> None:
        """Hold the scans whose tags are known by now against them."""
        due = self._boxes.due(now, self._late)
        if not due:
            return
        from agent.observe.box_check import box_check  # noqa: PLC0415  2 MB that few gateways need

        for scan in due:
            reads = self._states.near(scan.point, scan.at - AROUND, scan.at + AROUND)
            checked = box_check(scan, reads)
            await self._recorder.note(
                KIND,
                box_values(checked),
                device=scan.device,
                quality=Quality.SUSPECT if checked.differs else Quality.OK,
            )
