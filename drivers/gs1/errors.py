"""What can be wrong with an EPC, a GS1 key or its text form, each by name."""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    """The rule that an input breaks."""

    EMPTY = "empty"
    HEADER = "header"  # of no scheme known here
    LENGTH = "length"  # too few or too many bits, digits or characters
    PARTITION = "partition"  # reserved, or none for this company prefix
    RANGE = "range"  # a number with more digits than its field
    PADDING = "padding"  # bits that must be zero are not
    CHARACTER = "character"  # outside the field's character set
    CHECK_DIGIT = "check-digit"
    DATE = "date"
    CONTENT = "content"  # well formed, and there is no such country, hour, piece …
    ENCODING = "encoding"  # an encoding indicator or sequence that TDS reserves
    SYNTAX = "syntax"  # not the text form it claims to be
    CLASS = "class"  # names a class of things where a single thing is wanted
    UNSUPPORTED = "unsupported"  # correct, and not translatable this way


class Gs1Error(ValueError):
    """This input is refused; the text says why, `fault` names the rule."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault
