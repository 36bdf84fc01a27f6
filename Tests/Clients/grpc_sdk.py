"""Uses the gateway through the Directory's Python SDK (agntcy-dir 1.0.0), unmodified: every method, the
errors that upstream gives, the stream of events with each filter, its cancellation, and the shutdown of
the server.

Usage: grpc_sdk.py PROGRAM
"""

import base64
import ctypes
import ctypes.util
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import uuid

import grpc
from agntcy.dir_sdk.client import Client, Config
from agntcy.dir_sdk.models import (
    core_v1, events_v1, naming_v1, routing_v1, search_v1, sign_v1, store_v1)
from google.protobuf import json_format

from readme_gateway import Gateway
from support import expect, until

TYPE = {name.removeprefix("EVENT_TYPE_"): number for name, number in events_v1.EventType.items()}
# The vector of the reference: a signature over this CID, by this key.
SIGNED = "baeareih47nx2vjmqxx5xlar766ufi7jbxyedv634kcgagqrmnt42xjor3u"


def record(name, **more):
    """A record as the SDK's own tests make it: schema 0.7.0, with numbers of skills and domains."""
    return core_v1.Record(data=json_format.ParseDict({
        "name": name, "version": "v1.0.0", "schema_version": "0.7.0", "description": "d",
        "authors": ["An Author"], "created_at": "2025-10-18T14:23:15Z",
        "skills": [{"id": 10201, "name": "natural_language_processing/text_completion"}],
        "domains": [{"id": 103, "name": "technology/networking"}], "modules": [],
        "locators": [{"type": "docker_image", "url": "https://example.com/image"}],
        "annotations": {"team": "blue"}, **more,
    }, core_v1.Record().data))


def both():
    return [record("example.org/a"), record("example.org/b", description="é <a&b> \u2028")]


def fails(what, call, code, text=""):
    """Calls what must fail, and checks the status and a part of its message. The SDK wraps the errors
    of gRPC in RuntimeError."""
    try:
        call()
    except (grpc.RpcError, RuntimeError) as error:
        found = error if isinstance(error, grpc.RpcError) else error.__cause__ or error
        if isinstance(found, grpc.RpcError):
            expect(f"the status of {what}", found.code(), code)
            if text not in (found.details() or ""):
                raise AssertionError(f"{what}: {found.details()!r} does not say {text!r}")
        elif (code is None or code.name not in str(found)) and text not in str(found):
            raise AssertionError(f"{what}: {found}")
        return
    raise AssertionError(f"{what} did not fail")


def store(client):
    records = both()
    refs = client.push(records)
    expect("the refs of a push", [len(ref.cid) for ref in refs], [59, 59])
    expect("the refs of the same push again", client.push(records), refs)
    expect("the pulled records", client.pull(refs), records)
    expect("the pulled records, the other way round", client.pull(refs[::-1]), records[::-1])

    [meta, _] = client.lookup(refs)
    expect("the cid of a lookup", meta.cid, refs[0].cid)
    expect("the schema version of a lookup", meta.schema_version, "0.7.0")
    expect("the creation time of a lookup", meta.created_at, "2025-10-18T14:23:15Z")
    expect("the annotations of a lookup", dict(meta.annotations), {
        "name": "example.org/a", "version": "v1.0.0", "oasf-version": "0.7.0", "team": "blue"})

    missing = core_v1.RecordRef(cid=SIGNED)
    fails("a pull of a missing record", lambda: client.pull([missing]),
          grpc.StatusCode.NOT_FOUND, "record not found")
    fails("a lookup of a missing record", lambda: client.lookup([missing]),
          grpc.StatusCode.NOT_FOUND, "failed to lookup record: record not found: " + SIGNED)
    fails("a pull without a cid", lambda: client.pull([core_v1.RecordRef()]),
          grpc.StatusCode.INVALID_ARGUMENT, "record cid is required")
    fails("a push of a record that breaks the rules",
          lambda: client.push([record("example.org/c", authors=[])]),
          grpc.StatusCode.INVALID_ARGUMENT, "record validation failed: [ERROR: ")
    fails("a push without a record", lambda: client.push([core_v1.Record()]),
          grpc.StatusCode.INVALID_ARGUMENT, "record is nil")
    # The first bad record ends the call; what came before is stored, what comes after is not.
    good, after = record("example.org/before"), record("example.org/after")
    fails("a push with a bad record in the middle",
          lambda: client.push([good, record("example.org/x", skills=[]), after]),
          grpc.StatusCode.INVALID_ARGUMENT)
    expect("the names after it", names(client, "example.org/before", "example.org/after"),
           ["example.org/before"])

    many = client.push([record(f"example.org/many-{n}") for n in range(300)])
    expect("the refs of many records", len({ref.cid for ref in many}), 300)
    client.delete(many)
    client.delete([missing])
    fails("a delete without a cid", lambda: client.delete([core_v1.RecordRef()]),
          grpc.StatusCode.INVALID_ARGUMENT)
    return refs


