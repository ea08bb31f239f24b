"""What the scripts have in common that drive oscar-python: SCRIPT SCENARIO FOLDER prints what was seen, one JSON object."""

import functools
import inspect
import json
import os
import sys
import time

import requests
from oscar_python.client import Client
from oscar_python.client_anon import AnonymousClient
from oscar_python.storage import Storage

FOLDER = sys.argv[2]
PROVIDER = "minio.default"
DRIVEN = set()
BESIDE = (AnonymousClient, Storage)


def public_of(one):
    return [name for name, _ in inspect.getmembers(one, inspect.isfunction) if not name.startswith("_")]


def public_methods():
    """All that users may call: what is not of the client itself has its class before it."""
    return sorted([*public_of(Client), *("{0}.{1}".format(one.__name__, name) for one in BESIDE for name in public_of(one))])


class Driven(Client):
    """The client as it is, which remembers what was called of it."""


def recorded(one, name, title):
    method = getattr(one, name)

    @functools.wraps(method)
    def call(*args, **kwargs):
        DRIVEN.add(title)
        return method(*args, **kwargs)

    return call


for public in public_of(Client):
    setattr(Driven, public, recorded(Client, public, public))
# The client makes these itself, so it is they who remember.
for beside in BESIDE:
    for public in public_of(beside):
        setattr(beside, public, recorded(beside, public, "{0}.{1}".format(beside.__name__, public)))


def client_of(variable):
    """A client with the options that an environment variable holds."""
    return Driven({"cluster_id": "sandbox", "ssl": False, **json.loads(os.environ[variable])})


def path(name, content=None):
    where = os.path.join(FOLDER, name)
    if content is not None:
        with open(where, "wb") as file:
            file.write(content)
    return where


def read(name):
    with open(path(name), "rb") as file:
        return file.read().decode()


def folder(where):
    return [{"storage_provider": PROVIDER, "path": where}]


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


def main(*scenarios):
    known = {one.__name__: one for one in scenarios}
    seen = known[sys.argv[1]]()
    # The client itself prints too: what was seen is the last line.
    print(json.dumps({"seen": seen, "driven": sorted(DRIVEN), "public": public_methods()}))
