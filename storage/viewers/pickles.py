"""What a pickle would do when it is loaded, read from its opcodes: nothing is imported, nothing is called.

Also the pickles inside of PyTorch's zip files, and beginnings of joblib files, whose arrays end the list.
"""

from __future__ import annotations

import pickletools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from storage.viewers.asks import Ask
from storage.viewers.parts import Fact, fact, short, within
from storage.viewers.source import BytesSource, Source, Unreadable, Window
from storage.viewers.zipped import Member, read_directory, read_member

MOST_OPCODES = 300_000
LONGEST_STRING = 1024
MEMBER_BYTES = 4 * 1024 * 1024
SHOWN = 150
SHOWN_BYTES = 100_000
_CODES = {ord(info.code): info for info in pickletools.opcodes}
# How many bytes of length stand in front of data that need not be read.
_SKIPPED = {"BINBYTES": 4, "BINBYTES8": 8, "BYTEARRAY8": 8, "LONG4": 4, "BINSTRING": 4}
_STRINGS = {"BINUNICODE": 4, "BINUNICODE8": 8, "SHORT_BINUNICODE": 1}

Level = Literal["danger", "unknown", "known"]

# SECURITY: what these can do with words from a file is whatever the file's author wants.
_DANGEROUS_MODULES = frozenset(
    "os posix nt ntpath posixpath subprocess sys socket shutil runpy importlib pty ctypes code codeop webbrowser"
    " requests urllib urllib3 http httpx aiohttp ftplib smtplib telnetlib asyncio multiprocessing threading concurrent"
    " signal pickle _pickle dill cloudpickle marshal shelve tempfile pathlib io _io glob fcntl resource platform"
    " commands"
    " pip setuptools distutils ensurepip venv pdb bdb cProfile profile timeit trace doctest unittest pydoc types"
    " linecache zipimport zipfile tarfile pkgutil imp gc inspect ast sqlite3 idlelib lib2to3 uuid logging"
    " configparser mailcap nturl2path site sitecustomize base64 binascii operator _operator".split()
)
_DANGEROUS_BUILTINS = frozenset(
    "eval exec compile open getattr setattr delattr __import__ globals locals vars breakpoint input apply execfile"
    " memoryview file reload map filter".split()
)
_DANGEROUS_NAMES = frozenset(
    {
        "functools.partial",
        "functools.reduce",
        "torch.load",
        "torch.hub.load",
        "torch.jit.load",
        "numpy.load",
        "numpy.f2py.crackfortran.getlincoef",
        "numpy.testing._private.utils.runstring",
        "joblib.load",
        "pandas.read_pickle",
        "torch.utils.bottleneck.__main__.run_autograd_prof",
        "torch.utils.data.datapipes.utils.decoder.basichandlers",
    }
)
_KNOWN = frozenset(
    "numpy torch sklearn scipy pandas collections copyreg copy_reg datetime decimal fractions joblib xgboost lightgbm"
    " catboost statsmodels tensorflow keras transformers tokenizers pyarrow polars builtins __builtin__ _codecs re"
    " pytz zoneinfo torchvision torchaudio networkx sympy shap imblearn spacy gensim functools itertools"
    " array enum dataclasses typing".split()
)


@dataclass(frozen=True, slots=True)
class Global:
    """Something that loading would import: how often it is named, and what is known of it."""

    name: str
    times: int
    level: Level


@dataclass(frozen=True, slots=True)
class PickleView:
    """`worst` is the level of the whole file; `members` are the files of a zip that holds pickles."""

    template: ClassVar[str] = "pickle"
    ask: Ask
    format: str
    facts: tuple[Fact, ...]
    globals: tuple[Global, ...]
    worst: Level
    members: tuple[Member, ...] = ()
    note: str = ""


@dataclass(slots=True)
class Listing:
    """What was found in the opcodes; `ended` says that the end was reached, `why` otherwise."""

    names: Counter[str]
    protocol: int = 0
    opcodes: int = 0
    calls: int = 0
    ended: bool = False
    why: str = ""


def draw_pickle(source: Source, ask: Ask) -> PickleView:
    """Raises Unreadable for what is no pickle."""
    listing = list_pickle(Window(source, 64 * 1024 * 1024))
    if not listing.ended and listing.opcodes < 2:
        raise Unreadable(f"It is no pickle. {listing.why}")
    return _view(ask, "Python pickle", [listing])


def draw_torch(source: Source, ask: Ask) -> PickleView:
    """A PyTorch file: its zip is listed, its pickles are read. Raises Unreadable for what is no zip."""
    members = read_directory(source).members
    listings = []
    for member in [one for one in members if one.name.endswith(".pkl")][:8]:
        content = read_member(source, member, MEMBER_BYTES)
        listings.append(list_pickle(Window(BytesSource(member.name, content), 2 * MEMBER_BYTES)))
    size = sum(member.size for member in members)
    facts = [fact("Members", f"{len(members):,}"), fact("Unpacked", f"{size:,} bytes")]
    shown = within(
        (replace(one, name=short(one.name, 200)) for one in members[:SHOWN]), lambda one: one.name, SHOWN_BYTES
    )
    return _view(ask, "PyTorch (zip)", listings, facts, shown)