def names(client, *wanted):
    found = client.search_records(search_v1.SearchRecordsRequest(queries=[
        search_v1.RecordQuery(type=search_v1.RECORD_QUERY_TYPE_NAME, value=name)
        for name in wanted]))
    return [response.record.data["name"] for response in found]


def searches(client, refs):
    def cids(*queries, **more):
        request = search_v1.SearchCIDsRequest(
            queries=[search_v1.RecordQuery(
                type=getattr(search_v1, f"RECORD_QUERY_TYPE_{kind}"), value=value)
                for kind, value in queries], **more)
        return {response.record_cid for response in client.search_cids(request)}

    both = {ref.cid for ref in refs}
    all_cids = cids()
    for queries in [
            [("SKILL_ID", "10201"), ("NAME", "example.org/?")],
            [("SKILL_NAME", "natural_language_processing/*"), ("NAME", "EXAMPLE.ORG/?")],
            [("NAME", "example.org/a"), ("NAME", "example.org/b")],
            [("LOCATOR", "docker_image:https://example.com/*"), ("NAME", "example.org/?")],
            [("LOCATOR", "*example.com*"), ("NAME", "example.org/?")],
            [("DOMAIN_NAME", "technology/networking"), ("NAME", "example.org/?")],
            [("AUTHOR", "author"), ("NAME", "example.org/?")],
            [("VERSION", ">=v1.0.0"), ("VERSION", "<v2"), ("NAME", "example.org/?")],
            [("SCHEMA_VERSION", "0.7.*"), ("CREATED_AT", ">2025"), ("NAME", "example.org/?")],
            [("VERIFIED", "false"), ("NAME", "example.org/?")]]:
        expect(f"the records of {queries}", cids(*queries), both)
    for queries in [[("SKILL_NAME", "natural_language_processing")], [("SKILL_ID", "1")],
                    [("VERSION", ">v1.0.0")], [("MODULE_NAME", "*")], [("VERIFIED", "true")]]:
        expect(f"the records of {queries}", cids(*queries), set())
    expect("a window", len(cids(limit=2)), 2)
    expect("the rest", cids(limit=2) | cids(offset=2), all_cids)
    fails("a number that is none", lambda: cids(("SKILL_ID", "x")),
          grpc.StatusCode.INVALID_ARGUMENT)


