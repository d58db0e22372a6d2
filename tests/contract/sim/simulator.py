"""Starts boomgate-sim on free ports for one test case; everything it started ends with the block."""
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

PROGRAM = sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else \
    "build/bin/boomgate-sim"

LANES = """
seed: 5
control: {port: 0}
provider: {port: 0}
controllers:
  - lanes:
      - {place: a, lane: in-1, direction: entry, unit: 1}
      - {place: a, lane: out-1, direction: exit, unit: 2}
  - connections: 1
    lanes:
      - {place: a, lane: in-2, direction: entry, unit: 7, loops: 2, arm_travel_ms: 1000}
places:
  - {name: a}
"""


def until(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for: {what} (last: {value!r})")
        time.sleep(0.02)


class Simulator:
    def __init__(self, config=LANES, *options):
        self.folder = tempfile.TemporaryDirectory(prefix="boomgate-sim-")
        self.dir = pathlib.Path(self.folder.name)
        (self.dir / "sim.yaml").write_text(config)
        self.ready = self.dir / "ready.json"
        self.summary = self.dir / "summary.json"
        self.log = open(self.dir / "log", "wb")
        self.process = subprocess.Popen(
            [PROGRAM, "run", "-c", str(self.dir / "sim.yaml"), "--ready-file", str(self.ready),
             "--summary-file", str(self.summary), *options], stderr=self.log)

    def __enter__(self):
        until(lambda: self.ready.exists() or self.process.poll() is not None, "the ready file")
        assert self.process.poll() is None, (self.dir / "log").read_text()
        ports = json.loads(self.ready.read_text())
        self.control, self.provider = ports["control"], ports["provider"]
        self.gates = [gate["port"] for gate in ports["controllers"]]
        return self

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        self.log.close()
        self.folder.cleanup()

    def call(self, method, path, body=None, port=None, headers=None, timeout=10):
        """(status, decoded answer, headers)."""
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port or self.control}{path}",
                                         data=body, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, json.loads(answer.read()), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read()), error.headers

    def truth(self):
        return self.call("GET", "/truth")[1]

    def lane(self, name):
        return next(lane for lane in self.truth()["lanes"] if lane["lane"] == name)

    def drive(self, lane, plate, **more):
        status, answer, _ = self.call("POST", "/vehicles",
                                      {"place": "a", "lane": lane, "plate": plate, **more})
        assert status == 202, (status, answer)
        return answer["vehicle"]

    def state(self, vehicle):
        return self.call("GET", "/vehicles/" + vehicle)[1]["state"]


def main():
    unittest.main(verbosity=2)
