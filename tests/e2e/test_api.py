"""The API as it is described: every answer of the running daemon fits the schema that /v1/openapi.json gives for it,
every operation that reads is asked, and what is refused is refused as described. Then the same over TLS, with a
certificate that is replaced while the daemon runs."""
import datetime
import http.client
import json
import re
import signal
import ssl
import urllib.error
import urllib.parse
import urllib.request

import jsonschema
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from harness import Stack, check, main

PLATE = "22아2222"


class Api:
    """Sends requests and holds each answer against the description."""

    def __init__(self, s):
        self.s = s
        self.document = s.get("/v1/openapi.json", expect=200)
        self.paths = [(re.compile("^" + re.sub(r"\{[^}]*\}", "[^/]+", path) + "$"), path) for path in self.document["paths"]]
        self.asked, self.number = set(), 0

    def resolve(self, node):
        while "$ref" in node:
            target = self.document
            for part in node["$ref"][2:].split("/"):
                target = target[part]
            node = target
        return node

    def operation(self, method, target):
        path = urllib.parse.urlsplit(target).path
        for pattern, name in self.paths:
            if pattern.match(path) and method.lower() in self.document["paths"][name]:
                return name, self.document["paths"][name][method.lower()]
        raise AssertionError(f"{method} {path} is not described")

    def check_answer(self, what, operation, status, content_type, raw):
        responses = operation["responses"]
        described = responses.get(str(status)) or (responses.get("default") if status >= 400 else None)
        check(described is not None, f"{what}: {status} is not described")
        content = self.resolve(described).get("content", {})
        media = content_type.split(";")[0]
        check(media in content, f"{what}: {media} is not described")
        if "json" not in media:
            return raw
        value = json.loads(raw)
        schema = {**content[media]["schema"], "components": self.document["components"]}
        error = jsonschema.exceptions.best_match(
            jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).iter_errors(value))
        check(error is None, f"{what}: {error and error.json_path}: {error and error.message}")
        return value

    def call(self, method, target, want, body=None, token=None, **headers):
        name, operation = self.operation(method, target)
        request = urllib.request.Request(self.s.url + target, method=method,
                                         data=None if body is None else json.dumps(body).encode())
        for key, value in headers.items():
            request.add_header(key.replace("_", "-"), value)
        if body is not None:
            request.add_header("Content-Type", "application/json")
        if token != "":
            request.add_header("Authorization", "Bearer " + (token or self.s.token))
        if method == "POST" and "Idempotency_Key" not in headers:
            self.number += 1
            request.add_header("Idempotency-Key", f"test-{self.number}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, raw, kind, head = answer.status, answer.read(), answer.headers["Content-Type"], answer.headers
        except urllib.error.HTTPError as error:
            status, raw, kind, head = error.code, error.read(), error.headers["Content-Type"], error.headers
        what = f"{method} {target}"
        check(status == want, f"{what}: {status}, expected {want}: {raw[:300]}")
        self.asked.add((method, name))
        return self.check_answer(what, operation, status, kind, raw), head


def ways_of_reading(api, names):
    """Every GET that is described and can be asked without an end."""
    for path, item in api.document["paths"].items():
        if "get" not in item or path == "/v1/stream" or ("GET", path) in api.asked:
            continue
        target = re.sub(r"\{([^}]*)\}", lambda m: names.get(m.group(1), "0"), path)
        if path in names:
            target += names[path]
        operation = item["get"]
        needs_query = any(api.resolve(p).get("required") and api.resolve(p)["in"] == "query"
                          for p in operation.get("parameters", []))
        status = 400 if needs_query and path not in names else 200
        try:
            api.call("GET", target, status)
        except AssertionError as error:
            # Nothing of that kind in this world, or a name that only its own test knows: refused as described.
            refused = next((n for n in (404, 400) if f": {n}, expected 200" in str(error)), None)
            if refused is None:
                raise
            api.call("GET", target, refused)


def every_operation_is_refused_to_nobody(api):
    for path, item in api.document["paths"].items():
        for method, operation in item.items():
            if method == "parameters" or not operation.get("x-roles"):
                continue
            target = re.sub(r"\{[^}]*\}", "a", path)
            api.call(method.upper(), target, 401, token="")
            api.call(method.upper(), target, 401, token="wrong-token-0123456789")


def bad_requests(api):
    for method, target, body, want in [
            ("POST", "/v1/places", {}, 422), ("POST", "/v1/places", {"place": "x", "capacity": 0}, 422),
            ("PUT", "/v1/places/x", {"capacity": 5, "colour": 1}, 422), ("POST", "/v1/places/a/audits", {"counted": -1}, 422),
            ("POST", "/v1/places/a/lanes/in-1/commands", {"action": "dance", "reason": "x"}, 422),
            ("POST", "/v1/places/nosuch/lanes/in-1/commands", {"action": "open", "reason": "x"}, 404),
            ("PUT", "/v1/places/a/rights/r1", {"kind": "king"}, 422), ("GET", "/v1/sessions", None, 400),
            ("GET", "/v1/places/nosuch", None, 404), ("GET", "/v1/places/a/movements?limit=0", None, 400),
            ("GET", "/v1/places/a/movements?colour=red", None, 400), ("GET", "/v1/commands/x", None, 404)]:
        problem, _ = api.call(method, target, want, body)
        check(problem["code"] and problem["detail"], f"{method} {target} says what is wrong: {problem}")
        if want == 422:
            check(problem["errors"][0]["pointer"].startswith("/"), f"and where: {problem}")


def changes_of_what_was_seen(api):
    seen, head = api.call("GET", "/v1/places/new", 200)
    check(head["ETag"] == '"%s"' % seen["revision"], "the tag is the settings' revision")
    api.call("PUT", "/v1/places/new", 428, {"capacity": 8})
    api.call("PUT", "/v1/places/new", 412, {"capacity": 8}, If_Match='"0123456789abcdef"')
    api.call("PUT", "/v1/places/new", 412, {"capacity": 8}, If_Match='W/' + head["ETag"])
    api.call("PUT", "/v1/places/new", 400, {"capacity": 8}, If_Match='"a", "b"')
    _, after = api.call("PUT", "/v1/places/new", 200, {"capacity": 8}, If_Match=head["ETag"])
    api.call("PUT", "/v1/places/new", 412, {"capacity": 9}, If_Match=head["ETag"])
    api.call("PUT", "/v1/places/new", 200, {"capacity": 9}, If_Match=after["ETag"])
    api.call("PUT", "/v1/places/new", 412, {"capacity": 9}, If_None_Match="*")
    api.call("PUT", "/v1/places/new", 200, {"capacity": 7}, If_Match="*")
    api.call("PUT", "/v1/places/a/rights/r:9", 200, {"kind": "permit", "plate": "X9"}, If_None_Match="*")
    _, head = api.call("GET", "/v1/places/a/rights/r:9", 200)
    api.call("PUT", "/v1/places/a/rights/r:9", 200, {"kind": "permit", "plate": "X8"}, If_Match=head["ETag"])
    api.call("PUT", "/v1/places/a/rights/r:9", 412, {"kind": "permit", "plate": "X7"}, If_Match=head["ETag"])
    api.call("DELETE", "/v1/places/a/rights/r:9", 412, If_Match=head["ETag"])
    api.call("DELETE", "/v1/places/a/rights/r:9", 200)


def lists_in_pages(api):
    """Page by page of one entry, while entries are added: each of the old ones once, in the same order."""
    def walk(target, key, ident, between=None):
        whole = [e[ident] for e in api.call("GET", target, 200)[0][key]]
        seen, after = [], ""
        while after is not None:
            page, _ = api.call("GET", f"{target}?limit=1" + (f"&after={after}" if after else ""), 200)
            seen += [e[ident] for e in page[key]]
            after = page["next"]
            if between:
                between()
        check(seen == whole and len(seen) > 1, f"{target}: {seen}, expected {whole}")

    def order():
        api.call("POST", "/v1/places/a/lanes/in-1/commands", 202, {"action": "unlock", "reason": "test"})

    for _ in range(3):
        order()
    walk("/v1/places/a/lanes/in-1/commands", "commands", "id", order)
    walk("/v1/places", "places", "place")
    for _ in range(2):
        ident = api.call("POST", "/v1/places/new/audits", 202, {"counted": 0, "reason": "test"})[0]["id"]
        api.s.until(lambda: api.call("GET", "/v1/places/new/audits?limit=1", 200)[0]["audits"][0]["state"] != "pending",
                    "the audit ends")
    walk("/v1/places/new/audits", "audits", "id")
    api.s.until_vehicle(api.s.drive("a", "in-1", "33나3333"), "inside")
    api.s.until(lambda: len(api.call("GET", "/v1/places/a/movements", 200)[0]["movements"]) == 2, "two movements")
    walk("/v1/places/a/movements", "movements", "movement")
    for bad in ("x", "1", "1.", "-1.a", "1." + "a" * 60):
        api.call("GET", "/v1/places/a/movements?after=" + bad, 400)


def answers_are_as_described():
    with Stack(places=["a:10:in=in-1;out=out-1"], rate=20) as s:
        s.start()
        api = Api(s)
        s.until_vehicle(s.drive("a", "in-1", PLATE), "inside")
        s.until(lambda: s.sessions(PLATE), "the stay is known")
        made, head = api.call("POST", "/v1/places", 201, {"place": "new", "capacity": 7}, Idempotency_Key="k1")
        check(head["Location"] == "/v1/places/new", "where it is")
        again, head = api.call("POST", "/v1/places", 201, {"place": "new", "capacity": 7}, Idempotency_Key="k1")
        check(again == made and head["Idempotency-Replayed"] == "true", "the same answer")
        api.call("POST", "/v1/places", 422, {"place": "new", "capacity": 8}, Idempotency_Key="k1")
        s.restart("cloud")  # killed: what was answered is on disk
        s.until_ready()
        again, head = api.call("POST", "/v1/places", 201, {"place": "new", "capacity": 7}, Idempotency_Key="k1")
        check(again == made and head["Idempotency-Replayed"] == "true", "the same answer after a kill")
        changes_of_what_was_seen(api)
        lists_in_pages(api)
        api.call("PUT", "/v1/places/a/rights/permit:1", 200, {"kind": "permit", "plate": "99가9999"})
        order, _ = api.call("POST", "/v1/places/a/lanes/in-1/commands", 202, {"action": "lock", "reason": "test"})
        api.call("POST", "/v1/places/a/lanes/in-1/commands", 400, {"action": "lock", "reason": "test"}, Idempotency_Key=" ")
        audit, _ = api.call("POST", "/v1/places/a/audits", 202, {"counted": 1, "reason": "test"})
        names = {"place": "a", "lane": "in-1", "edge": "in", "right": "permit:1", "command": order["id"],
                 "audit": str(audit["id"]), "/v1/sessions": "?plate=" + urllib.parse.quote(PLATE),
                 "/v1/quotes": "?place=a&plate=" + urllib.parse.quote(PLATE)}
        ways_of_reading(api, names)
        api.call("GET", "/v1/places/a/movements", 200, token="")
        api.call("POST", "/v1/places/a/resume", 200)
        api.call("POST", "/v1/places/a/neutral", 200)
        api.call("POST", "/v1/places/a/rights", 200, {"rights": [{"id": "x", "removed": True}]})
        api.call("DELETE", "/v1/places/a/rights/permit:1", 200)
        bad_requests(api)
        every_operation_is_refused_to_nobody(api)


def certificate(s, name):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.utcnow()
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False).sign(key, hashes.SHA256()))
    (s.dir / "tls.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (s.dir / "tls.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                      serialization.NoEncryption()))
    return made.public_bytes(serialization.Encoding.PEM).decode()


