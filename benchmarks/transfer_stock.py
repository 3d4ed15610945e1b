"""Transfers by stock clients, as people see them: boto3, dvc over HTTP and S3, git-lfs."""

from __future__ import annotations

import shutil

from client import Connection
from transfer_house import House
from transfer_programs import DvcFolder, LfsFolder, Remote, boto3_large, boto3_small


def boto3_pieces(house: House) -> None:
    """boto3's own way with a large file, and small files by eight of its threads."""
    file, folder = house.fresh_large(), house.folder / "boto3"
    small, mb = house.fresh_small(folder), house.size.large
    clients = [("hub", house.s3, "work"), ("moto", house.moto_s3, "bench")]
    for name, client, bucket in house.turned([each for each in clients if each[1] is not None]):
        if name == "moto":
            client.create_bucket(Bucket=bucket)
            up, down = boto3_large(client, bucket, file, house.folder / "got.bin")
        else:
            with house.memory(f"boto3 with {mb} MB"):
                up, down = boto3_large(client, bucket, file, house.folder / "got.bin")
        house.note(f"boto3 upload_file of {mb} MB, MB/s", name, mb / up)
        house.note(f"boto3 download_file of {mb} MB, MB/s", name, mb / down)
        up, down = boto3_small(client, bucket, small)
        house.note(f"boto3 put_object of {house.files}, files/s", name, len(small) / up)
        house.note(f"boto3 get_object of {house.files}, files/s", name, len(small) / down)
    shutil.rmtree(folder)
    forget_moto(house)
    house.forget_large()


def forget_moto(house: House) -> None:
    """moto lets go of everything."""
    if house.moto is not None:
        connection = Connection(house.moto)
        connection.send(connection.prepare("POST", "/moto-api/reset"))
        connection.close()


def dvc_pieces(house: House) -> None:
    """dvc push and pull of a large file and of many small ones: over HTTP, over S3, and against moto."""
    hub = f"http://127.0.0.1:{house.hub.port}"
    remotes = {
        "hub": Remote(f"{hub}/bench/work.dvc", {"auth": "basic", "user": "bench", "password": house.home.token}),
        "s3": _s3_remote("s3://dvc", f"{hub}/bench/other.s3", *house.pair),
        "nginx": Remote(f"http://127.0.0.1:{house.nginx.port}/dvc", {}),
    }
    if house.moto is not None:
        remotes["moto"] = _s3_remote("s3://bench", f"http://127.0.0.1:{house.moto.port}", "bench", "bench")
        house.moto_s3.create_bucket(Bucket="bench")
    work = DvcFolder(house.folder / "dvc" / str(house.turn), remotes)
    mb = house.size.large
    for data, words in (("large.bin", f"{mb} MB"), ("small", house.files)):
        if data == "small":
            house.fresh_small(work.folder / data)
        else:
            shutil.copyfile(house.fresh_large(), work.folder / data)
        work.dvc("add", "--quiet", data)
        served = house.folder / "nginx" / "files" / "dvc" / "files"
        shutil.copytree(work.cache / "files", served)
        for remote in house.turned([name for name in remotes if name != "nginx"]):
            with house.memory(f"dvc with {words}"):
                _dvc_there_and_back(house, work, remote, data, words)
        house.note(f"dvc pull of {words}, s", "nginx", work.pulled("nginx", data))
        shutil.rmtree(served)
        (work.folder / f"{data}.dvc").unlink()
        shutil.rmtree(work.cache)
    shutil.rmtree(work.folder)
    forget_moto(house)
    house.forget_large()


def _s3_remote(url: str, endpoint: str, key: str, secret: str) -> Remote:
    return Remote(
        url, {"endpointurl": endpoint, "access_key_id": key, "secret_access_key": secret, "region": "us-east-1"}
    )


def _dvc_there_and_back(house: House, work: DvcFolder, remote: str, data: str, words: str) -> None:
    pushed, pulled = work.pushed(remote), work.pulled(remote, data)
    for over in ["", " over S3"] if remote == "moto" else [" over S3" if remote == "s3" else ""]:
        server = "moto" if remote == "moto" else "hub"
        house.note(f"dvc{over} push of {words}, s", server, pushed)
        house.note(f"dvc{over} pull of {words}, s", server, pulled)
        house.note(f"dvc{over} push + pull of {words}, s", server, pushed + pulled)


def lfs_pieces(house: House) -> None:
    """git-lfs push and fetch of a large file, then of many small ones."""
    origin = f"http://bench:{house.home.token}@127.0.0.1:{house.hub.port}/bench/work.git"
    for words in (f"{house.size.large} MB", house.files):
        work = LfsFolder(house.folder / "lfs" / f"{house.turn} {words}", origin)
        if words == house.files:
            house.fresh_small(work.folder / "small", ".bin")
        else:
            shutil.copyfile(house.fresh_large(), work.folder / "large.bin")
        work.committed()
        with house.memory(f"git-lfs with {words}"):
            house.note(f"git lfs push of {words}, s", "hub", work.pushed())
            house.note(f"git lfs fetch of {words}, s", "hub", work.fetched())
        shutil.rmtree(work.folder)
    house.forget_large()
