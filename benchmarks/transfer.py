"""Compares transfers of bytes through every door with a plain copy, a static nginx and moto's S3, in one run.

    python benchmarks/transfer.py                      1 GB and 10,000 files of 3 KB, about 20 minutes
    python benchmarks/transfer.py --quick              100 MB and 500 files, about 3 minutes
    python benchmarks/transfer.py --only large,looks   some pieces: looks, large, small, boto3, dvc, lfs

`large` and `small` send the bytes over plain sockets, so that what is measured is the hub and not a client; the others
are stock clients: boto3, `dvc` (of `make clients`), `git-lfs`. moto is measured when its server is found: install it in
an environment of its own (`python -m venv .clients/moto && .clients/moto/bin/pip install 'moto[server]'`) or tell its
place by --moto. Everything lies on the disk of --folder. All take turns at each piece of work, so that a busy moment
of the machine falls on all; readings are medians of the repetitions, memory the worst of them. The exit status is 1
when a target was missed. Interrupted, it ends what it started and tells what it has measured.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from servers import HubHome
from transfer_house import QUICK, Found, House, Size
from transfer_peers import MOTO, moto, nginx
from transfer_plain import large_doors, looks, small_doors
from transfer_report import table
from transfer_stock import boto3_pieces, dvc_pieces, lfs_pieces

from tracking import say

PIECES: dict[str, Callable[[House], None]] = {
    "looks": looks,
    "large": large_doors,
    "small": small_doors,
    "boto3": boto3_pieces,
    "dvc": dvc_pieces,
    "lfs": lfs_pieces,
}
KEYS = """
from accounts import keys, models, services
from accounts.levels import Level
pair = services.create_key_pair(user=models.User.objects.get(username="bench"), name="bench", scope=Level.ADMIN)
print(keys.access_key_of(pair), keys.secret_of(pair))
"""
LONG = ("small", "boto3", "dvc", "lfs")


def main() -> None:
    """Measure what was asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="100 MB and 500 files")
    parser.add_argument("--only", default=",".join(PIECES), help="pieces of work, comma-separated (%(default)s)")
    parser.add_argument("--repeat", type=int, default=0, help="repetitions (3, of the long pieces 1; quick: 1)")
    parser.add_argument("--large", type=int, default=0, help="MB of the large file (1024; quick: 100)")
    parser.add_argument("--files", type=int, default=0, help="number of small files (10000; quick: 500)")
    parser.add_argument("--moto", default=MOTO, help="path of moto_server (%(default)s)")
    parser.add_argument("--folder", default=tempfile.gettempdir(), help="where everything is kept (%(default)s)")
    options = parser.parse_args()
    wanted = [name for name in PIECES if name in options.only.split(",")]
    usual = QUICK if options.quick else Size()
    size = Size(options.large or usual.large, options.files or usual.files)
    found: Found = defaultdict(lambda: defaultdict(list))
    begun = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="cairn-bench-", dir=options.folder) as place,
        contextlib.ExitStack() as stack,
    ):
        folder = Path(place)
        for name in ("hub", "nginx", "moto"):
            (folder / name).mkdir()
        say("making the hub")
        home = HubHome(folder / "hub")
        home.manage("repo", "create", "bench/other")  # dvc's objects have the same keys over HTTP and over S3.
        key, secret = home.manage("shell", "-c", KEYS).splitlines()[-1].split()
        house = House(
            folder,
            home,
            (key, secret),
            stack.enter_context(home.started()),
            stack.enter_context(nginx(folder / "nginx")),
            stack.enter_context(moto(folder / "moto", options.moto)),
            size,
            found,
        )
        most = options.repeat or (1 if options.quick else 3)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with contextlib.suppress(KeyboardInterrupt):  # What was measured so far is told.
            for house.turn in range(most):
                for name in wanted:
                    if options.repeat or not house.turn or name not in LONG:
                        say(f"{name}: {house.turn + 1}")
                        PIECES[name](house)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python "
        f"{platform.python_version()}, {most} repetitions, {time.monotonic() - begun:,.0f} s\n"
    )
    text, missed = table(found)
    print(text, end="\n\n")
    for each in missed:
        print(f"missed: {each}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
