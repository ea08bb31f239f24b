"""What users of oscar-python do every day: services, files, calls, jobs and buckets."""

import os

import requests
from oscar_driven import FOLDER, PROVIDER, client_of, definition, folder, main, path, read, refused, wait_for_job


def info():
    client = client_of("OSCAR")
    config = client.get_cluster_config().json()
    return {
        "version": client.get_cluster_info().json()["version"],
        "provider": sorted(config["minio_provider"]),
        "listed": [one["name"] for one in client.list_services().json()],
        "wrong credentials": refused(client_of("OSCAR_WRONG").list_services),
        "missing": refused(client.get_service, "nobody"),
    }


def jobs():
    """From a dict to the downloaded output of an upload."""
    client = client_of("OSCAR")
    script = 'tr a-z A-Z < "$INPUT_FILE_PATH" > "$TMP_OUTPUT_DIR/loud.txt"\necho "did $STORAGE_OBJECT_KEY"\n'
    folders = {"input": folder("shout/in"), "output": folder("shout/out")}
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


def large():
    """What goes in parts comes back the same."""
    client = client_of("OSCAR")
    content = os.urandom(20 * 1024 * 1024)
    storage = client.create_storage_client()
    storage.upload_file(PROVIDER, path("large.bin", content), "upper/kept")
    os.rename(path("large.bin"), path("sent.bin"))
    storage.download_file(PROVIDER, FOLDER, "upper/kept/large.bin")
    with open(path("large.bin"), "rb") as file:
        return {"same": file.read() == content}


def fdl():
    """A service from an FDL file, called, changed and called again."""
    client = client_of("OSCAR")
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


def run():
    """Every way to call a service."""
    client = client_of("OSCAR")
    token = client.get_service("upper").json()["token"]
    client.run_service("upper", input="some text", output=path("text.txt"))
    client.run_service("upper", input=path("in.txt", b"from a file"), output=path("file.txt"))
    client.run_service("upper", input=path("in.bin", b"bytes\n"), output=path("out.bin"), token=token)
    # Who calls with the token of a service, as 1.x does by itself, does not find the job among those of a user.
    queued = client.run_service("upper", input="later", async_call=True, token=getattr(client, "oidc_token", None))
    _, status = wait_for_job(client, "upper")
    return {
        "text": read("text.txt"), "file": read("file.txt"), "token": read("out.bin"), "queued": queued.status_code, "job": status,
        "wrong token": refused(client.run_service, "upper", input="x", token="0" * 64), "anonymous": anonymous(client, token),
    }


def anonymous(oscar, token):
    from oscar_python.client_anon import AnonymousClient

    client = AnonymousClient({"cluster_id": "sandbox", "endpoint": oscar.endpoint, "ssl": False})
    client.run_service("upper", input="nobody", token=token, output=path("anonymous.txt"))
    return read("anonymous.txt")


def buckets():
    """Buckets and addresses, which only 2.x has."""
    client = client_of("OSCAR")
    created = client.create_bucket("shelf").status_code
    upload = client.presign_bucket("shelf", "a/b c.txt", operation="upload").json()
    put = requests.request(upload["method"], upload["url"], data=b"by address", headers=upload.get("headers")).status_code
    download = client.presign_bucket("shelf", "a/b c.txt").json()["url"]
    objects = [one["object_name"] for one in client.get_bucket("shelf").json()["objects"]]
    return {
        "created": created, "put": put, "got": requests.get(download).text, "objects": objects,
        "listed": "shelf" in [one["bucket_name"] for one in client.list_buckets().json()],
        "updated": client.update_bucket("shelf", "public").status_code,
        "removed": client.delete_bucket("shelf").status_code,
    }


if __name__ == "__main__":
    main(info, jobs, large, fdl, run, buckets)