def over_tls():
    with Stack(places=["a:3:in=in-1"]) as s:
        port = int(s.env["HTTP_PORT"])
        text = (s.dir / "cloud.yaml").read_text()
        (s.dir / "cloud.yaml").write_text(text.replace(
            f"port: {port}}}", f"port: {port}, tls_cert: {s.dir}/tls.crt, tls_key: {s.dir}/tls.key, request_ms: 2000}}"))

        def place(trusted, **more):
            context = ssl.create_default_context(cadata=trusted)
            for name, value in more.items():
                setattr(context, name, value)
            connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=20)
            connection.request("GET", "/v1/places/a", headers={"Host": "localhost"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read()), connection

        first = certificate(s, "first")
        s.start("broker", "cloud")
        s.until(lambda: place(first)[0] == 200, "it answers over TLS", 30)
        check(place(first)[1]["place"] == "a", "the place")
        try:
            place(first, maximum_version=ssl.TLSVersion.TLSv1_1)
            check(False, "TLS 1.1 is refused")
        except (ssl.SSLError, OSError, ValueError):
            pass
        _, _, kept = place(first)
        second = certificate(s, "second")
        s.running["cloud"].send_signal(signal.SIGHUP)
        s.until(lambda: place(second)[0] == 200, "the new certificate is shown")
        kept.request("GET", "/v1/places/a")
        check(kept.getresponse().status == 200, "a connection from before goes on")
        (s.dir / "tls.key").write_text("no key")
        s.running["cloud"].send_signal(signal.SIGHUP)
        s.until(lambda: "cloud.reload_failed" in (s.dir / "cloud.log").read_text(), "a wrong key is told")
        check(place(second)[0] == 200, "and the old one stays")
        # a client that never finishes its handshake is closed
        import socket
        with socket.create_connection(("127.0.0.1", port), timeout=20) as idle:
            check(idle.recv(1) == b"", "it is closed")


def a_stop_is_announced():
    """First /readyz says so while all else is served, then streams end and the daemon is gone, without a fault."""
    with Stack(places=["a:3:in=in-1"]) as s:
        text = (s.dir / "cloud.yaml").read_text()
        port = s.env["HTTP_PORT"]
        (s.dir / "cloud.yaml").write_text(text.replace(f"port: {port}}}", f"port: {port}, drain_ms: 2000}}"))
        s.start("broker", "cloud")
        s.until(lambda: s.get("/readyz", status=True) == 200, "the cloud is ready", 30)
        stream = urllib.request.urlopen(s.url + "/v1/stream", timeout=20)
        check(stream.readline().startswith(b"event:"), "the stream is open")
        cloud = s.running.pop("cloud")
        cloud.send_signal(signal.SIGTERM)
        s.until(lambda: s.get("/readyz", status=True) == 503, "it is not ready any more")
        check(s.get("/v1/places/a", status=True) == 200, "and serves on")
        check(s.get("/healthz", status=True) == 200, "in good health")
        while stream.read(4096):
            continue
        check(cloud.wait(timeout=30) == 0, "it ends by itself, the stream ended before")


main(answers_are_as_described, over_tls, a_stop_is_announced)
