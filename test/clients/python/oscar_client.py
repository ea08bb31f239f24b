"""Drives oscar-python against an OSCAR and prints what it saw, one JSON object: oscar_client.py SCENARIO FOLDER."""

import json
import os
import sys
import time

import requests
from oscar_python.client import Client

FOLDER = sys.argv[2]
OPTIONS = {
    "cluster_id": "sandbox",
    "endpoint": os.environ["OSCAR_ENDPOINT"],
    "user": os.environ["OSCAR_USER"],
    "password": os.environ["OSCAR_PASSWORD"],
    "ssl": False,
}
PROVIDER = "minio.default"


def path(name, content=None):
    where = os.path.join(FOLDER, name)
    if content is not None:
        with open(where, "wb") as file:
            file.write(content)
    return where


def read(name):
    with open(path(name), "rb") as file:
        return file.read().decode()


def definition(name, script, **more):
    return {"name": name, "image": "alpine", "alpine": True, "memory": "128Mi", "cpu": "0.2", "script": script, "log_level": "CRITICAL", **more}


def refused(call, *args, **kwargs):
    """The status, or the kind of error, with which a call fails."""
    try:
        call(*args, **kwargs)
    except requests.HTTPError as error:
        return error.response.status_code
    except ValueError:
        return "ValueError"
    return "accepted"


def wait_for_job(client, service):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        jobs = client.list_jobs(service).json()["jobs"]
        for name, job in jobs.items():
            if job["status"] in ("Succeeded", "Failed"):
                return name, job["status"]
        time.sleep(0.05)
    raise TimeoutError("no job of {0} has ended: {1}".format(service, jobs))


def info(client):
    config = client.get_cluster_config().json()
    return {
        "version": client.get_cluster_info().json()["version"],
        "provider": sorted(config["minio_provider"]),
        "listed": [one["name"] for one in client.list_services().json()],
        "wrong password": refused(Client({**OPTIONS, "password": "wrong"}).list_services),
        "missing": refused(client.get_service, "nobody"),
    }


def jobs(client):
    """From a dict to the downloaded output of an upload."""
    script = 'tr a-z A-Z < "$INPUT_FILE_PATH" > "$TMP_OUTPUT_DIR/loud.txt"\necho "did $STORAGE_OBJECT_KEY"\n'
    folders = {"input": [{"storage_provider": PROVIDER, "path": "shout/in"}], "output": [{"storage_provider": PROVIDER, "path": "shout/out"}]}
    created = client.create_service(definition("shout", script, **folders)).status_code
    again = refused(client.create_service, definition("shout", script))
    storage = client.create_storage_client("shout")
    storage.upload_file(PROVIDER, path("quiet.txt", b"hello there"), "shout/in")
    job, status = wait_for_job(client, "shout")
    log = client.get_job_logs("shout", job).text
    listed = [one["Key"] for one in storage.list_files_from_path(PROVIDER, "shout/out")["Contents"]]
    storage.download_file(PROVIDER, FOLDER, "shout/out/loud.txt")
    removed = client.remove_job("shout", job).status_code
    left = client.list_jobs("shout").json()
    client.remove_all_jobs("shout")
    return {
        "created": created, "again": again, "status": status, "logged": "did in/quiet.txt" in log, "listed": listed,
        "output": read("loud.txt"), "removed": removed, "left": left,
        "service removed": client.remove_service("shout").status_code, "gone": refused(client.get_service, "shout"),
    }


def large(client):
    """What goes in parts comes back the same."""
    content = os.urandom(20 * 1024 * 1024)
    storage = client.create_storage_client()
    storage.upload_file(PROVIDER, path("large.bin", content), "upper/kept")
    os.rename(path("large.bin"), path("sent.bin"))
    storage.download_file(PROVIDER, FOLDER, "upper/kept/large.bin")
    with open(path("large.bin"), "rb") as file:
        return {"same": file.read() == content}


def fdl(client):
    """A service from an FDL file, called, changed and called again."""
    script = path("greet.sh", b'#!/bin/sh\necho "first $(cat "$INPUT_FILE_PATH")"\n')
    text = "functions:\n  oscar:\n  - sandbox:\n      name: greet\n      image: alpine\n      alpine: true\n      memory: 128Mi\n      cpu: 0.2\n      log_level: CRITICAL\n      script: {0}\n"
    file = path("greet.yaml", text.format(script).encode())
    created = client.create_service(file).status_code
    first = client.run_service("greet", input="call").text.strip()
    token = client.get_service("greet").json()["token"]
    path("greet.sh", b'#!/bin/sh\necho "second $(cat "$INPUT_FILE_PATH")"\n')
    updated = client.update_service("greet", file).status_code
    second = client.run_service("greet", input="call").text.strip()
    kept = client.get_service("greet").json()["token"] == token
    by_dict = client.update_service("greet", definition("greet", 'echo "third"\n')).status_code
    third = client.run_service("greet", input="call").text.strip()
    removed = client.remove_service("greet").status_code
    return {
        "created": created, "updated": updated, "by dict": by_dict, "removed": removed, "token kept": kept,
        "answers": [first, second, third], "unknown": refused(client.update_service, "nobody", definition("nobody", "true")),
    }


def run(client):
    """Every way to call a service."""
    token = client.get_service("upper").json()["token"]
    client.run_service("upper", input="some text", output=path("text.txt"))
    client.run_service("upper", input=path("in.txt", b"from a file"), output=path("file.txt"))
    client.run_service("upper", input=path("in.bin", b"bytes\n"), output=path("out.bin"), token=token)
    queued = client.run_service("upper", input="later", async_call=True)
    _, status = wait_for_job(client, "upper")
    return {
        "text": read("text.txt"), "file": read("file.txt"), "token": read("out.bin"), "queued": queued.status_code, "job": status,
        "wrong token": refused(client.run_service, "upper", input="x", token="0" * 64), "anonymous": anonymous(token),
    }


def anonymous(token):
    from oscar_python.client_anon import AnonymousClient

    client = AnonymousClient({"cluster_id": "sandbox", "endpoint": OPTIONS["endpoint"], "ssl": False})
    client.run_service("upper", input="nobody", token=token, output=path("anonymous.txt"))
    return read("anonymous.txt")


def buckets(client):
    """The methods that only 2.x has: buckets, addresses, health and logs."""
    created = client.create_bucket("shelf").status_code
    upload = client.presign_bucket("shelf", "a/b c.txt", operation="upload").json()
    put = requests.request(upload["method"], upload["url"], data=b"by address", headers=upload.get("headers")).status_code
    download = client.presign_bucket("shelf", "a/b c.txt").json()["url"]
    objects = [one["object_name"] for one in client.get_bucket("shelf").json()["objects"]]
    return {
        "created": created, "put": put, "got": requests.get(download).text, "objects": objects,
        "listed": "shelf" in [one["bucket_name"] for one in client.list_buckets().json()],
        "updated": client.update_bucket("shelf", "public").status_code,
        "removed": client.delete_bucket("shelf").status_code, "health": client.health_check().text,
        "system logs": isinstance(client.get_system_logs(timestamps=True).json()["logs"], list),
    }


SCENARIOS = {one.__name__: one for one in (info, jobs, large, fdl, run, buckets)}

if __name__ == "__main__":
    print(json.dumps(SCENARIOS[sys.argv[1]](Client(OPTIONS))))
