"""How far a long import has come: a line that moves on a terminal, one each tenth elsewhere."""

import time
from typing import TextIO

WIDTH = 30


class Bar:
    """Told how much is done of how much; speaks at most four times a second."""

    def __init__(self, out: TextIO, total: int, unit: str = "lignes") -> None:
        self.out, self.total, self.unit = out, max(total, 1), unit
        self.began = self.last = time.monotonic()
        self.first: int | None = None
        self.tenth = -1

    def show(self, done: int, count: int) -> None:
        """``done`` of the total, ``count`` units so far."""
        now = time.monotonic()
        share = min(done / self.total, 1.0)
        if self.first is None:
            self.first = count
        if self.out.isatty():
            if now - self.last >= 0.25 or share == 1:
                self.last = now
                self.out.write(f"\r{self._line(share, count, now)}" + ("\n" if share == 1 else ""))
                self.out.flush()
        elif int(share * 10) > self.tenth:
            self.tenth = int(share * 10)
            self.out.write(f"{self._line(share, count, now)}\n")

    def _line(self, share: float, count: int, now: float) -> str:
        spent = max(now - self.began, 0.001)
        rate = (count - (self.first or 0)) / spent
        filled = int(share * WIDTH)
        bar = "█" * filled + "·" * (WIDTH - filled)
        return f"{bar} {share:4.0%}  {count:,} {self.unit}  {rate:,.0f}/s".replace(",", " ")
