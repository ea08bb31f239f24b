"""What one user of an OSCAR opens to others, to all or to some, and what the administrator sees of it."""

import json
import os

from oscar_driven import FOLDER, PROVIDER, client_of, definition, folder, main, path, read, refused, wait_for_job
from oscar_python.client import Client
from oscar_users import SHOUT, denied, upload_refused, users


def uploaded(storage, name, content, where):
    storage.upload_file(PROVIDER, path(name, content), where)
    return name


def listed(client, service):
    return service in [one["name"] for one in client.list_services().json()]


def public():
    """A service of alice that everybody may use, then only somebody else, then nobody."""
    alice, bob = users()
    stores = {"input": folder("open/in"), "output": folder("open/out")}
    alice.create_service(definition("open", SHOUT, visibility="public", **stores))
    uploaded(alice.create_storage_client("open"), "hers.txt", b"of alice", "open/in")
    hers, _ = wait_for_job(alice, "open")
    bob.run_service("open", input="by bob", output=path("out.txt"))
    storage = bob.create_storage_client("open")
    uploaded(storage, "his.txt", b"of bob", "open/in")
    his, status = wait_for_job(bob, "open")
    storage.download_file(PROVIDER, FOLDER, "open/out/loud.txt")
    seen = {
        "listed": listed(bob, "open"), "get": bob.get_service("open").json()["owner"], "run": read("out.txt").strip(), "job": status, "output": read("loud.txt"),
        "log": bob.get_job_logs("open", his).text.strip(), "jobs apart": his != hers and [hers in who.list_jobs("open").json()["jobs"] for who in (alice, bob)],
        "change": refused(bob.update_service, "open", definition("open", "true")), "remove": refused(bob.remove_service, "open"),
        "remove her job": refused(bob.remove_job, "open", hers), "still there": alice.get_job_logs("open", hers).status_code,
    }
    for title, more in (("for another", {"visibility": "restricted", "allowed_users": ["carol@sandbox"]}), ("for nobody", {"visibility": "private"})):
        alice.update_service("open", definition("open", SHOUT, **more, **stores))
        seen[title] = [listed(bob, "open"), refused(bob.get_service, "open"), refused(bob.get_job_logs, "open", his), denied(storage.list_files_from_path, PROVIDER, "open/out")]
    return {**seen, "gone": alice.remove_service("open").status_code}


def buckets():
    """A bucket of alice, as it is opened and closed."""
    alice, bob = users()
    uid = json.loads(os.environ["OSCAR_BOB"])["uid"]
    alice.create_bucket("hoard")
    hers, his = alice.create_storage_client(), bob.create_storage_client()
    uploaded(hers, "coin.txt", b"gold", "hoard/deep")

    def open_to_bob():
        known = [one["object_name"] for one in bob.get_bucket("hoard").json()["objects"]]
        found = [one["Key"] for one in his.list_files_from_path(PROVIDER, "hoard/deep")["Contents"]]
        his.download_file(PROVIDER, FOLDER, "hoard/deep/coin.txt")
        signed = bob.presign_bucket("hoard", "deep/coin.txt").status_code
        return {
            "listed": "hoard" in [one["bucket_name"] for one in bob.list_buckets().json()], "objects": known == found and known, "content": read("coin.txt"), "presigned": signed,
            "delete": refused(bob.delete_bucket, "hoard"), "change": bob.update_bucket("hoard", "private").status_code, "visibility": alice.get_bucket("hoard").json()["visibility"],
        }

    def closed():
        return [
            [one["bucket_name"] for one in bob.list_buckets().json()], refused(bob.get_bucket, "hoard"), refused(bob.presign_bucket, "hoard", "deep/coin.txt"),
            denied(his.list_files_from_path, PROVIDER, "hoard/deep"), denied(his.download_file, PROVIDER, FOLDER, "hoard/deep/coin.txt"), upload_refused(his, "hoard/deep"),
        ]

    seen = {"at first": closed()}
    for title, what, visibility, allowed in (
        ("public", open_to_bob, "public", None), ("for bob", open_to_bob, "restricted", [uid]),
        ("for another", closed, "restricted", ["carol@sandbox"]), ("private again", closed, "private", None),
    ):
        alice.update_bucket("hoard", visibility, allowed)
        seen[title] = what()
    alice.update_bucket("hoard", "public")
    uploaded(his, "note.txt", b"from bob", "hoard/deep")
    hers.download_file(PROVIDER, FOLDER, "hoard/deep/note.txt")
    return {**seen, "written": read("note.txt"), "gone": alice.delete_bucket("hoard").status_code}


def with_password():
    """Not a client that remembers: what the administrator calls, no user has called."""
    return Client({"cluster_id": "sandbox", "ssl": False, **json.loads(os.environ["OSCAR_ADMIN"])})


def administrator():
    """The administrator, with name and password, among users."""
    alice, oscar = client_of("OSCAR_ALICE"), with_password()
    stores = {"input": folder("seen/in"), "output": folder("seen/out")}
    alice.create_service(definition("seen", SHOUT, **stores))
    uploaded(alice.create_storage_client("seen"), "a.txt", b"of alice", "seen/in")
    job, _ = wait_for_job(alice, "seen")
    oscar.create_storage_client("seen").download_file(PROVIDER, FOLDER, "seen/out/loud.txt")
    return {
        "listed": listed(oscar, "seen"), "owner": oscar.get_service("seen").json()["owner"], "job": job in oscar.list_jobs("seen").json()["jobs"],
        "log": oscar.get_job_logs("seen", job).text.strip(), "output": read("loud.txt"),
        "removed": [oscar.remove_job("seen", job).status_code, alice.list_jobs("seen").json()["jobs"], oscar.remove_service("seen").status_code],
        "gone": refused(alice.get_service, "seen"),
    }


def quota():
    """The quota of a user, as the administrator reads it."""
    of_alice = with_password().get_user_quota("alice@sandbox").json()
    return {"same": of_alice == client_of("OSCAR_ALICE").get_own_quota().json(), "of": of_alice["user_id"]}


if __name__ == "__main__":
    main(public, buckets, administrator, quota)
