"""The product's modules as read from their files: names, imports, texts. Nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTAINERS = ("server", "trainer", "tui")


@dataclass(frozen=True)
class Module:
    """One module of one of our packages."""

    name: str
    path: Path

    @cached_property
    def text(self) -> str:
        """The source."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed source."""
        return ast.parse(self.text)

    @cached_property
    def imports(self) -> frozenset[str]:
        """Every module imported anywhere in it, in full."""
        return frozenset(self._imports())

    def _imports(self) -> Iterator[str]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                source = self._absolute(node)
                yield source
                yield from (f"{source}.{alias.name}" for alias in node.names)

    def _absolute(self, node: ast.ImportFrom) -> str:
        """Where `from … import` takes from, in full."""
        if not node.level:
            return node.module or ""
        own = self.name.split(".") + ["__init__"] * (self.path.name == "__init__.py")
        return ".".join([*own[: -node.level], *filter(None, [node.module])])

    def imports_any(self, *packages: str) -> set[str]:
        """Which of these packages it imports from."""
        return {p for p in packages if any(i == p or i.startswith(f"{p}.") for i in self.imports)}

    def within(self, *packages: str) -> bool:
        """Whether it is one of these modules, or inside one."""
        return any(self.name == p or self.name.startswith(f"{p}.") for p in packages)


def modules() -> list[Module]:
    """All modules of all packages in the containers, in order."""
    found = []
    for container in CONTAINERS:
        for path in sorted((ROOT / container).rglob("*.py")):
            parts = path.relative_to(ROOT / container).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found.append(Module(name, path))
    return found


MODULES = modules()
