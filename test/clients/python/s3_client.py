"""Drives boto3 against an S3 server and prints what it saw, one JSON object: s3_client.py SCENARIO FOLDER."""

import base64
import hashlib
import json
import os
import sys
import uuid

import boto3
import urllib3
from botocore.client import Config
from botocore.exceptions import ClientError

FOLDER = sys.argv[2]
BUCKET = "boto-" + sys.argv[1] + "-" + uuid.uuid4().hex[:8]


def connect(secret=None, **config):
    return boto3.client(
        "s3",
        endpoint_url=os.environ["S3_ENDPOINT"],
        region_name="us-east-1",
        aws_access_key_id=os.environ["S3_ACCESS_KEY"],
        aws_secret_access_key=secret or os.environ["S3_SECRET_KEY"],
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, **config),
    )


def path(name, content=None):
    where = os.path.join(FOLDER, name)
    if content is not None:
        with open(where, "wb") as file:
            file.write(content)
    return where


def read(name):
    with open(path(name), "rb") as file:
        return file.read()


def code(call, **arguments):
    """Status and code with which a call fails."""
    try:
        call(**arguments)
    except ClientError as error:
        return "{0} {1}".format(error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"])
    return "accepted"


def http(method, url, content=None, headers=None):
    answer = urllib3.PoolManager().request(method, url, body=content, headers=headers or {})
    return answer.status, answer.data.decode()


def body(s3, key, **more):
    return s3.get_object(Bucket=BUCKET, Key=key, **more)["Body"].read().decode()


def files(s3):
    result = {}
    for name, size in (("small é.bin", 5000), ("large.bin", 20 * 1024 * 1024)):
        content = os.urandom(size)
        s3.upload_file(path(name, content), BUCKET, name)
        s3.download_file(BUCKET, name, path("back"))
        head = s3.head_object(Bucket=BUCKET, Key=name)
        result[name] = {"same": read("back") == content, "parts": "-" in head["ETag"], "size": head["ContentLength"]}
    return result


def listings(s3):
    for key in ("a/1", "a/2", "b c/ü+&", "d"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    def pages(version):
        found = s3.get_paginator(version).paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 3})
        return [[one["Key"] for one in page["Contents"]] for page in found]
    v1, v2 = pages("list_objects"), pages("list_objects_v2")
    top = s3.list_objects_v2(Bucket=BUCKET, Delimiter="/")
    deleted = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "a/1"}, {"Key": "b c/ü+&"}, {"Key": "never"}]})
    return {
        "v1": v1,
        "v2": v2,
        "folders": [one["Prefix"] for one in top["CommonPrefixes"]],
        "files": [one["Key"] for one in top["Contents"]],
        "deleted": sorted(one["Key"] for one in deleted["Deleted"]),
        "left": [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]],
        "bucket listed": BUCKET in [one["Name"] for one in s3.list_buckets()["Buckets"]],
    }


def presigned(_):
    result = {}
    for name, version in (("v2", "s3"), ("v4", "s3v4")):
        s3 = connect(signature_version=version)
        where = {"Bucket": BUCKET, "Key": "by address " + name}
        put, _ = http("PUT", s3.generate_presigned_url("put_object", Params=where), b"content " + name.encode())
        url = s3.generate_presigned_url("get_object", Params={**where, "ResponseContentType": "text/x-asked"})
        _, got = http("GET", url)
        forged, _ = http("GET", url.replace("by%20address", "by%20addres"))
        gone, _ = http("GET", s3.generate_presigned_url("get_object", Params=where, ExpiresIn=-10))
        signature = "X-Amz-Signature" if "X-Amz-Signature" in url else "Signature"
        result[name] = {"put": put, "got": got, "forged": forged, "expired": gone, "signature": signature}
    return result


def form(s3):
    def send(key, content):
        post = s3.generate_presigned_post(BUCKET, key, Conditions=[["content-length-range", 1, 10]])
        edge = uuid.uuid4().hex
        fields = list(post["fields"].items()) + [("file", content)]
        parts = ['--{0}\r\nContent-Disposition: form-data; name="{1}"\r\n\r\n{2}\r\n'.format(edge, *field) for field in fields]
        text = "".join(parts) + "--" + edge + "--\r\n"
        return http("POST", post["url"], text.encode(), {"Content-Type": "multipart/form-data; boundary=" + edge})[0]
    return {"stored": send("form.txt", "12345"), "too large": send("no.txt", "12345678901"), "content": body(s3, "form.txt")}


