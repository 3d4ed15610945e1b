"""What a confined child gives up before it opens a file: memory, time, network, other files. Runs in the child only.

Every lock is taken where the system has it; those that it lacks are named by `confine`. The first two hold anywhere.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys
from contextlib import suppress

# Linux: include/uapi/linux/landlock.h. The numbers of its calls are the same on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_READ_FILE = 1 << 2
# Rights on files that each version of Landlock knows: 13 at first, then refer, truncate and ioctl.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_NEWEST_FILE_RIGHTS = 16
_NO_TCP = 0b11
_NO_SIGNALS_OR_SOCKETS = 0b11
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_DUMPABLE = 1, 38, 4
_NEWUSER, _NEWNET, _NEWIPC = 0x10000000, 0x40000000, 0x08000000


def limit(*, memory: int, seconds: int) -> None:
    """At most `memory` bytes of its own, `seconds` of CPU, nothing written into any file; it ends with its parent.

    Call first, while there is one thread.
    """
    for what, most in (
        (resource.RLIMIT_DATA, memory),
        # Libraries and what they reserve without using it count here, so this one is wide.
        (resource.RLIMIT_AS, memory + 2 * 1024**3),
        (resource.RLIMIT_CPU, seconds),
        # SECURITY: no byte goes into a file; the answer goes out through a pipe.
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        lowered = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (lowered, lowered))
    os.nice(5)
    if sys.platform == "linux":
        libc = _libc()
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        # SECURITY: a network of its own that leads nowhere; and root's right to open any file ends in a user
        # namespace that maps nobody. Containers often forbid this; Landlock below does not depend on it.
        libc.unshare(_NEWUSER | _NEWNET | _NEWIPC)


def confine(*descriptors: int) -> bool:
    """From here on the files behind `descriptors` can be opened for reading, and no other in any way; no TCP.

    False where the kernel has no Landlock (Linux before 5.13, other systems): then the limits of the program hold
    alone. Everything that is to be imported must have been.
    """
    if sys.platform != "linux":
        return False
    libc = _libc()
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    rights = (1 << _FILE_RIGHTS.get(version, _NEWEST_FILE_RIGHTS)) - 1
    # A kernel refuses a structure longer than its own where the rest is not zero.
    net = _NO_TCP if version >= 4 else 0
    scoped = _NO_SIGNALS_OR_SOCKETS if version >= 6 else 0
    attributes = struct.pack("=QQQ", rights, net, scoped)
    rules = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if rules < 0:
        return False
    beneath = [struct.pack("=Qi", _READ_FILE, descriptor) for descriptor in descriptors]
    done = (
        all(libc.syscall(_ADD_RULE, rules, 1, one, 0) == 0 for one in beneath)
        and libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        and libc.syscall(_RESTRICT_SELF, rules, 0) == 0
    )
    os.close(rules)
    return done


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
