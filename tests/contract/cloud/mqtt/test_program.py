#!/usr/bin/python3
"""boomgate-cloud as a program: exit statuses, --check, a start without broker and provider, birth and
goodbye, and what a stop and a kill -9 leave behind.

usage: test_program.py boomgate-cloud
"""
import json
import os
import pathlib
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

import paho.mqtt.client as mqtt

PROGRAM = sys.argv.pop(1)
ROOT = pathlib.Path(__file__).resolve().parents[4]
PATIENCE_S = 20


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def until(condition, what):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError("waited in vain: " + what)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="boomgate-")
        self.dir = pathlib.Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)
        self.broker_port = free_port()
        self.http_port = free_port()
        self.write("key", "sk_test_1\n")
        self.write("mosquitto.conf", f"listener {self.broker_port} 127.0.0.1\n"
                   "allow_anonymous true\nuser root\nlog_dest none\nset_tcp_nodelay true\n")

    def write(self, name, text):
        (self.dir / name).write_text(text)
        return str(self.dir / name)

    def config(self, extra="", **changes):
        lines = {
            "database": self.dir / "cloud.db",
            "broker": "{port: %d, reconnect_min_ms: 20, reconnect_max_ms: 100}" % self.broker_port,
            "http": "{port: %d}" % self.http_port,
            "tariffs": ROOT / "cloud/deploy/tariffs",
            # Port 1: nobody listens there.
            "payment": "{url: 'http://127.0.0.1:1', key_file: %s/key}" % self.dir,
            "places": "[{name: a, capacity: 10, tariff: t3, zone: Asia/Seoul}]",
        }
        lines.update(changes)
        return self.write("cloud.yaml", "".join(f"{k}: {v}\n" for k, v in lines.items()
                                                if v is not None) + extra)

    def run_program(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)

    def start(self, config):
        log = open(self.dir / "log", "ab")
        self.addCleanup(log.close)
        process = subprocess.Popen([PROGRAM, "-c", config], stderr=log, stdout=log)

        def end():
            if process.poll() is None:
                process.kill()
            process.wait()
        self.addCleanup(end)
        until(lambda: self.get("/healthz") == 200 or process.poll() is not None, "it serves")
        self.assertIsNone(process.poll(), (self.dir / "log").read_text())
        return process

    def start_broker(self):
        binary = "/usr/sbin/mosquitto"
        process = subprocess.Popen([binary, "-c", str(self.dir / "mosquitto.conf")],
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (process.kill(), process.wait()))

        def accepts():
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", self.broker_port)) == 0
        until(accepts, "the broker listens")
        return process

    def get(self, path, body=False):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}",
                                        timeout=5) as answer:
                raw = answer.read()
                return json.loads(raw) if body else answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def stop(self, process, how=signal.SIGTERM):
        process.send_signal(how)
        return process.wait(timeout=PATIENCE_S)


class Usage(Case):
    def test_check_finds_no_fault(self):
        r = self.run_program("-c", self.config(), "--check")
        self.assertEqual((r.returncode, r.stdout, r.stderr), (0, "configuration OK\n", ""))
        self.assertFalse((self.dir / "cloud.db").exists())

    def test_the_example_is_valid_but_for_its_secrets(self):
        text = (ROOT / "cloud/deploy/cloud.yaml").read_text()
        self.write("token", "0123456789abcdef\n")
        self.write("accounts.csv", "plate,token\n")
        for name, mine in [("/etc/boomgate/broker.password", "key"),
                           ("/etc/boomgate/operator.token", "token"),
                           ("/etc/boomgate/stripe.key", "key"),
                           ("/etc/boomgate/toss.key", "key"),
                           ("/etc/boomgate/accounts.csv", "accounts.csv")]:
            self.assertIn(name, text)
            text = text.replace(name, str(self.dir / mine))
        text = text.replace("/etc/boomgate/tariffs", str(ROOT / "cloud/deploy/tariffs"))
        r = self.run_program("-c", self.write("example.yaml", text), "--check")
        self.assertEqual((r.returncode, r.stderr), (0, ""))

    def test_usage_is_2(self):
        for arguments in ([], ["-c"], ["--nonsense"], ["-c", "x", "operand"]):
            r = self.run_program(*arguments)
            self.assertEqual(r.returncode, 2, arguments)
            self.assertIn("boomgate-cloud", r.stderr)

    def test_help_and_version_are_0(self):
        for option in ("--help", "--version", "--help-config"):
            r = self.run_program(option)
            self.assertEqual((r.returncode, r.stderr), (0, ""), option)
            self.assertTrue(r.stdout, option)

    def test_a_wrong_configuration_is_1_and_says_where(self):
        for changes, extra, message in [
                ({}, "colour: red\n", "colour"),
                ({"places": "[{name: a, capacity: x, tariff: t3}]"}, "", "places[0].capacity"),
                ({"places": "[{name: cloud, capacity: 1, tariff: t3}]"}, "", "reserved"),
                ({"tariffs": self.dir / "none"}, "", "none"),
                ({"places": "[{name: a, capacity: 1, tariff: t9}]"}, "", "t9"),
                ({"places": "[{name: a, capacity: 1, tariff: t3, zone: Mars/Base}]"}, "",
                 "Mars/Base"),
                ({"places": "[{name: a, capacity: 1, tariff: t3, currency: EUR}]"}, "", "KRW"),
                ({"places": "[{name: z, capacity: 1, tariff: t3, parent: a}]"}, "", "listed before"),
                ({"places": "[{name: a, capacity: 3, tariff: t3},"
                            " {name: y, capacity: 2, tariff: t3, parent: a},"
                            " {name: z, capacity: 2, tariff: t3, parent: a}]"}, "",
                 "no more than it has"),
                ({"accounts": self.write("bad.csv", "22아2222\n")}, "", "line 1"),
        ]:
            config = self.config(extra, **changes)
            checked = self.run_program("-c", config, "--check")
            self.assertEqual(checked.returncode, 1, (message, checked.stdout))
            self.assertIn(message, checked.stderr)
            started = self.run_program("-c", config)
            self.assertEqual(started.returncode, 1, message)
            self.assertIn(message, started.stderr)

    def test_storage_and_address_are_3(self):
        r = self.run_program("-c", self.config(database="/nowhere/at/all/cloud.db"))
        self.assertEqual(r.returncode, 3)
        (self.dir / "cloud.db").write_text("this is no database" * 100)
        r = self.run_program("-c", self.config())
        self.assertEqual(r.returncode, 3)
        (self.dir / "cloud.db").unlink()
        with socket.socket() as s:
            s.bind(("127.0.0.1", self.http_port))
            s.listen()
            r = self.run_program("-c", self.config())
        self.assertEqual(r.returncode, 3)