def routing(client, refs):
    client.publish(routing_v1.PublishRequest(record_refs=routing_v1.RecordRefs(refs=refs)))

    def listed(kind, value, **more):
        request = routing_v1.ListRequest(queries=[routing_v1.RecordQuery(
            type=getattr(routing_v1, f"RECORD_QUERY_TYPE_{kind}"), value=value)], **more)
        return {item.record_ref.cid: list(item.labels) for item in client.list(request)}

    labels = ["/skills/natural_language_processing/text_completion",
              "/domains/technology/networking", "/locators/docker_image"]
    wanted = {ref.cid: labels for ref in refs}
    expect("what is listed for a domain", listed("DOMAIN", "technology/networking"), wanted)
    expect("what is listed for a part of a path", listed("SKILL", "natural_language_processing"),
           wanted)
    expect("what is listed for a part of a word", listed("SKILL", "natural_language"), {})
    expect("what is listed for a locator", listed("LOCATOR", "docker_image"), wanted)
    expect("one of them", len(listed("DOMAIN", "technology", limit=1)), 1)
    expect("a search in other Directories",
           list(client.routing_client.Search(routing_v1.SearchRequest())), [])

    missing = routing_v1.RecordRefs(refs=[core_v1.RecordRef(cid=SIGNED)])
    fails("a publication of a missing record",
          lambda: client.publish(routing_v1.PublishRequest(record_refs=missing)),
          grpc.StatusCode.NOT_FOUND)
    fails("an empty publication", lambda: client.publish(routing_v1.PublishRequest()),
          grpc.StatusCode.INVALID_ARGUMENT)
    fails("unpublishing by a search",
          lambda: client.unpublish(routing_v1.UnpublishRequest(queries=routing_v1.RecordQueries())),
          grpc.StatusCode.INVALID_ARGUMENT)

    one = routing_v1.RecordRefs(refs=refs[:1])
    client.unpublish(routing_v1.UnpublishRequest(record_refs=one))
    expect("after unpublishing", set(listed("DOMAIN", "technology")), {refs[1].cid})
    client.unpublish(routing_v1.UnpublishRequest(record_refs=one))

    queries = routing_v1.RecordQueries(queries=[search_v1.RecordQuery(
        type=search_v1.RECORD_QUERY_TYPE_NAME, value="example.org/a")])
    created = client.create_publication(routing_v1.PublishRequest(queries=queries))
    uuid.UUID(created.publication_id)
    got = client.get_publication(
        routing_v1.GetPublicationRequest(publication_id=created.publication_id))
    expect("the id of a publication", got.publication_id, created.publication_id)
    expect("its status", got.status, routing_v1.PUBLICATION_STATUS_COMPLETED)
    items = client.list_publication(routing_v1.ListPublicationsRequest(limit=3))
    expect("the list of publications", [item.publication_id for item in items],
           [created.publication_id])
    expect("what it published", set(listed("DOMAIN", "technology")), {ref.cid for ref in refs})
    fails("a publication that is not there",
          lambda: client.get_publication(routing_v1.GetPublicationRequest(publication_id="x")),
          grpc.StatusCode.NOT_FOUND)


def referrers(client, refs):
    def push(cid, kind, data):
        referrer = core_v1.RecordReferrer(
            type=kind, record_ref=core_v1.RecordRef(cid=cid), created_at="2025-01-01T00:00:00Z",
            annotations={"b": "2", "a": "1"})
        json_format.ParseDict(data, referrer.data)
        [reply] = client.push_referrer([store_v1.PushReferrerRequest(
            record_ref=core_v1.RecordRef(cid=cid), referrer=referrer)])
        return referrer, reply

    def pull(cid, kind=None):
        request = store_v1.PullReferrerRequest(record_ref=core_v1.RecordRef(cid=cid))
        if kind:
            request.referrer_type = kind
        return client.pull_referrer([request])

    for ref in refs:
        sent, reply = push(ref.cid, "agntcy.dir.sign.v1.Signature", {"signature": "anything"})
        expect("the reply to a referrer", (reply.success, reply.error_message), (True, ""))
        [got] = pull(ref.cid, "agntcy.dir.sign.v1.Signature")
        expect("the pulled referrer", got.referrer.data, sent.data)
        expect("its annotations", dict(got.referrer.annotations), {"a": "1", "b": "2"})
        expect("its time", got.referrer.created_at, sent.created_at)
    sent, reply = push(refs[0].cid, "example.org/Report", {"lines": [1, {"x": None}]})
    expect("the reply to a referrer of another type", reply.success, True)
    expect("both", [got.referrer.type for got in pull(refs[0].cid)],
           ["agntcy.dir.sign.v1.Signature", "example.org/Report"])
    push(refs[0].cid, "example.org/Report", {"lines": [1, {"x": None}]})
    expect("the same again", len(pull(refs[0].cid, "example.org/Report")), 1)

    _, reply = push(SIGNED, "example.org/Report", {})
    expect("a referrer of a missing record", (reply.success, "not found" in reply.error_message),
           (False, True))
    [empty] = pull(SIGNED)
    expect("the referrers of a missing record", empty.HasField("referrer"), False)