def copies(s3):
    s3.put_object(Bucket=BUCKET, Key="from ö", Body=b"to copy", Metadata={"color": "blue"}, ContentType="text/x-one")
    s3.copy_object(Bucket=BUCKET, Key="same", CopySource={"Bucket": BUCKET, "Key": "from ö"})
    s3.copy_object(Bucket=BUCKET, Key="other", CopySource={"Bucket": BUCKET, "Key": "from ö"}, MetadataDirective="REPLACE", Metadata={"color": "red"})
    s3.upload_file(path("big", os.urandom(12 * 1024 * 1024)), BUCKET, "big")
    config = boto3.s3.transfer.TransferConfig(multipart_threshold=5 * 1024 * 1024, multipart_chunksize=5 * 1024 * 1024)
    s3.copy({"Bucket": BUCKET, "Key": "big"}, BUCKET, "big copy", Config=config)
    s3.download_file(BUCKET, "big copy", path("big back"))
    same, other = (s3.head_object(Bucket=BUCKET, Key=key) for key in ("same", "other"))
    return {
        "content": body(s3, "same"), "kept": same["Metadata"], "type": same["ContentType"], "replaced": other["Metadata"],
        "in parts": read("big") == read("big back"),
        "missing": code(s3.copy_object, Bucket=BUCKET, Key="x", CopySource={"Bucket": BUCKET, "Key": "none"}),
    }


def tags(s3):
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"", Tagging="kind=first")
    first = s3.get_object_tagging(Bucket=BUCKET, Key="a")["TagSet"]
    s3.put_object_tagging(Bucket=BUCKET, Key="a", Tagging={"TagSet": [{"Key": "kind", "Value": "second + last"}]})
    second = s3.get_object_tagging(Bucket=BUCKET, Key="a")["TagSet"]
    s3.delete_object_tagging(Bucket=BUCKET, Key="a")
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "owner", "Value": "me"}]})
    return {
        "first": first, "second": second, "removed": s3.get_object_tagging(Bucket=BUCKET, Key="a")["TagSet"],
        "bucket": s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"],
    }


def versions(s3):
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=BUCKET, Key="a", Body=b"first")["VersionId"]
    second = s3.put_object(Bucket=BUCKET, Key="a", Body=b"second")["VersionId"]
    marker = s3.delete_object(Bucket=BUCKET, Key="a")
    listed = s3.list_object_versions(Bucket=BUCKET)
    hidden = code(s3.get_object, Bucket=BUCKET, Key="a")
    s3.delete_object(Bucket=BUCKET, Key="a", VersionId=marker["VersionId"])
    return {
        "marker": marker["DeleteMarker"], "hidden": hidden, "back": body(s3, "a"), "first": body(s3, "a", VersionId=first),
        "in order": [one["VersionId"] for one in listed["Versions"]] == [second, first], "markers": len(listed["DeleteMarkers"]),
    }


def checksums(s3):
    content = b"what is checked"
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    s3.put_object(Bucket=BUCKET, Key="sha", Body=content, ChecksumSHA256=digest)
    s3.put_object(Bucket=BUCKET, Key="crc", Body=content, ChecksumAlgorithm="CRC32")
    md5 = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    return {
        "sha": s3.head_object(Bucket=BUCKET, Key="sha", ChecksumMode="ENABLED").get("ChecksumSHA256") == digest,
        "crc": "ChecksumCRC32" in s3.get_object(Bucket=BUCKET, Key="crc", ChecksumMode="ENABLED"),
        "wrong md5": code(s3.put_object, Bucket=BUCKET, Key="no", Body=content, ContentMD5=md5),
        "wrong sha": code(s3.put_object, Bucket=BUCKET, Key="no", Body=content, ChecksumSHA256=wrong),
        "stored": code(s3.head_object, Bucket=BUCKET, Key="no"),
    }


def refusals(s3):
    forged = connect(secret="wrong")
    unknown = boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT"], region_name="us-east-1", aws_access_key_id="nobody", aws_secret_access_key="x")
    return {
        "wrong secret": code(forged.list_objects_v2, Bucket=BUCKET),
        "wrong secret put": code(forged.put_object, Bucket=BUCKET, Key="a", Body=b"x"),
        "unknown key": code(unknown.list_buckets),
        "no key": http("GET", os.environ["S3_ENDPOINT"] + "/" + BUCKET)[0],
        "no bucket": code(s3.list_objects_v2, Bucket="not-" + BUCKET),
        "no object": code(s3.get_object, Bucket=BUCKET, Key="none"),
        "bad range": code(s3.get_object, Bucket=BUCKET, Key="here", Range="bytes=100-"),
        "range": body(s3, "here", Range="bytes=2-4"),
        "bucket not empty": code(s3.delete_bucket, Bucket=BUCKET),
    }


SCENARIOS = {f.__name__: f for f in (files, listings, presigned, form, copies, tags, versions, checksums, refusals)}

if __name__ == "__main__":
    client = connect()
    client.create_bucket(Bucket=BUCKET)
    if sys.argv[1] == "refusals":
        client.put_object(Bucket=BUCKET, Key="here", Body=b"012345")
    print(json.dumps(SCENARIOS[sys.argv[1]](client)))