class Life(Case):
    def test_starts_without_broker_and_provider(self):
        cloud = self.start(self.config())
        place = self.get("/v1/places/a", body=True)
        self.assertEqual((place["capacity"], place["currency"]), (10, "KRW"))
        self.assertEqual(self.get("/readyz"), 503)
        self.start_broker()
        until(lambda: self.get("/readyz") == 200, "the broker that came later is used")
        self.assertEqual(self.stop(cloud), 0)

    def test_birth_goodbye_and_will(self):
        self.start_broker()
        seen = queue.Queue()
        client = mqtt.Client(protocol=mqtt.MQTTv5)
        client.on_connect = lambda *_: client.subscribe("boomgate/v1/cloud/+/status", 1)
        client.on_message = lambda _c, _u, m: seen.put((m.topic, json.loads(m.payload)))
        client.connect("127.0.0.1", self.broker_port)
        client.loop_start()
        self.addCleanup(client.loop_stop)

        def online():
            topic, status = seen.get(timeout=PATIENCE_S)
            self.assertEqual(topic, "boomgate/v1/cloud/cloud-1/status")
            return status["online"]

        def drain_until(expected):
            until(lambda: online() == expected, f"online {expected}")
        cloud = self.start(self.config())
        drain_until(True)
        self.assertEqual(self.stop(cloud), 0)
        drain_until(False)
        cloud = self.start(self.config())
        drain_until(True)
        self.stop(cloud, signal.SIGKILL)
        drain_until(False)  # the will

    def test_sigint_stops_too(self):
        self.assertEqual(self.stop(self.start(self.config()), signal.SIGINT), 0)

    def test_places_survive_and_the_configuration_changes_them(self):
        for how, capacity in [(signal.SIGKILL, 10), (signal.SIGTERM, 12)]:
            places = "[{name: a, capacity: %d, tariff: t3, zone: Asia/Seoul}]" % capacity
            cloud = self.start(self.config(places=places))
            self.assertEqual(self.get("/v1/places/a", body=True)["capacity"], capacity)
            self.stop(cloud, how)
        cloud = self.start(self.config(places=None))
        self.assertEqual(self.get("/v1/places/a", body=True)["capacity"], 12)
        self.assertEqual(self.stop(cloud), 0)

    def test_a_place_shrinks_with_its_zones(self):
        for whole, zone in [(10, 8), (5, 4), (12, 11)]:
            places = ("[{name: a, capacity: %d, tariff: t3, zone: Asia/Seoul}, "
                      "{name: z, capacity: %d, tariff: t3, zone: Asia/Seoul, parent: a}]")
            cloud = self.start(self.config(places=places % (whole, zone)))
            self.assertEqual(self.get("/v1/places/a", body=True)["capacity"], whole)
            self.assertEqual(self.get("/v1/places/z", body=True)["capacity"], zone)
            self.assertEqual(self.stop(cloud), 0)


if __name__ == "__main__":
    os.environ["PYTHONWARNINGS"] = "ignore"
    unittest.main()
