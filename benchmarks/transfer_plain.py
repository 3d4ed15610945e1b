"""Transfers over plain sockets, where the hub alone is measured: large files, many small ones, and looks at them."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from client import Connection, at_once
from servers import Server
from transfer_doors import Door, digests, fetch, plain, send_file, small_put
from transfer_house import SMALL, House
from transfer_peers import copied, copied_folder

LOOKS = 300


def large_doors(house: House) -> None:
    """One stream up and one down through each door; a copy before each way up, nginx before each way down."""
    mb, served = house.size.large, house.folder / "nginx" / "files" / "large.bin"
    for door in house.turned(house.doors):
        file = house.fresh_large()
        names = f"{house.turn}.bin", *digests(file)
        up, down = f"{door.name} PUT of {mb} MB", f"{door.name} GET of {mb} MB"
        hub = plain(house.hub, door.name)
        with house.memory(f"{door.name} PUT and GET of {mb} MB"):
            for peer, synced in (("copy", False), ("copy, synced", True)):
                os.sync()
                seconds, cpu = copied(file, house.folder / "copy.bin", synced=synced)
                house.note(f"{up}, MB/s", peer, mb / seconds)
                house.note(f"{up}, ms of CPU", peer, 1000 * cpu)
            os.sync()
            address = door.put(*names)
            _timed(house, "hub", house.hub, up, partial(send_file, hub, door, address, file))
            shutil.copyfile(file, served)
            os.sync()
            address = door.get(*names)
            for _ in range(3):  # They are short.
                _timed(house, "nginx", house.nginx, down, partial(fetch, house.nginx, "/large.bin"))
                _timed(house, "hub", house.hub, down, partial(fetch, hub, address))
        house.forget_large()


def _timed(house: House, name: str, server: Server, work: str, transfer: Callable[[], object]) -> None:
    cpu, begun = server.cpu_seconds(), time.perf_counter()
    transfer()
    seconds = time.perf_counter() - begun
    house.note(f"{work}, MB/s", name, house.size.large / seconds)
    house.note(f"{work}, ms of CPU", name, 1000 * (server.cpu_seconds() - cpu))


def small_doors(house: House) -> None:
    """Many small files through each door by eight connections, beside a copied folder and nginx."""
    for door in house.turned(house.doors):
        folder = house.folder / "nginx" / "files" / "small"
        files = house.fresh_small(folder)
        names = [(file.name, *digests(file)) for file in files]
        server = plain(house.hub, door.name)
        up, down = f"{door.name} PUT of {house.files}", f"{door.name} GET of {house.files}"

        def put(connection: Connection, at: int, door: Door = door, names: Any = names, files: Any = files) -> bytes:
            return small_put(connection, door, door.put(*names[at]), files[at].read_bytes())

        def get(connection: Connection, at: int, door: Door = door, names: Any = names) -> bytes:
            return connection.prepare("GET", door.get(*names[at]))

        def static(connection: Connection, at: int) -> bytes:
            return connection.prepare("GET", f"/small/{at:06d}")

        house.note(f"{up}, files/s", "copy", len(files) / copied_folder(folder, house.folder / "copy"))
        for work, name, target, request in (
            (up, "hub", server, put), (down, "nginx", house.nginx, static), (down, "hub", server, get),
        ):  # fmt: skip
            rate, cpu = at_once(target, len(files), request)
            house.note(f"{work}, files/s", name, rate)
            house.note(f"{work}, ms of CPU each", name, cpu)
        shutil.rmtree(folder)


def looks(house: House) -> None:
    """What dvc asks before it pushes: one GET an object, one after the other on one connection."""
    door = next(each for each in house.doors if each.name == "DVC")
    file = house.folder / "look.bin"
    file.write_bytes(secrets.token_bytes(SMALL))
    names = ("look", *digests(file))
    send_file(plain(house.hub), door, door.put(*names), file)
    connection = Connection(plain(house.hub))
    for work, address, expected in (
        ("there", door.get(*names), 200), ("missing", door.get("", "0" * 32, ""), 404),
    ):  # fmt: skip
        request, taken = connection.prepare("GET", address), []
        cpu = house.hub.cpu_seconds()
        for _ in range(LOOKS):
            begun = time.perf_counter()
            status, _ = connection.try_send(request)
            taken.append(1000 * (time.perf_counter() - begun))
            assert status == expected
        cpu = 1000 * (house.hub.cpu_seconds() - cpu) / LOOKS
        house.note(f"looking for an object that is {work}, ms", "hub", sorted(taken)[LOOKS // 2])
        house.note(f"looking for an object that is {work}, ms of CPU", "hub", cpu)
    connection.close()
