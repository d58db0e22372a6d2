"""Hostile and broken input at every door: a precise refusal or a quarantined record, and life goes on."""
import json
import socket

import paho.mqtt.client as mqtt

from harness import Stack, check, http_json, main


def publish(s, user, password_file, topic, payload):
    client = mqtt.Client(client_id="stranger-" + topic.replace("/", "-")[-12:], protocol=mqtt.MQTTv5)
    client.username_pw_set(user, (s.dir / password_file).read_text().strip())
    client.connect("127.0.0.1", int(s.env["BROKER_PORT"]))
    client.loop_start()
    info = client.publish(topic, payload, qos=1)
    info.wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def refused(s):
    """Events refused or quarantined so far, however they were broken."""
    text = s.get("/metrics")
    bad = ("unreadable", "quarantined", "unknown_stream", 'kind="ingest"')
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if not line.startswith("#") and any(word in line for word in bad))


def broken_messages_do_not_stop_the_stream():
    with Stack(places=["a:3:in=in-1;out=out-1"], rate=10) as s:
        s.start()
        topic = "boomgate/v1/a/in/event"
        bad = [b"", b"{", b"[]", b"\xff\xfe", b'{"a":1,"a":2}', b'{"specversion":"1.0"}', b"x" * 9000,
               b'{"specversion":"1.0","sequence":"-1","epoch":1,"prev":"zz"}', json.dumps({"deep": [[[[]]]]}).encode()]
        before = refused(s)
        for payload in bad:
            publish(s, "cloud-1", "cloud.password", topic, payload)
        s.until(lambda: refused(s) >= before + len(bad), "each is counted")
        for payload in bad:
            publish(s, "cloud-1", "cloud.password", "boomgate/v1/a/in/request", payload)
            publish(s, "cloud-1", "cloud.password", "boomgate/v1/a/in/ack", payload)
            publish(s, "cloud-1", "cloud.password", "boomgate/v1/a/in/grant", payload)
            publish(s, "cloud-1", "cloud.password", "boomgate/v1/a/in/response", payload)
        publish(s, "cloud-1", "cloud.password", "boomgate/v1/nowhere/e1/event", b"{}")
        s.until_vehicle(s.drive("a", "in-1", "22아2222"), "inside")
        s.until(lambda: s.place("a")["occupied"]["counted"] == 1, "cars still count")


def an_edge_cannot_speak_for_another():
    with Stack(places=["a:3:in=in-1;out=out-1"], rate=10) as s:
        s.start()
        before = s.query("cloud.db", "SELECT COUNT(*) FROM event JOIN stream ON stream.id = event.stream WHERE edge = 'out'")[0][0]
        count = refused(s)
        publish(s, "a/in", "a-in.password", "boomgate/v1/a/out/event", b'{"forged":true}')
        s.until_vehicle(s.drive("a", "in-1", "22아2222"), "inside")
        s.until(lambda: s.place("a")["occupied"]["counted"] == 1, "counted")
        check(refused(s) == count, "the broker kept the forgery out")
        check(s.query("cloud.db", "SELECT COUNT(*) FROM event JOIN stream ON stream.id = event.stream WHERE edge = 'out'")[0][0] == before, "no event of out")


def raw(s, data):
    """What the server answers before it closes; it may close while we are still sending."""
    got = b""
    with socket.create_connection(("127.0.0.1", int(s.env["HTTP_PORT"])), timeout=15) as c:
        try:
            c.sendall(data)
            while True:
                part = c.recv(65536)
                if not part:
                    return got
                got += part
        except (ConnectionResetError, BrokenPipeError):
            return got


def hostile_http():
    with Stack(places=["a:3:in=in-1;out=out-1"]) as s:
        s.start()
        url = s.url
        for method, path, body, token, want in [
                ("GET", "/v1/places/nowhere", None, None, 404), ("GET", "/v1/places/..%2f", None, None, 404),
                ("GET", "/v1/places/%zz", None, None, 400), ("GET", "/v1/nothing", None, None, 404),
                ("DELETE", "/v1/places", None, s.token, 405), ("GET", "/v1/sessions?plate=22", None, None, 401),
                ("GET", "/v1/sessions?plate=22", None, "wrong", 401), ("GET", "/v1/sessions", None, s.token, 400),
                ("GET", "/v1/sessions?plate=%ff%fe", None, s.token, 400),
                ("POST", "/v1/places", {"place": "x"}, None, 401), ("POST", "/v1/places", {"place": "X Y"}, s.token, 422),
                ("POST", "/v1/places", {"place": "x", "capacity": -1}, s.token, 422),
                ("POST", "/v1/places", {"place": "x", "capacity": "ten"}, s.token, 422),
                ("POST", "/v1/places", {"place": "x", "capacity": 5, "colour": 1}, s.token, 422)]:
            status, problem = http_json(method, url + path, body, token)
            check(status == want, f"{method} {path} {body}: expected {want}, got {status} {problem}")
            check(isinstance(problem, dict) and problem.get("status") == want and problem.get("detail"),
                  f"{method} {path}: a problem document: {problem}")
        check(b"413" in raw(s, b"POST /v1/places HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + s.token.encode() +
                            b"\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100000).split(b"\r\n")[0], "413")
        for garbage in (b"\x00\x01\x02\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET " + b"a" * 40000 + b" HTTP/1.1\r\n\r\n",
                        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 9000 + b"\r\n"):
            raw(s, garbage)
        check(s.get("/healthz", status=True) == 200, "still well")


main(broken_messages_do_not_stop_the_stream, an_edge_cannot_speak_for_another, hostile_http)
