"""Several notices in one file: read each, and take the one that is meant. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from agent.dock.notice import Notice, NoticeError, OtherMessage


@dataclass(frozen=True, slots=True)
class Reading:
    """One message as it was read: a notice, or why it is none. `place` is where it begins."""

    place: str
    number: str
    notice: Notice | None = None
    error: NoticeError | None = None

    @classmethod
    def of(cls, place: str, number: str, read: Callable[[], Notice]) -> Reading:
        """Read a message."""
        try:
            return cls(place, number, read())
        except NoticeError as error:
            return cls(place, number, error=error)

    def remarked(self, remarks: Iterable[str]) -> Reading:
        """Return it with more that is odd about the notice."""
        if self.notice is None:
            return self
        told = (*self.notice.remarks, *remarks)
        return replace(self, notice=replace(self.notice, remarks=told))

    def result(self) -> Notice:
        """Return the notice; NoticeError where it is none."""
        if self.notice is None:
            assert self.error is not None, "a reading has one or the other"
            raise self.error
        return self.notice


def notices_among(found: Sequence[Reading]) -> list[Reading]:
    """Return the notices of a file; all of it where none is one, so that it says why."""
    return [each for each in found if not isinstance(each.error, OtherMessage)] or list(found)


def only(found: Sequence[Reading], wanted: str = "") -> Notice:
    """Return the notice called `wanted`, or the only one; NoticeError names those there are.

    Messages of other kinds beside a notice are passed over.
    """
    notices = notices_among(found)
    if len(notices) == 1:
        return _called(notices[0].result(), wanted)
    meant = [each for each in notices if wanted and each.number == wanted]
    if len(meant) == 1:
        return meant[0].result()
    if meant:
        raise NoticeError(f"{meant[1].place}: notice {wanted[:40]!r} is in the file twice")
    second = notices[1]
    numbers = ", ".join(each.number or "one without a number" for each in notices)
    raise NoticeError(
        f"{second.place}: notice {second.number[:40]!r}: one file, {len(notices)} notices: "
        f"{numbers[:400]}: choose one with --notice"
    )


def _called(notice: Notice, wanted: str) -> Notice:
    """Return the only notice of a file; NoticeError where another one was asked for."""
    if wanted and notice.number != wanted:
        raise NoticeError(
            f"there is no notice {wanted[:40]!r} in the file, only {notice.number[:40]!r}"
        )
    return notice
