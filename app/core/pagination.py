"""Pages of lists: a small, bounded offset pager for what people click through."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
MAX_SIZE = 100


@dataclass(frozen=True, slots=True)
class PageRequest:
    page: int = 1
    size: int = 20

    @classmethod
    def of(cls, page: int = 1, size: int = 20) -> "PageRequest":
        return cls(max(1, min(page, 500)), max(1, min(size, MAX_SIZE)))

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.size


@dataclass(frozen=True, slots=True)
class Paged(Generic[Item]):
    items: Sequence[Item]
    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))
