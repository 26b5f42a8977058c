"""A command against an agent that only says what a test gives it: no process, no socket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from agent.cli.main import main


class Agent:
    """Answers each verb by what `answers` holds: a value, several, or an error to raise."""

    def __init__(self, folder: Path, monkeypatch: Any, *modules: Any) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[dict[str, Any]] = []
        self.config = folder / "tallyman.toml"
        self.config.write_text(
            f'[gateway]\nname = "g"\nstate_dir = "{folder}/state"\ncontrol = "{folder}/c.sock"\n'
        )
        ways: dict[str, Callable[..., Any]] = {"ask": self._ask, "ask_one": self._ask_one}
        for module in modules:
            for name, way in ways.items():
                if hasattr(module, name):
                    monkeypatch.setattr(module, name, way)

    def _ask_one(self, control: Path, request: dict[str, Any], **_: Any) -> Any:
        self.asked.append(request)
        answer = self.answers[request["verb"]]
        answer = answer.pop(0) if isinstance(answer, list) else answer
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _ask(self, control: Path, request: dict[str, Any], **_: Any) -> Iterator[Any]:
        self.asked.append(request)
        answer = self.answers[request["verb"]]
        if isinstance(answer, BaseException):
            raise answer
        yield from answer

    def run(self, *words: str) -> int:
        """Return how the command ends."""
        return main([*words, "--config", str(self.config)])


LONG = "word " * 18 + "word"
"""What no line of a console has room for."""


def indents(lines: Iterable[str]) -> list[int]:
    """Return by how many columns each line is indented."""
    return [len(line) - len(line.lstrip()) for line in lines]
