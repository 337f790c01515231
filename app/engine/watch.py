"""Knows what all frames of one drive are doing, and whether everything waits."""

from __future__ import annotations

from datetime import datetime

from app.engine.frame import Frame
from app.engine.program import Step


class Watch:
    """Lets at most `limit` steps do something at once. A container does nothing itself while rounds of its body run."""

    def __init__(self, root: Frame, limit: int) -> None:
        self.frames = [root]
        self.idle = False
        """Set when the outermost frame is told that everything waits."""
        self._root = root
        self._limit = limit
        self._busy = 0
        self._inside: dict[tuple[str, str], int] = {}
        self._crowded: dict[Frame, None] = {}

    def has_room(self, frame: Frame) -> bool:
        """Whether one more step may begin; a frame for which there is no room is poked when there is."""
        if self._busy < self._limit:
            return True
        self._crowded[frame] = None
        return False

    def begins(self) -> None:
        """A step does something from now on."""
        self._busy += 1

    def rests(self) -> None:
        """A step has ended, or leaves it to its body to do something."""
        self._busy -= 1
        self._call_next()

    def _call_next(self) -> None:
        """There may be room for a step of the frame that has waited longest for it."""
        while self._crowded:
            frame = next(iter(self._crowded))
            del self._crowded[frame]
            if frame.ready and not frame.stopped:
                self.poke(frame)
                return

    def enter(self, container: Step, inner: Frame) -> None:
        """A round of a container's body begins."""
        self.frames.append(inner)
        key = _place(container, inner)
        self._inside[key] = self._inside.get(key, 0) + 1
        if self._inside[key] == 1:
            self.rests()

    def leave(self, container: Step, inner: Frame) -> None:
        """A round of a container's body is over."""
        self.frames.remove(inner)
        key = _place(container, inner)
        self._inside[key] -= 1
        if not self._inside[key]:
            del self._inside[key]
            self.begins()
        self._call_next()

    def is_inside(self, container: Step, frame: Frame) -> bool:
        """Whether rounds of this container's body are under way."""
        return (container.id, frame.iteration) in self._inside

    def is_alone(self, frame: Frame) -> bool:
        """Whether nothing but the one ready step of this frame can happen, or fail, in it and around it."""
        if frame.running or frame.parked or frame.ready[0].step.block.body:
            return False
        outer = frame.parent
        while outer is not None:
            if len(outer.running) > 1 or outer.ready or outer.parked:
                return False
            outer = outer.parent
        return True

    @staticmethod
    def poke(frame: Frame) -> None:
        if frame.poke is not None and not frame.poke.done():
            frame.poke.set_result(None)

    @property
    def waits(self) -> bool:
        """Whether any step waits."""
        return any(frame.parked for frame in self.frames)

    def nothing_moves(self) -> bool:
        """Whether every frame, the outermost one too, is waiting to be poked."""
        return not self._busy and all(_rests(frame) for frame in self.frames)

    def everything_waits(self) -> bool:
        """Whether some step waits and nothing else can happen; asked by the outermost frame or on its behalf."""
        if self._busy or self._root.ready or not self.waits:
            return False
        return all(_rests(frame) for frame in self.frames if frame is not self._root)

    def next_wake(self) -> datetime | None:
        """When the first of all waiting steps goes on by itself."""
        return min((moment for frame in self.frames if (moment := frame.next_wake()) is not None), default=None)


def _place(container: Step, inner: Frame) -> tuple[str, str]:
    outer = inner.parent
    return container.id, "" if outer is None else outer.iteration


def _rests(frame: Frame) -> bool:
    return frame.poke is not None and not frame.poke.done() and not frame.ready
