"""Every route that the application has, as the tests that walk over all of them need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.main import create_app
from app.settings import Settings


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    opt: Mapping[str, Any]

    @property
    def parameters(self) -> list[str]:
        """The names of what stands in the path, without their types."""
        return [part[1:-1].partition(":")[0] for part in self.path.split("/") if part.startswith("{")]

    @property
    def is_page(self) -> bool:
        return not self.path.startswith(("/api/", "/auth/"))

    def address(self, values: Mapping[str, str]) -> str:
        """The path with values in the places of its parameters."""
        parts = [values[part[1:-1].partition(":")[0]] if part.startswith("{") else part for part in self.path.split("/")]
        return "/".join(parts)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def all_routes(data: Path) -> list[Route]:
    """HTTP routes as their method, WebSocket routes as WEBSOCKET, mounted applications as MOUNT."""
    app, _ = create_app(Settings(data=data))
    found = []
    for route in app.routes:
        for handler in getattr(route, "route_handlers", None) or [route.route_handler]:  # type: ignore[union-attr]
            kind = "WEBSOCKET" if "websocket" in type(handler).__name__.lower() else "MOUNT"
            for method in sorted(str(name) for name in getattr(handler, "http_methods", None) or {kind}):
                if method != "OPTIONS":
                    found.append(Route(method, route.path, handler.opt))
    return found
