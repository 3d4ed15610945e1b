"""What a push asks for and how it is answered: receive-pack's command list, and its report on every ref."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from repos.git.names import as_text
from repos.git.pktline import DATA, FLUSH, LARGEST, PROGRESS, PacketReader, ProtocolError, packet, sideband
from repos.git.refs import ZERO, RefUpdate

LARGEST_HEAD = 32 * 1024 * 1024
ATOMIC_FAILURE = "atomic push failure"
_SIZE_COMPLAINT = b"maximum allowed size"
_HOOK_COMPLAINT = b"error: hook declined to update "


@dataclass(frozen=True, slots=True)
class Command:
    """One line of a push: move `ref` from `old` to `new` (object ids, zeros for none)."""

    ref: bytes
    old: str
    new: str

    @property
    def update(self) -> RefUpdate:
        """The same, with the name as text."""
        return RefUpdate(as_text(self.ref), self.old, self.new)


@dataclass(frozen=True, slots=True)
class Push:
    """The head of a push: its commands, the client's capabilities, and the bytes they came as."""

    commands: tuple[Command, ...]
    capabilities: frozenset[bytes]
    raw: bytes

    @property
    def is_atomic(self) -> bool:
        """All refs move, or none."""
        return b"atomic" in self.capabilities

    @property
    def brings_objects(self) -> bool:
        """Whether a pack follows: not when everything is deletion."""
        return any(not command.update.is_deletion for command in self.commands)

    @property
    def wants_report(self) -> bool:
        """The client reads a line on each ref."""
        return b"report-status" in self.capabilities or b"report-status-v2" in self.capabilities

    @property
    def largest_packet(self) -> int:
        """The size of side-band packets the client takes; 0 without side-band."""
        if b"side-band-64k" in self.capabilities:
            return LARGEST
        return 1000 if b"side-band" in self.capabilities else 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a ref stays as it is: a few words for git's own report, and sentences for the pusher's terminal."""

    reason: str
    message: str


def read_push(blocks: Iterable[bytes]) -> tuple[Push, Iterator[bytes]]:
    """Read the commands at the head of a receive-pack request; returns them and all bytes that follow.

    Raises ProtocolError for anything that is no list of commands, or one of more than 32 MiB.
    """
    reader = PacketReader(blocks)
    raw = bytearray()
    commands: list[Command] = []
    capabilities: frozenset[bytes] = frozenset()
    while (data := reader.read()) is not None:
        raw += packet(data)
        if len(raw) > LARGEST_HEAD:
            raise ProtocolError("The push names too many refs at once. Push them in several steps.")
        if data.startswith(b"shallow "):
            continue
        line, nul, words = data.partition(b"\0")
        if nul and not commands:
            capabilities = frozenset(words.split())
        commands.append(_command(line.rstrip(b"\n")))
    return Push(tuple(commands), capabilities, bytes(raw) + FLUSH), reader.rest()


def _command(line: bytes) -> Command:
    old, _, rest = line.partition(b" ")
    new, _, ref = rest.partition(b" ")
    if not (_is_id(old) and _is_id(new) and ref):
        raise ProtocolError("The push holds a line that is no command.")
    return Command(ref, old.decode(), new.decode())


def _is_id(text: bytes) -> bool:
    return len(text) == 40 and all(byte in b"0123456789abcdef" for byte in text)


def refuse(push: Push, refusals: Mapping[bytes, Refusal], *, other: str = ATOMIC_FAILURE) -> bytes:
    """The whole answer to a push of which nothing is taken; refs without refusal get `other` as reason."""
    report = [packet(b"unpack ok\n")]
    for command in push.commands:
        refusal = refusals.get(command.ref)
        report.append(_refused(command.ref, refusal.reason if refusal else other))
    whole = b"".join([*report, FLUSH]) if push.wants_report else b""
    if not push.largest_packet:
        return whole
    told = _told(push, refusals.values())
    return told + sideband(DATA, whole, largest=push.largest_packet) + FLUSH


def _refused(ref: bytes, reason: str) -> bytes:
    return packet(b"ng %s %s\n" % (ref, reason.encode()))


def _told(push: Push, refusals: Iterable[Refusal]) -> bytes:
    """The messages of refusals for the terminal, each once."""
    messages = dict.fromkeys(refusal.message for refusal in refusals)
    text = "".join(f"\n{message}\n" for message in messages)
    return sideband(PROGRESS, f"{text}\n".encode(), largest=push.largest_packet) if text else b""


@dataclass(slots=True)
class Report:
    """Passes receive-pack's output on with our reasons in place of "hook declined", noting what was accepted.

    `refusals` are what the update hook may refuse, by ref; `too_large` is told when the pack was too large.
    """

    push: Push
    refusals: Mapping[bytes, Refusal]
    too_large: Refusal | None = None
    accepted: set[bytes] = field(default_factory=set)
    is_complete: bool = False
    _oversized: bool = False

    def relay(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield what the client shall read; progress goes through at once, the report on refs at the end."""
        if not self.push.wants_report:
            yield from blocks
            return
        reader = PacketReader(blocks)
        try:
            if self.push.largest_packet:
                yield from self._relay_bands(reader)
            elif not reader.at_end():
                yield self._reworded(reader)[0]
        except ProtocolError:  # receive-pack was ended in the middle: the client notices the missing end
            return

    def _relay_bands(self, reader: PacketReader) -> Iterator[bytes]:
        report = bytearray()
        while not reader.at_end():
            data = reader.read()
            if data is None:
                if report:
                    yield from self._told_report(bytes(report))
                yield FLUSH
                report.clear()
            elif data[:1] == bytes((DATA,)):
                report += data[1:]
            elif not data[1:].startswith(_HOOK_COMPLAINT):  # told in our own words, with the report
                self._oversized = self._oversized or _SIZE_COMPLAINT in data
                yield packet(data)

    def _told_report(self, report: bytes) -> Iterator[bytes]:
        text, told = self._reworded(PacketReader([report]))
        yield _told(self.push, told)
        yield sideband(DATA, text, largest=self.push.largest_packet)

    def _reworded(self, reader: PacketReader) -> tuple[bytes, list[Refusal]]:
        """The report with our reasons in it, and the refusals it speaks of."""
        lines: list[bytes] = []
        told: list[Refusal] = []
        while (line := reader.read()) is not None:
            word, _, rest = line.rstrip(b"\n").partition(b" ")
            ref, _, reason = rest.partition(b" ")
            refusal = self._refusal(ref, reason) if word == b"ng" else None
            if word == b"ok":
                self.accepted.add(ref)
            if refusal is not None:
                told.append(refusal)
            lines.append(packet(line) if refusal is None else _refused(ref, refusal.reason))
        self.is_complete = True
        return b"".join([*lines, FLUSH]), told

    def _refusal(self, ref: bytes, reason: bytes) -> Refusal | None:
        if reason == b"hook declined":
            return self.refusals.get(ref)
        return self.too_large if self._oversized and reason == b"unpacker error" else None


def moved(push: Push, report: Report, after: Mapping[str, str]) -> list[RefUpdate]:
    """The refs that the push moved: those reported, or those as it wanted when the report was lost."""
    if report.is_complete:
        done = [command.update for command in push.commands if command.ref in report.accepted]
    else:
        wanted = [command.update for command in push.commands]
        done = [update for update in wanted if after.get(update.ref, ZERO) == update.new]
    return [update for update in done if update.old != update.new]