def syncs(client, port):
    created = client.create_sync(store_v1.CreateSyncRequest(
        remote_directory_url=f"127.0.0.1:{port}"))
    uuid.UUID(created.sync_id)
    got = client.get_sync(store_v1.GetSyncRequest(sync_id=created.sync_id))
    expect("the id of a sync", got.sync_id, created.sync_id)
    items = client.list_syncs(store_v1.ListSyncsRequest(limit=3))
    expect("the list of syncs", [item.sync_id for item in items], [created.sync_id])
    for url in ["", "nowhere", "ftp://a", "http://"]:
        fails(f"a sync from {url!r}", lambda: client.create_sync(
            store_v1.CreateSyncRequest(remote_directory_url=url)),
            grpc.StatusCode.INVALID_ARGUMENT, "invalid remote directory URL")
    fails("a sync that is not there",
          lambda: client.get_sync(store_v1.GetSyncRequest(sync_id=str(uuid.uuid4()))),
          grpc.StatusCode.NOT_FOUND, "record not found")

    def state():
        return client.get_sync(store_v1.GetSyncRequest(sync_id=created.sync_id)).status
    until("the sync of a gateway with itself has not ended",
          lambda: state() == store_v1.SYNC_STATUS_COMPLETED)
    fails("deleting a sync that has ended",
          lambda: client.delete_sync(store_v1.DeleteSyncRequest(sync_id=created.sync_id)),
          grpc.StatusCode.INVALID_ARGUMENT)
    reply = client.sync_client.RequestRegistryCredentials(
        store_v1.RequestRegistryCredentialsRequest())
    expect("the credentials of a registry", reply.success, False)


def naming(client, refs):
    resolved = client.resolve("example.org/a")
    expect("a name", [found.cid for found in resolved.records], [refs[0].cid])
    expect("a name and a version", [
        found.cid for found in client.resolve("example.org/a", "v1.0.0").records], [refs[0].cid])
    fails("a name that is not there", lambda: client.resolve("example.org/none"),
          grpc.StatusCode.NOT_FOUND)
    expect("the verification of a record",
           client.get_verification_info(cid=refs[0].cid).verified, False)
    fails("the verification of nothing", lambda: client.get_verification_info(),
          grpc.StatusCode.INVALID_ARGUMENT)


def signing(client, refs, gateway):
    fails("signing at the server", lambda: client.sign_client.Sign(sign_v1.SignRequest()),
          grpc.StatusCode.UNIMPLEMENTED)

    def verify(cid, **provider):
        return client.sign_client.Verify(sign_v1.VerifyRequest(
            record_ref=core_v1.RecordRef(cid=cid),
            provider=sign_v1.VerifyRequestProvider(**provider)))

    anyone = {"any": sign_v1.VerifyWithAny()}
    expect("an arbitrary signature", verify(refs[0].cid, **anyone).success, False)
    signed = gateway.post("/sign", {"cid": refs[1].cid})
    reply = verify(refs[1].cid, **anyone)
    expect("the gateway's signature", reply.success, True)
    expect("its key", reply.signers[0].key.algorithm, signed["algorithm"])
    # What was attached over HTTP is a referrer, too.
    kinds = [got.referrer.type for got in client.pull_referrer([store_v1.PullReferrerRequest(
        record_ref=core_v1.RecordRef(cid=refs[1].cid))])]
    expect("the referrers of a record that was signed over HTTP", kinds, [
        "agntcy.dir.sign.v1.Signature", "agntcy.dir.sign.v1.PublicKey",
        "agntcy.dir.sign.v1.Signature"])
    expect("a missing record", verify(SIGNED, **anyone).error_message, "record not found")


