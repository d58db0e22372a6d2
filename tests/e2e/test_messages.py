"""Every message seen on the broker while cars come and go validates against protocol/schema."""
import collections
import pathlib
import sys
import threading

from harness import ROOT, Stack, check, main

sys.path.insert(0, str(ROOT / "tests" / "support"))
import validate_messages  # noqa: E402
import paho.mqtt.client as mqtt  # noqa: E402


class Tap:
    """Reads all topics as the user `watch`, who may only read."""

    def __init__(self, s):
        self.messages, self.ready = [], threading.Event()
        self.client = mqtt.Client(client_id="tap", protocol=mqtt.MQTTv5)
        self.client.username_pw_set("watch", (s.dir / "watch.password").read_text().strip())
        self.client.on_connect = lambda c, *_: c.subscribe("boomgate/v1/#", qos=1)
        self.client.on_subscribe = lambda *_: self.ready.set()
        self.client.on_message = lambda _c, _u, m: self.messages.append((m.topic, m.payload))
        self.client.connect("127.0.0.1", int(s.env["BROKER_PORT"]))
        self.client.loop_start()
        check(self.ready.wait(10), "the tap is subscribed")

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def what_the_broker_sees_is_valid():
    with Stack(places=["a:3:in=in-1;out=out-1"], rate=10) as s:
        s.start("broker")
        tap = s.until(lambda: Tap(s), "the broker takes the tap")
        s.start("sim", "cloud", *s.edges)
        s.until_ready()
        for plate in ("22아2222", "B AB 1234", "12가3456"):
            s.until_vehicle(s.drive("a", "in-1", plate), "inside")
        s.until_vehicle(s.drive("a", "in-1", "77모7777"), "turned_away", seconds=60)
        s.until_vehicle(s.drive("a", "in-1", "", then="back_out_before"), "backed_out", "turned_away", seconds=60)
        s.until_vehicle(s.drive("a", "out-1", "22아2222"), "left", seconds=60)
        s.until(lambda: s.place("a")["occupied"]["counted"] == 2, "counted")
        s.ctl("lane", "lock", "a", "in-1", "--reason", "창구 \"3\"", "--wait")
        channels = lambda: collections.Counter(topic.rsplit("/", 1)[1] for topic, _ in tap.messages)
        wanted = {"event", "ack", "request", "response", "grant", "command", "status", "telemetry",
                  "occupancy"}
        s.until(lambda: wanted <= set(channels()), f"a message of each kind ({wanted})")
        tap.close()
        validator = validate_messages.Validator(ROOT / "protocol" / "schema" / "asyncapi.yaml")
        for topic, payload in tap.messages:
            problem = validator.problem(topic, payload)
            check(problem is None, f"{topic}: {problem}: {payload[:300]!r}")
        print(f"{len(tap.messages)} messages valid: {dict(channels())}")
        spoiled = tap.messages[0][1][:-1] + b',"epoch":"five"}'
        check(validator.problem("boomgate/v1/a/in/event", spoiled) is not None, "the validator can fail")


main(what_the_broker_sees_is_valid)
