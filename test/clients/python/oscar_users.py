"""Two users of one OSCAR: what one has and shares, and what the other sees of it."""

import base64
import json
import os
import time

from botocore.exceptions import ClientError
from oscar_driven import FOLDER, PROVIDER, Driven, client_of, definition, folder, main, path, read, refused, wait_for_job

SHOUT = 'tr a-z A-Z < "$INPUT_FILE_PATH" | tee "$TMP_OUTPUT_DIR/loud.txt"\n'


def users():
    return client_of("OSCAR_ALICE"), client_of("OSCAR_BOB")


def denied(call, *args):
    """The code, or the status, with which the store refuses."""
    try:
        return call(*args)
    except ClientError as error:
        return error.response["Error"]["Code"]


def isolated():
    """A private service of alice, and all that bob may try with it."""
    alice, bob = users()
    created = alice.create_service(definition("hers", SHOUT, input=folder("hers/in"), output=folder("hers/out"))).status_code
    storage = alice.create_storage_client("hers")
    storage.upload_file(PROVIDER, path("secret.txt", b"hers alone"), "hers/in")
    job, status = wait_for_job(alice, "hers")
    storage.download_file(PROVIDER, FOLDER, "hers/out/loud.txt")
    own = {"created": created, "job": status, "output": read("loud.txt"), "logged": "HERS ALONE" in alice.get_job_logs("hers", job).text}

    private = definition("hers", "true")
    services = {
        "listed": [one["name"] for one in bob.list_services().json()],
        "get": refused(bob.get_service, "hers"), "create": refused(bob.create_service, private), "update": refused(bob.update_service, "hers", private),
        "remove": refused(bob.remove_service, "hers"), "run": refused(bob.run_service, "hers", input="x") in (403, 404),
        "job": refused(bob.run_service, "hers", input="x", async_call=True) in (403, 404),
    }
    logs = {
        "list": refused(bob.list_jobs, "hers"), "get": refused(bob.get_job_logs, "hers", job),
        "remove": refused(bob.remove_job, "hers", job), "remove all": refused(bob.remove_all_jobs, "hers"),
    }
    theirs = bob.create_storage_client()
    objects = {
        "client": refused(bob.create_storage_client, "hers"),
        "list": denied(theirs.list_files_from_path, PROVIDER, "hers/out"),
        "download": denied(theirs.download_file, PROVIDER, FOLDER, "hers/out/loud.txt"),
        "upload": upload_refused(theirs, "hers/in"),
    }
    still = [len(alice.list_jobs("hers").json()["jobs"]), alice.remove_service("hers").status_code]
    return {"own": own, "services": services, "logs": logs, "objects": objects, "still hers": still}


def closed():
    """The same with what only 2.x asks for."""
    alice, bob = users()
    alice.create_service(definition("closed", SHOUT, input=folder("closed/in")))
    alice.run_service("closed", input="counted")
    alice.create_volume("disk", "1Gi")
    buckets = {
        "listed": [one["bucket_name"] for one in bob.list_buckets().json()], "get": refused(bob.get_bucket, "closed"),
        "presign": refused(bob.presign_bucket, "closed", "in/a", operation="upload"), "delete": refused(bob.delete_bucket, "closed"),
        # OSCAR answers 204 where nothing is changed.
        "update": bob.update_bucket("closed", "public").status_code, "as it was": alice.get_bucket("closed").json()["visibility"],
        "still closed": refused(bob.get_bucket, "closed"),
    }
    service = {
        "deployment": refused(bob.get_deployment_status, "closed"), "its logs": refused(bob.get_deployment_logs, "closed"),
        "metrics": refused(bob.get_service_metrics, "closed"), "members": refused(bob.get_federation, "closed"),
        "add": refused(bob.add_federation_members, "closed", []), "change": refused(bob.update_federation_members, "closed", [], []),
        "take away": refused(bob.remove_federation_members, "closed", [], delete=True),
        "counted": ["closed" in [one["key"] for one in who.get_metrics_breakdown().json()["items"]] for who in (alice, bob)],
    }
    volumes = {"listed": bob.list_volumes().json(), "get": refused(bob.get_volume, "disk"), "quota": refused(bob.get_user_quota, "alice@sandbox")}
    # OSCAR answers 204 where there is nothing, too.
    volumes["delete"] = [bob.delete_volume("disk").status_code, alice.get_volume("disk").json()["name"]]
    gone = [alice.remove_service("closed").status_code, alice.delete_volume("disk").status_code]
    return {"buckets": buckets, "service": service, "volumes": volumes, "gone": gone}


def upload_refused(storage, where):
    """An upload wraps the error of the store."""
    try:
        storage.upload_file(PROVIDER, path("bobs.txt", b"x"), where)
    except Exception as error:
        return "AccessDenied" if "AccessDenied" in str(error) else repr(error)
    return "accepted"


def shared():
    """A service that alice shares with bob, and takes back."""
    alice, bob = users()
    more = {"input": folder("ours/in"), "output": folder("ours/out")}
    uid = json.loads(os.environ["OSCAR_BOB"])["uid"]
    alice.create_service(definition("ours", SHOUT, visibility="restricted", allowed_users=[uid], **more))
    seen = {"listed": "ours" in [one["name"] for one in bob.list_services().json()]}
    bob.run_service("ours", input="by bob", output=path("out.txt"))
    seen["run"] = read("out.txt").strip()
    storage = bob.create_storage_client("ours")
    storage.upload_file(PROVIDER, path("bobs.txt", b"file of bob"), "ours/in")
    seen["job"] = wait_for_job(bob, "ours")[1]
    seen["alice's list"] = len(alice.list_jobs("ours").json()["jobs"])
    storage.download_file(PROVIDER, FOLDER, "ours/out/loud.txt")
    seen["output"] = read("loud.txt")
    seen["change"] = refused(bob.update_service, "ours", definition("ours", "true"))
    seen["remove"] = refused(bob.remove_service, "ours")
    alice.update_service("ours", definition("ours", SHOUT, visibility="private", **more))
    seen["afterwards"] = [refused(bob.get_service, "ours"), denied(storage.list_files_from_path, PROVIDER, "ours/out")]
    seen["gone"] = alice.remove_service("ours").status_code
    return seen


def refreshing():
    """The client gets its tokens itself."""
    alice = json.loads(os.environ["OSCAR_ALICE"])
    given = {key: alice[key] for key in ("refresh_token", "token_endpoint", "endpoint")}

    def listed(**options):
        client = Driven({"cluster_id": "sandbox", "ssl": False, **given, **options})
        own = refused(client.list_services)
        return own if own != "accepted" else client.oidc_token is not None

    return {
        "at first": listed(),
        "when it is over": listed(oidc_token=expired(alice["oidc_token"])),
        "with scopes of its own": listed(scopes=["openid", "groups"]),
        "over, and not refreshed": listed(oidc_token=expired(alice["oidc_token"]), refresh_token=None),
        "a wrong one": listed(refresh_token="wrong"),
    }


def expired(token):
    """The same token as if its time were over: its signature is no longer right."""
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    claims["exp"] = int(time.time()) - 60
    return ".".join([head, base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("="), signature])


if __name__ == "__main__":
    main(isolated, closed, shared, refreshing)