def cosign_key(directory, name, password, kind=("EC", "ec_paramgen_curve:P-256")):
    """Makes a key pair as cosign does: scrypt and NaCl's secretbox around PKCS#8. Returns both paths."""
    private, public = os.path.join(directory, f"{name}.key"), os.path.join(directory, f"{name}.pub")
    command = ["openssl", "genpkey", "-algorithm", kind[0], "-outform", "DER"]
    for option in kind[1:]:
        command += ["-pkeyopt", option]
    der = subprocess.run(command, check=True, capture_output=True).stdout
    subprocess.run(["openssl", "pkey", "-inform", "DER", "-pubout", "-out", public], input=der,
                   check=True, capture_output=True)
    salt, nonce = os.urandom(32), os.urandom(24)
    key = hashlib.scrypt(password, salt=salt, n=65536, r=8, p=1, dklen=32, maxmem=128 << 20)
    sodium = ctypes.CDLL(ctypes.util.find_library("sodium"))
    box = ctypes.create_string_buffer(len(der) + 16)
    sodium.crypto_secretbox_easy(box, der, ctypes.c_ulonglong(len(der)), nonce, key)
    text = {value: base64.b64encode(data).decode() for value, data in
            [("salt", salt), ("nonce", nonce), ("box", box.raw)]}
    body = base64.b64encode(json.dumps({
        "kdf": {"name": "scrypt", "params": {"N": 65536, "r": 8, "p": 1}, "salt": text["salt"]},
        "cipher": {"name": "nacl/secretbox", "nonce": text["nonce"]},
        "ciphertext": text["box"]}).encode()).decode()
    lines = [body[at:at + 64] for at in range(0, len(body), 64)]
    kind = "ENCRYPTED SIGSTORE PRIVATE KEY"
    with open(private, "w") as file:
        file.write("\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", ""]))
    return private, public


def signing_with_dirctl(client, ref, directory):
    """The SDK signs and verifies by calling dirctl, with upstream's flags."""
    def sign(key, password=b""):
        client.sign(sign_v1.SignRequest(record_ref=ref, provider=sign_v1.SignRequestProvider(
            key=sign_v1.SignWithKey(private_key=key, password=password))))

    def verify(cid=ref.cid, **provider):
        return client.verify(sign_v1.VerifyRequest(
            record_ref=core_v1.RecordRef(cid=cid),
            provider=sign_v1.VerifyRequestProvider(**provider) if provider else None))

    private, public = cosign_key(directory, "own", b"secret")
    other, other_public = cosign_key(directory, "other", b"")
    before = verify()
    expect("a record without signatures", (before.success, before.error_message),
           (False, "the record has no signatures"))
    fails("signing with a wrong password", lambda: sign(private, b"wrong"), None, "password")
    fails("signing without a password", lambda: sign(private), None, "password")
    fails("signing with a key that is not there", lambda: sign("/no/such"), None, "cannot be read")
    fails("signing with a key of a KMS", lambda: sign("awskms://x"), None, "is not supported")
    sign(private, b"secret")
    with open(public) as file:
        key = file.read()
    by_key = verify(key=sign_v1.VerifyWithKey(public_key=public))
    expect("a signature by its key", by_key.success, True)
    expect("the key and its algorithm", [(signer.key.public_key, signer.key.algorithm)
                                         for signer in by_key.signers], [(key, "ECDSA-P-256")])
    expect("a signature by any key", verify(any=sign_v1.VerifyWithAny(
        oidc_options=sign_v1.VerifyOptionsOIDC(
            ignore_tlog=True, ignore_tsa=True, ignore_sct=True))).success, True)
    wrong = verify(key=sign_v1.VerifyWithKey(public_key=other_public))
    expect("another key", (wrong.success, wrong.error_message),
           (False, "no stored signature was made by this key"))
    sign(other)
    expect("both signers", len(verify().signers), 2)
    for kind, name in [(("ED25519",), "Ed25519"), (("RSA", "rsa_keygen_bits:2048"), "RSA-2048"),
                       (("EC", "ec_paramgen_curve:P-384"), "ECDSA-P-384")]:
        private, public = cosign_key(directory, name, b"p", kind)
        sign(private, b"p")
        reply = verify(key=sign_v1.VerifyWithKey(public_key=public))
        expect(f"a signature by {name}", [signer.key.algorithm for signer in reply.signers], [name])
    expect("the verification of a missing record", verify(cid=SIGNED).error_message,
           "record not found")
    fails("signing without a key", lambda: client.sign(sign_v1.SignRequest(
        record_ref=ref, provider=sign_v1.SignRequestProvider(oidc=sign_v1.SignWithOIDC(
            id_token="x", options=sign_v1.SignOptionsOIDC(skip_tlog=True))))),
          None, "not supported")
    fails("verifying an identity", lambda: verify(oidc=sign_v1.VerifyWithOIDC(
        issuer="https://issuer", subject="me")), None, "not supported")


