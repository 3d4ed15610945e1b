"""The one ladder of rights on a repository."""

from __future__ import annotations

from enum import IntEnum


class Level(IntEnum):
    """What somebody may do with a repository; each level includes those below it."""

    NONE = 0
    READ = 10
    WRITE = 20
    ADMIN = 30

    @property
    def label(self) -> str:
        """The word used on pages and in the command line."""
        return self.name.lower()

    @classmethod
    def from_word(cls, word: str) -> Level:
        """`read`, `write` or `admin` → the level; raises ValueError otherwise."""
        try:
            return cls[word.upper()]
        except KeyError:
            raise ValueError(f"{word!r} is no level. Use read, write or admin.") from None


LEVEL_CHOICES = [(level.value, level.label.capitalize()) for level in Level if level]
