#!/usr/bin/python3
"""The edge on the simulator's gates, without broker and cloud: over a serial line, and with a device that
watches its host.

usage: test_gates.py boomgate-sim boomgate-edge
"""
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
EDGE = sys.argv.pop(2)
sys.path.insert(0, str(ROOT / "tests/contract/sim"))

from serial_pair import Pair  # noqa: E402
from simulator import Simulator, main, until  # noqa: E402

SIM = """
seed: 5
control: {port: 0}
provider: {port: 0}
controllers:
  - %s
    lanes:
      - {place: a, lane: in-1, direction: entry, unit: 1}
      - {place: a, lane: out-1, direction: exit, unit: 2}
places:
  - {name: a}
"""

EDGE_YAML = """
place: a
edge: e1
journal: %s/journal.db
broker: {host: 127.0.0.1, port: 1}
links:
  - {name: gate, %s}
lanes:
  - {name: in-1, direction: entry, link: gate, unit: 1, watchdog_ms: 2500, fallback: hold_open}
  - {name: out-1, direction: exit, link: gate, unit: 2, watchdog_ms: 2500, fallback: freeze}
deadlines: {no_credential_ms: 500, unanswered_ms: 1000}
"""


class Agent:
    def __init__(self, link):
        self.folder = tempfile.TemporaryDirectory(prefix="boomgate-edge-")
        path = pathlib.Path(self.folder.name)
        (path / "edge.yaml").write_text(EDGE_YAML % (path, link))
        self.log = path / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([EDGE, "-c", str(path / "edge.yaml")], stderr=log)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.wait(timeout=20)
        if kind:
            print(self.log.read_text()[-4000:])
        self.folder.cleanup()

    def said(self, text):
        return text in self.log.read_text()


class Gates(unittest.TestCase):
    def test_a_car_leaves_over_a_serial_line(self):
        with Pair() as pair, Simulator(SIM % f"serial: {pair.far}\n    baud: 115200") as sim, \
                Agent(f"serial: {{device: {pair.near}, baud: 115200}}") as agent:
            until(lambda: agent.log.read_text().count("fresh=1") >= 2, "both lanes are read")
            car = sim.call("POST", "/vehicles", {"place": "a", "lane": "in-1", "plate": "22아2222"})[1]["vehicle"]
            until(lambda: sim.state(car) == "turned_away" or sim.lane("in-1")["display"] != "",
                  "the entry says something: there is no space in hand", 30)
            self.assertEqual(sim.lane("in-1")["arm"], "down")
            # An exit without a cloud opens by the local rule.
            self.assertEqual(sim.call("POST", "/vehicles", {"place": "a", "lane": "out-1", "plate": "34나5678",
                                                            "force": True})[0], 202)
            until(lambda: sim.lane("out-1")["opens"] >= 1, "the exit opens", 30)
            until(lambda: sim.lane("out-1")["arm"] == "down" and sim.lane("out-1")["closes"] >= 1,
                  "and closes behind the car", 60)
            self.assertEqual(sim.truth()["violations"], [])

    def test_a_stopped_edge_is_noticed_by_its_devices(self):
        with Simulator(SIM % "connections: 1") as sim, \
                Agent(f"host: 127.0.0.1, port: {sim.gates[0]}") as agent:
            until(lambda: agent.log.read_text().count("fresh=1") >= 2, "both lanes are read")
            self.assertFalse(sim.lane("in-1")["watchdog_tripped"])
            agent.process.send_signal(signal.SIGSTOP)
            until(lambda: sim.lane("in-1")["watchdog_tripped"] and sim.lane("out-1")["watchdog_tripped"],
                  "the devices miss their host")
            until(lambda: sim.lane("in-1")["arm"] == "up", "hold_open: the arm goes up")
            self.assertEqual(sim.lane("out-1")["arm"], "down")  # freeze
            agent.process.send_signal(signal.SIGCONT)
            until(lambda: not sim.lane("in-1")["watchdog_tripped"] and not sim.lane("out-1")["watchdog_tripped"],
                  "the edge is back")


if __name__ == "__main__":
    main()