def field(number, value):
    """A field with bytes or a text, shorter than 128 bytes, in the encoding of protobuf."""
    value = value.encode() if isinstance(value, str) else value
    return bytes([number << 3 | 2, len(value)]) + value


def newer_referrers(address, ref):
    """What newer SDKs send, and the method that this one does not have yet."""
    identity = (lambda message: message,) * 2
    with grpc.insecure_channel(address) as channel:
        def call(method, message):
            return list(channel.stream_stream(f"/agntcy.dir.store.v1.StoreService/{method}", *identity)(iter([message])))

        reference = field(1, ref.cid)
        entry = field(1, "a") + field(2, "1")
        [pushed] = call("PushReferrer", field(1, reference) + field(2, "example.org/Newer") + field(3, entry)
                        + field(4, "2025-01-01T00:00:00Z"))
        expect("the reply to a newer referrer", pushed[:2], bytes([1 << 3, 1]))
        cid = pushed[-59:]
        [pulled] = call("PullReferrer", field(1, reference) + field(2, "example.org/Newer"))
        response = store_v1.PullReferrerResponse.FromString(pulled)
        expect("a newer referrer", (response.referrer.type, dict(response.referrer.annotations),
                                    response.referrer.created_at),
               ("example.org/Newer", {"a": "1"}, "2025-01-01T00:00:00Z"))
        [deleted] = call("DeleteReferrer", field(1, reference) + field(2, field(1, cid)))
        expect("the deleted referrer", deleted, field(1, field(1, cid)))
        expect("the same again", call("DeleteReferrer", field(1, reference) + field(3, "example.org/Newer")), [b""])
        expect("what is left of its type", call("PullReferrer", field(1, reference) + field(2, "example.org/Newer")), [])
        try:
            call("DeleteReferrer", b"")
            raise AssertionError("a deletion without a record succeeded")
        except grpc.RpcError as error:
            expect("a deletion without a record", error.code(), grpc.StatusCode.INVALID_ARGUMENT)


class Listener:
    """A stream of events that is read in a thread."""

    def __init__(self, client, metadata=None, **filters):
        self.call = client.listen(events_v1.ListenRequest(**filters), metadata=metadata)
        self.call.initial_metadata()  # the subscription is live when the headers are here
        self.events, self.error = [], None
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        try:
            for response in self.call:
                self.events.append(response.event)
        except grpc.RpcError as error:
            self.error = error

    def types(self):
        return [event.type for event in self.events]


