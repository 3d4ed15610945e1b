"""Sound: what a header says, and the outline of a WAV file's wave from samples at equal distances."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from storage.viewers.asks import Ask
from storage.viewers.parts import Fact, fact
from storage.viewers.source import Source, Unreadable, Window

BUCKETS = 400
WHOLE_BYTES = 8 * 1024 * 1024
BUCKET_BYTES = 8 * 1024
FAR_BUCKETS = 64
MOST_CHUNKS = 1000
WIDTH, HEIGHT = 800, 120
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE


@dataclass(frozen=True, slots=True)
class SoundView:
    """`wave` is the path of an SVG WIDTH by HEIGHT, "" where only the browser can read the sound."""

    template: ClassVar[str] = "audio"
    ask: Ask
    facts: tuple[Fact, ...]
    wave: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Wave:
    """The header of a WAV file; `frame` is the bytes of one moment in all channels."""

    format: int
    channels: int
    rate: int
    frame: int
    bits: int
    start: int
    size: int


def draw_sound(source: Source, ask: Ask) -> SoundView:
    """Never raises: the browser may play what cannot be read here."""
    head = source.read(0, 64)
    try:
        if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
            return _wave_view(source, ask)
        if head[:4] == b"fLaC":
            return SoundView(ask=ask, facts=_flac(head))
    except (Unreadable, struct.error) as reason:
        return SoundView(ask=ask, facts=(), note=str(reason))
    return SoundView(ask=ask, facts=())


def read_wave(source: Source) -> Wave:
    """The header and where the samples lie. Raises Unreadable."""
    window = Window(source, 4 * 1024 * 1024, block=4096)
    window.skip(12)
    layout: tuple[int, int, int, int, int] | None = None
    for _ in range(MOST_CHUNKS):
        if window.tell() + 8 > source.size:
            break
        name, (size,) = window.take(4), window.unpack("<I")
        start = window.tell()
        if name == b"fmt ":
            kind, channels, rate, _, frame, bits = window.unpack("<HHIIHH")
            if kind == _EXTENSIBLE and size >= 26:
                window.skip(8)
                (kind,) = window.unpack("<H")
            layout = (kind, channels, rate, frame, bits)
        elif name == b"data":
            if layout is None:
                break
            return Wave(*layout, start, min(size, source.size - start))
        window.seek(start + size + size % 2)
    raise Unreadable("Its header cannot be read.")


def _wave_view(source: Source, ask: Ask) -> SoundView:
    wave = read_wave(source)
    if not wave.channels or not wave.rate or not wave.frame or wave.frame != wave.channels * ((wave.bits + 7) // 8):
        raise Unreadable("Its header contradicts itself.")
    seconds = wave.size / wave.frame / wave.rate
    facts = (
        fact("Length", length_text(seconds)),
        fact("Rate", f"{wave.rate:,} Hz"),
        fact("Channels", wave.channels),
        fact("Sample", f"{wave.bits} bits{', float' if wave.format == _FLOAT else ''}"),
    )
    return SoundView(ask=ask, facts=facts, wave=outline(peaks(source, wave)))


def peaks(source: Source, wave: Wave) -> list[tuple[float, float]]:
    """The least and the greatest sample, from -1 to 1, of buckets in order; [] for packed formats."""
    read = _reader(wave)
    frames = wave.size // wave.frame
    if read is None or frames < 2:
        return []
    if wave.size <= WHOLE_BYTES:
        data, buckets = source.read(wave.start, wave.size), min(BUCKETS, frames)
        edges = [at * frames // buckets * wave.frame for at in range(buckets + 1)]
        blocks = [data[start:end] for start, end in zip(edges, edges[1:], strict=False)]
    else:
        # Far away each range is a request of its own.
        buckets = BUCKETS if source.local_path else FAR_BUCKETS
        length = max(1, BUCKET_BYTES // wave.frame) * wave.frame
        places = [wave.start + at * frames // buckets * wave.frame for at in range(buckets)]
        blocks = [source.read(place, min(length, wave.start + wave.size - place)) for place in places]
    return [_extremes(block, wave, read) for block in blocks]


def _reader(wave: Wave) -> tuple[str, float, float] | None:
    """struct's letter, what silence is, and what the loudest is; "3" stands for three bytes."""
    if wave.format == _FLOAT:
        return {32: ("f", 0.0, 1.0), 64: ("d", 0.0, 1.0)}.get(wave.bits)
    if wave.format != _PCM:
        return None
    return {8: ("B", 128.0, 128.0), 16: ("h", 0.0, 2.0**15), 24: ("3", 0.0, 2.0**23), 32: ("i", 0.0, 2.0**31)}.get(
        wave.bits
    )


def _extremes(block: bytes, wave: Wave, read: tuple[str, float, float]) -> tuple[float, float]:
    letter, silence, loudest = read
    values: Sequence[float]
    if letter == "3":
        # The highest byte says almost all about how loud it is.
        values = [(byte - 256 if byte > 127 else byte) * 65536.0 for byte in block[2::3]]
    else:
        size = struct.calcsize("<" + letter)
        count = len(block) // size
        values = struct.unpack(f"<{count}{letter}", block[: count * size])
    clean = [value for value in values if value == value] if letter in "fd" else values
    if not clean:
        return 0.0, 0.0
    low, high = (min(clean) - silence) / loudest, (max(clean) - silence) / loudest
    return max(-1.0, min(1.0, low)), max(-1.0, min(1.0, high))


def outline(found: list[tuple[float, float]]) -> str:
    """The wave as an SVG path: along the peaks and back along the troughs."""
    if not found:
        return ""
    step, middle = WIDTH / len(found), HEIGHT / 2
    above = [f"{at * step:.1f} {middle - high * (middle - 1) - 0.5:.1f}" for at, (_, high) in enumerate(found)]
    below = [f"{at * step:.1f} {middle - low * (middle - 1) + 0.5:.1f}" for at, (low, _) in enumerate(found)]
    return "M" + "L".join([*above, *reversed(below)]) + "Z"


def _flac(head: bytes) -> tuple[Fact, ...]:
    packed = int.from_bytes(head[18:26], "big")
    rate, channels = packed >> 44, ((packed >> 41) & 7) + 1
    bits, samples = ((packed >> 36) & 31) + 1, packed & (2**36 - 1)
    if not rate:
        return ()
    return (
        fact("Length", length_text(samples / rate)),
        fact("Rate", f"{rate:,} Hz"),
        fact("Channels", channels),
        fact("Sample", f"{bits} bits"),
    )


def length_text(seconds: float) -> str:
    """A length as on a player: 3:07.2."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"
