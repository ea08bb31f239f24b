"""What oscar-python reads and changes of the platform itself, and every way to say who one is."""

import base64
import json
import os
import socket
import threading
import time

from oscar_driven import Driven, client_of, definition, main, path, refused


def whole(*numbers):
    return all(type(number) is int for number in numbers)


def cluster():
    """What a member of a federation reads of another cluster, and what command lines print of it."""
    status = client_of("OSCAR").get_cluster_status().json()
    figures = status["cluster"]["metrics"]
    deployment = status["oscar"]["deployment"]
    time.strptime(deployment["creation_timestamp"], "%Y-%m-%dT%H:%M:%SZ")
    return {
        "parts": sorted(status),
        "whole figures": whole(status["cluster"]["nodes_count"], *figures["cpu"].values(), *figures["memory"].values(), figures["gpu"]["total_gpu"]),
        "whole counts": whole(status["oscar"]["jobs_count"], status["oscar"]["pods"]["total"], deployment["replicas"], *status["minio"].values()),
        "conditions": [type(node["conditions"]).__name__ for node in status["cluster"]["nodes"]],
        "groups": type(status["oscar"]["oidc"]["groups"]).__name__,
    }


def health():
    return client_of("OSCAR").health_check().text


def deployment():
    client = client_of("OSCAR")
    status = client.get_deployment_status("upper").json()
    logs = client.get_deployment_logs("upper").json()
    return {
        "service": status["service_name"],
        "known": status["state"] in ("pending", "ready", "degraded", "failed", "stopped", "unavailable"),
        "whole": whole(status["active_instances"], status["affected_instances"]),
        "logs of": logs["service_name"], "told": type(logs["available"]).__name__, "entries": type(logs["entries"]).__name__,
        "missing": [refused(client.get_deployment_status, "nobody"), refused(client.get_deployment_logs, "nobody")],
    }


def volumes():
    client = client_of("OSCAR")
    created = client.create_volume("disk", "1Gi")
    seen = {
        "created": created.status_code, "made": [created.json()[key] for key in ("name", "size", "creation_mode")],
        "again": refused(client.create_volume, "disk", "1Gi"),
        "listed": [one["name"] for one in client.list_volumes().json()],
        "phase": type(client.get_volume("disk").json()["status"]["phase"]).__name__,
        "deleted": client.delete_volume("disk").status_code,
    }
    return {**seen, "gone": refused(client.get_volume, "disk")}


def metrics():
    client = client_of("OSCAR")
    client.run_service("upper", input="counted")
    totals = client.get_metrics_summary().json()["totals"]
    rows = {one["key"]: one for one in client.get_metrics_breakdown().json()["items"]}
    of_service = client.get_service_metrics("upper").json()
    return {
        "whole": whole(*[value for key, value in totals.items() if "count" in key and key != "countries"]),
        "counted": [totals["requests_count_sync"] > 0, rows["upper"]["requests_count_sync"] > 0],
        "by user": [one["executions_count"] > 0 for one in client.get_metrics_breakdown("user").json()["items"]][:1],
        "service": of_service["service_name"],
        "metrics": [one["metric"] for one in of_service["metrics"]],
    }


def quotas():
    client = client_of("OSCAR")
    seen = {
        "of another": refused(client.get_user_quota, "nobody@sandbox"),
        # It can ask for cpu and memory alone, which nothing holds users to.
        "changed": refused(client.update_user_quota, "nobody@sandbox", "2", "4Gi"),
    }
    if client._AUTH_TYPE == "basicauth":
        return {**seen, "own": refused(client.get_own_quota)}
    own = client.get_own_quota().json()
    return {**seen, "own": own["user_id"], "buckets": whole(*own["minio"]["buckets"].values()), "disk": own["volumes"]["disk"]["max"]}


def system_logs():
    client = client_of("OSCAR")
    said = refused(client.get_system_logs, timestamps=True, previous=True)
    return said if said != "accepted" else [type(call["status"]).__name__ for call in client.get_system_logs().json()["logs"]][:1]


def federation():
    """A second cluster is this one, under another name."""
    client = client_of("OSCAR")
    secrets = {"secrets": {"refresh_token": "unused"}}
    client.create_service(definition("here", "cat", environment=secrets))
    before = client.get_federation("here").json()
    member = {"type": "oscar", "cluster_id": "twin", "service_name": "there", "priority": 1}
    twin = {"twin": {"endpoint": client.endpoint, "auth_user": os.environ["OSCAR_USER"], "auth_password": os.environ["OSCAR_PASSWORD"], "ssl_verify": False}}
    providers = {"s3": {"far": {"access_key": "a", "secret_key": "b", "region": "eu"}}}
    added = client.add_federation_members("here", [member], clusters=twin, storage_providers=providers).json()
    copied = refused(client.get_service, "there")
    updated = client.update_federation_members("here", [member], [{**member, "priority": 7}], clusters=twin).json()
    kept = client.get_service("here").json()["storage_providers"]["s3"]
    removed = client.remove_federation_members("here", [{**member, "priority": 7}], delete=True).json()
    seen = {
        "before": before, "added": [one["priority"] for one in added["members"]], "copied": copied,
        "updated": [one["priority"] for one in updated["members"]], "removed": removed["members"] or [], "providers": kept,
        "copy": refused(client.get_service, "there"),
    }
    client.remove_service("here")
    return seen


def strangers():
    """Tokens that nobody here has issued, by each way to come by one."""
    endpoint = client_of("OSCAR").endpoint
    token = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b'{"alg":"RS256"}', b'{"iss":"https://issuer.example"}', b"signature"))
    seen = {}
    for way, options in (("token", {"oidc_token": token}), ("refresh", {"refresh_token": "x", "token_endpoint": endpoint + "/nowhere"}), ("agent", {"shortname": agent_with(token)})):
        client = Driven({"cluster_id": "sandbox", "endpoint": endpoint, "ssl": False, **options})
        seen[way] = refused(client.list_services)
    return seen


def agent():
    """The token comes from oidc-agent."""
    options = json.loads(os.environ["OSCAR"])
    return [one["name"] for one in Driven({"cluster_id": "sandbox", "endpoint": options["endpoint"], "ssl": False, "shortname": agent_with(options["oidc_token"])}).list_services().json()]


def agent_with(token):
    """A stand-in for oidc-agent with one account, whose name is answered: in clear, where the agent itself encrypts."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(path("agent.sock"))
    server.listen()
    os.environ["OIDC_SOCK"] = path("agent.sock")

    def serve():
        while True:
            connection, _ = server.accept()
            connection.recv(4096)
            connection.sendall(base64.b64encode(os.urandom(32)))
            connection.recv(4096)
            connection.sendall(json.dumps({"status": "success", "access_token": token, "issuer": "", "expires_at": 0}).encode())
            connection.close()

    threading.Thread(target=serve, daemon=True).start()
    return "account"


if __name__ == "__main__":
    main(cluster, health, deployment, volumes, metrics, quotas, system_logs, federation, strangers, agent)