def events(client, gateway, refs):
    # The events of reads are published with those of the next change, and in front of another Directory
    # events may come after the reply: none must come later.
    last = Listener(client, cid_filters=[SIGNED])
    client.delete([core_v1.RecordRef(cid=SIGNED)])
    until("the event of the last change", lambda: len(last.events) == 1)
    last.call.cancel()
    last.thread.join(10)
    until("the cancelled stream is still counted", lambda: not gateway.subscribers())
    everything = Listener(client)
    pushes = Listener(client, event_types=[TYPE["RECORD_PUSHED"], TYPE["PUBLIC_KEY_UPLOADED"]])
    labelled = Listener(client, label_filters=["/domains/tech", "no such label"])
    one = Listener(client, cid_filters=[refs[0].cid])
    combined = Listener(client, event_types=[TYPE["RECORD_PULLED"]],
                        label_filters=["networking"], cid_filters=[refs[1].cid])
    nothing = Listener(client, event_types=[0])
    # As the Event Streaming page has it, with the stub itself.
    stub = client.event_client.Listen(events_v1.ListenRequest(event_types=[TYPE["RECORD_DELETED"]]))
    stub.initial_metadata()
    expect("the stub of the page", len(gateway.subscribers()), 7)
    stub.cancel()
    until("its stream is still counted", lambda: len(gateway.subscribers()) == 6)
    over_http = gateway.subscribers()
    expect("the subscribers", [(row["kind"], row["format"]) for row in over_http],
           [("grpc", "application/grpc")] * 6)

    client.push(both())
    client.pull(refs)
    client.delete([refs[0]])
    wanted = [TYPE[name] for name in
              ["RECORD_PUSHED", "RECORD_PUSHED", "RECORD_PULLED", "RECORD_PULLED", "RECORD_DELETED"]]
    until(lambda: f"not all events: {everything.types()}",
          lambda: everything.types() == wanted)
    [first, second, *_] = everything.events
    expect("the resource", (first.resource_id, second.resource_id), (refs[0].cid, refs[1].cid))
    expect("the labels", list(first.labels)[-1], "/locators/docker_image")
    expect("the order of the ids", sorted(event.id for event in everything.events),
           [event.id for event in everything.events])
    if not first.timestamp.seconds > 1_700_000_000:
        raise AssertionError("an event without a time")
    for what, listener, types in [
            ("types", pushes, wanted[:2]), ("labels", labelled, wanted[:4]),
            ("cids", one, [wanted[0], wanted[2], wanted[4]]), ("all kinds", combined, [wanted[2]]),
            ("an unknown type", nothing, [])]:
        until(lambda: f"{what}: {listener.types()}", lambda: listener.types() == types)

    everything.call.cancel()
    everything.thread.join(10)
    expect("a cancelled stream", everything.error.code(), grpc.StatusCode.CANCELLED)
    until("the cancelled stream is still counted", lambda: len(gateway.subscribers()) == 5)
    fails("a filter with too many items",
          lambda: next(iter(client.listen(events_v1.ListenRequest(
              label_filters=[str(n) for n in range(2000)])))),
          grpc.StatusCode.INVALID_ARGUMENT)

    [number] = [row["id"] for row in gateway.subscribers() if row["filter"].get("types") is None
                and row["filter"].get("labels") is None and "cids" in row["filter"]]
    gateway.disconnect(number)
    one.thread.join(10)
    expect("a stream that an administrator ends", one.error.code(), grpc.StatusCode.UNAVAILABLE)
    expect("its reason", one.error.details(), "the stream was ended: disconnected")

    gateway.stop()
    pushes.thread.join(10)
    expect("a stream at shutdown", pushes.error.code(), grpc.StatusCode.UNAVAILABLE)
    expect("its reason", pushes.error.details(), "the gateway is shutting down")


def use(gateway, program, directory):
    dirctl = os.path.join(os.path.dirname(program), "dirctl")
    # What the SDK calls has its address from the environment.
    os.environ["DIRECTORY_CLIENT_SERVER_ADDRESS"] = f"127.0.0.1:{gateway.port}"
    os.environ["XDG_CONFIG_HOME"] = "/nowhere"
    client = Client(Config(server_address=f"127.0.0.1:{gateway.port}", dirctl_path=dirctl))
    refs = store(client)
    searches(client, refs)
    routing(client, refs)
    referrers(client, refs)
    newer_referrers(f"127.0.0.1:{gateway.port}", refs[0])
    syncs(client, gateway.port)
    naming(client, refs)
    signing(client, refs, gateway)
    [ref] = client.push([record("example.org/signed")])
    signing_with_dirctl(client, ref, directory)
    # The same record over both faces.
    over_http = gateway.get("/records/" + refs[0].cid)
    expect("a record over HTTP", over_http["name"], "example.org/a")
    events(client, gateway, refs)


def main(program):
    with tempfile.TemporaryDirectory() as directory:
        gateway = Gateway(program, directory)
        try:
            use(gateway, program, directory)
        finally:
            gateway.stop()
    # A gateway in front of another one is the same to an SDK.
    with tempfile.TemporaryDirectory() as back, tempfile.TemporaryDirectory() as directory:
        upstream = Gateway(program, back)
        gateway = Gateway(program, directory, f"upstream.address=127.0.0.1:{upstream.port}")
        try:
            use(gateway, program, directory)
        finally:
            gateway.stop()
            upstream.stop()


main(sys.argv[1])