def _view(
    ask: Ask, words: str, listings: list[Listing], facts: Iterable[Fact] = (), members: tuple[Member, ...] = ()
) -> PickleView:
    names: Counter[str] = Counter()
    for listing in listings:
        names.update(listing.names)
    order = ("danger", "unknown", "known")
    found = sorted(
        (Global(short(name, 200), times, level_of(name)) for name, times in names.items()),
        key=lambda one: (order.index(one.level), one.name),
    )
    stopped = next((listing.why for listing in listings if not listing.ended), "")
    worst: Level = found[0].level if found else "known"
    if stopped and worst == "known":
        worst = "unknown"
    return PickleView(
        ask=ask,
        format=words,
        facts=(
            fact("Format", words),
            fact("Protocol", max((one.protocol for one in listings), default=0)),
            fact("Opcodes read", f"{sum(one.opcodes for one in listings):,}"),
            fact("Calls when loaded", f"{sum(one.calls for one in listings):,}"),
            *facts,
        ),
        globals=within(found[:SHOWN], lambda one: one.name, SHOWN_BYTES),
        worst=worst,
        members=members,
        note=f"The list ends before the file does: {stopped} What follows is not known." if stopped else "",
    )


def level_of(name: str) -> Level:
    """What is known of a global, written `module.name`."""
    module, _, last = name.rpartition(".")
    top = module.partition(".")[0] or last
    if top in ("builtins", "__builtin__"):
        return "danger" if name.partition(".")[2].split(".")[0] in _DANGEROUS_BUILTINS else "known"
    if top in _DANGEROUS_MODULES or name in _DANGEROUS_NAMES or "?" in name or not name.isprintable():
        return "danger"
    # A path through a module to another that it imports: numpy.os.system.
    if any(part in _DANGEROUS_MODULES - {"types", "io", "trace"} for part in name.split(".")[1:]):
        return "danger"
    if last in ("eval", "exec", "system", "popen", "__import__", "__reduce__", "runstring"):
        return "danger"
    return "known" if top in _KNOWN else "unknown"


def list_pickle(window: Window) -> Listing:
    """Every global that the opcodes name, in order of the file; never raises for what the bytes hold."""
    listing = Listing(Counter())
    try:
        _walk(window, listing)
    except Unreadable as reason:
        listing.why = str(reason)
    except (ValueError, UnicodeError, OverflowError, EOFError, IndexError) as error:
        listing.why = f"an opcode is broken ({short(error, 80)})."
    return listing


def _walk(window: Window, listing: Listing) -> None:
    memo: dict[int, str | None] = {}
    # Strings pushed one after another; any opcode that could move them about forgets them, and their use is flagged.
    pushed: list[str | None] = []
    while listing.opcodes < MOST_OPCODES:
        code = window.take(1)[0]
        info = _CODES.get(code)
        if info is None:
            raise Unreadable(f"the byte {code:#04x} is no opcode.")
        listing.opcodes += 1
        argument = _argument(window, info)
        name = info.name
        if name == "STOP":
            listing.ended = True
            return
        if name == "PROTO":
            listing.protocol = max(listing.protocol, int(argument))
        elif name in ("GLOBAL", "INST"):
            listing.names[".".join(str(argument).split(" ", 1))] += 1
            listing.calls += name == "INST"
            pushed = []
        elif name == "STACK_GLOBAL":
            parts = pushed[-2:]
            listing.names[".".join(part or "?" for part in parts) if len(parts) == 2 else "?"] += 1
            pushed = []
        elif name in _STRINGS or name in ("UNICODE", "STRING", "SHORT_BINSTRING"):
            pushed = [*pushed[-3:], argument if isinstance(argument, str) else None]
        elif name in ("MEMOIZE", "BINPUT", "LONG_BINPUT", "PUT"):
            memo[len(memo) if name == "MEMOIZE" else int(argument)] = pushed[-1] if pushed else None
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            pushed = [*pushed[-3:], memo.get(int(argument))]
        elif name not in ("FRAME",):
            listing.calls += name in ("REDUCE", "NEWOBJ", "NEWOBJ_EX", "OBJ", "BUILD")
            if name in ("EXT1", "EXT2", "EXT4"):
                listing.names[f"?.extension {argument}"] += 1
            pushed = []
    raise Unreadable("it has more opcodes than are read here.")


def _argument(window: Window, info: Any) -> Any:
    """The opcode's argument; long bytes are passed over, long strings are None."""
    if info.arg is None:
        return None
    if info.name in _SKIPPED:
        length = int.from_bytes(window.take(_SKIPPED[info.name]), "little")
        window.skip(length)
        return None
    if info.name in _STRINGS:
        length = int.from_bytes(window.take(_STRINGS[info.name]), "little")
        if length > LONGEST_STRING:
            window.skip(length)
            return None
        return window.take(length).decode("utf-8", "replace")
    return info.arg.reader(window)
