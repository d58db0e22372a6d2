"""The control port, the command line, and what the files at start and end say."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from simulator import LANES, PROGRAM, Simulator, main, until

TRAFFIC = LANES.replace("{name: a}", "{name: a, traffic: poisson, arrivals_per_hour: 600, stay_minutes: 1}")


def program(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout, done.stderr


class Control(unittest.TestCase):
    def test_vehicles(self):
        with Simulator(LANES, "--clock-rate", "20") as sim:
            send = lambda **body: sim.call("POST", "/vehicles", body)
            self.assertEqual(send(place="a", lane="in-9", plate="X")[0], 404)
            self.assertEqual(send(place="a", lane="out-1", plate="22아2222")[0], 404)
            for bad in ({}, {"place": "a"}, {"place": "a", "lane": 5},
                        {"place": "a", "lane": "in-1", "plate": "x" * 33},
                        {"place": "a", "lane": "in-1", "plate": "X", "then": "fly"},
                        {"place": "a", "lane": "in-1", "plate": "X", "force": 1}):
                self.assertEqual(send(**bad)[0], 400, bad)
            before = sim.drive("in-1", "12가3456", then="back_out_before")
            until(lambda: sim.state(before) == "backed_out", "it backed out")
            waits = sim.drive("in-1", "", then="wait")
            until(lambda: sim.state(waits) == "at_column", "it waits")
            behind = sim.drive("in-1", "34나5678")
            self.assertEqual(sim.call("POST", "/vehicles/" + waits, {"then": "back_out_before"})[0], 200)
            until(lambda: sim.state(waits) == "backed_out", "it went")
            until(lambda: sim.state(behind) == "turned_away", "the next lost patience")
            self.assertEqual(sim.call("POST", "/vehicles/" + waits, {"then": "drive"})[0], 404)
            out = sim.drive("out-1", "55너5555", force=True)
            self.assertEqual(sim.call("POST", "/vehicles", {"place": "a", "lane": "out-1",
                                                            "plate": "55너5555"})[0], 409)
            self.assertEqual(sim.call("GET", "/vehicles/" + out)[1]["inside"], True)
            place = sim.truth()["places"][0]
            self.assertEqual((place["inside"], place["placed"], place["turned_away"],
                              place["backed_out"], place["capacity"]), (1, 1, 1, 2, None))
            for missing in ("v99", "99", "v", "v-1", "v1x", "v99999999999"):
                self.assertEqual(sim.call("GET", "/vehicles/" + missing)[0], 404, missing)

    def test_traffic_and_drain(self):
        with Simulator(TRAFFIC, "--clock-rate", "60") as sim:
            for unit in (1, 2):
                self.hold_open(sim, sim.gates[0], unit)
            self.hold_open(sim, sim.gates[1], 7)
            until(lambda: sim.truth()["places"][0]["left"] >= 3, "cars come and go")
            self.assertEqual(sim.call("POST", "/drain", {})[0], 200)
            until(lambda: sim.truth()["places"][0]["inside"] == 0 and
                  sim.truth()["places"][0]["queued"] == 0, "empty")
            entered = sim.truth()["places"][0]["entered"]
            self.assertEqual(sim.call("POST", "/traffic", {"running": True})[0], 200)
            until(lambda: sim.truth()["places"][0]["entered"] > entered, "cars again")
            self.assertEqual(sim.call("POST", "/traffic", {"running": False})[0], 200)
            until(lambda: sim.truth()["places"][0]["queued"] == 0, "at rest")
            self.assertEqual(sim.truth()["violations"], [])

    def hold_open(self, sim, port, unit):
        import socket
        with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
            s.sendall(bytes.fromhex(f"00010000000b{unit:02x}1000000002040004") + bytes([0, 1]))
            self.assertEqual(len(s.recv(64)), 12)

    def test_hostile_http(self):
        with Simulator() as sim:
            call = lambda method, path, body=None: sim.call(method, path, body)[0]
            self.assertEqual(call("GET", "/"), 404)
            self.assertEqual(call("POST", "/nothing", {}), 404)
            self.assertEqual(call("DELETE", "/truth"), 405)
            for body in (b"{", b"[]", b'{"running":true,"running":false}', b'{"running":1}',
                         b'{"running":true} x', b"\xff"):
                self.assertEqual(call("POST", "/traffic", body), 400, body)
            self.assertEqual(call("POST", "/drain", b"x" * 70000), 413)
            for body in ({"mode": "odd"}, {"mode": 5}, {"mode": "slow", "latency_ms": -1},
                         {"mode": "slow", "count": "3"}):
                self.assertEqual(call("POST", "/provider", body), 400, body)
            self.assertEqual(call("POST", "/provider", {"mode": "down", "count": 2}), 409)
            self.assertEqual(call("POST", "/hardware", {"place": "a", "lane": "x", "fault": "none"}), 404)
            self.assertEqual(call("POST", "/hardware", {"place": "a", "lane": "in-1", "fault": "x"}), 400)
            self.assertEqual(call("GET", "/truth"), 200)

    def test_hardware(self):
        with Simulator(LANES, "--clock-rate", "20") as sim:
            change = lambda want=200, **body: self.assertEqual(
                sim.call("POST", "/hardware", {"place": "a", "lane": "in-1", **body})[0], want, body)
            look = lambda: sim.call("GET", "/hardware/a/in-1")[1]
            for missing in ("/hardware/a/in-9", "/hardware/a", "/hardware/", "/hardware//in-1", "/hardware/a/in-1/x"):
                self.assertEqual(sim.call("GET", missing)[0], 404, missing)
            self.assertEqual((look()["arm"], look()["faults"], look()["motion"]), ("down", [], []))
            for bad in ({}, {"fault": 5}, {"fault": "x"}, {"fault": "restart"}, {"do": "silent"}, {"do": 1},
                        {"fault": "edge", "on": 1}, {"fault": "edge", "when": "never"}, {"fault": "edge", "when": 3},
                        {"fault": "edge", "for_ms": -1}, {"fault": "edge", "times": 0}, {"fault": "edge", "times": "2"}):
                change(400, **bad)
            self.assertEqual(look()["faults"], [])
            change(409, do="key_open")
            change(fault="edge")
            change(fault="local")
            change(fault="cabinet", for_ms=2000)
            self.assertEqual(look()["faults"], ["edge", "local", "cabinet"])
            self.assertEqual(sim.lane("in-1")["faults"], ["edge", "local", "cabinet"])
            change(fault="edge", on=False)
            until(lambda: look()["faults"] == ["local"], "the cabinet is closed again")
            change(do="key_open")
            until(lambda: look()["arm"] == "up", "the key opens")
            change(fault="none")
            change(409, do="key_close")
            self.assertEqual([(m["change"], m["cause"]) for m in look()["motion"]],
                             [("opening", "key"), ("open", "key")])
            change(do="restart")
            self.assertEqual((look()["boots"], look()["motions"]), (2, 2))
            change(fault="help", when="closing", for_ms=500, times=2)
            self.assertEqual(look()["faults"], [])

    def test_the_wrong_way(self):
        with Simulator(LANES, "--clock-rate", "20") as sim:
            send = lambda **body: sim.call("POST", "/vehicles", {"place": "a", "then": "wrong_way", **body})
            self.assertEqual(send(lane="in-1", plate="22아2222")[0], 404)  # nobody of that plate is inside
            out = send(lane="in-1", plate="22아2222", force=True)[1]["vehicle"]
            self.assertEqual(sim.call("POST", "/vehicles/" + out, {"then": "drive"})[0], 409)
            until(lambda: sim.state(out) == "at_column", "he waits before the arm")
            sim.call("POST", "/hardware", {"place": "a", "lane": "in-1", "do": "pushed_up"})
            until(lambda: sim.state(out) == "left", "out through the entry")
            back = send(lane="out-1", plate="22아2222")[1]["vehicle"]
            self.assertEqual(sim.call("POST", "/vehicles/" + back, {"then": "wait"})[0], 409)
            sim.call("POST", "/hardware", {"place": "a", "lane": "out-1", "do": "pushed_up"})
            until(lambda: sim.state(back) == "inside", "and in through the exit")
            place = sim.truth()["places"][0]
            self.assertEqual((place["inside"], place["entered"], place["left"], place["placed"]), (1, 1, 1, 1))
            waits = sim.drive("in-2", "", then="wait")
            self.assertEqual(sim.call("POST", "/vehicles/" + waits, {"then": "wrong_way"})[0], 409)

    def test_ready_and_summary(self):
        with Simulator() as sim:
            self.assertTrue(sim.control and sim.provider and len(sim.gates) == 2)
            self.assertEqual(sim.stop(), 0)
            summary = json.loads(sim.summary.read_text())
            self.assertEqual([p["place"] for p in summary["places"]], ["a"])
            self.assertEqual(summary["provider"]["charges"], 0)
            self.assertEqual(sorted(os.listdir(sim.dir)),
                             ["log", "ready.json", "sim.yaml", "summary.json"])

    def test_domain_time(self):
        epoch = "2026-05-15T01:00:00.000Z"
        with Simulator(LANES, "--clock-rate", "1", "--clock-epoch", epoch) as sim:
            self.assertTrue(sim.truth()["time"].startswith("2026-05-15T01:00:0"), sim.truth()["time"])

    def test_a_taken_port_is_an_error(self):
        with Simulator() as sim:
            taken = LANES.replace("control: {port: 0}", f"control: {{port: {sim.control}}}")
            with tempfile.TemporaryDirectory() as folder:
                file = pathlib.Path(folder) / "sim.yaml"
                file.write_text(taken)
                code, _, errors = program("run", "-c", str(file))
                self.assertEqual(code, 1)
                self.assertIn("Address already in use", errors)


class CommandLine(unittest.TestCase):
    def test_car_and_truth(self):
        with Simulator(LANES, "--clock-rate", "50") as sim:
            port = str(sim.control)
            code, out, _ = program("car", "--control", port, "--place", "a", "--lane", "in-1",
                                   "--plate", "22아2222", "--wait")
            self.assertEqual((code, out), (0, "turned_away\n"))
            code, out, _ = program("car", "--control", port, "--place", "a", "--lane", "in-1")
            self.assertEqual((code, out), (0, "v1\n"))
            code, _, errors = program("car", "--control", port, "--place", "a", "--lane", "out-1",
                                      "--plate", "X")
            self.assertEqual(code, 1)
            self.assertIn("refused (404): no vehicle with this plate is inside", errors)
            code, out, _ = program("truth", "--control", port)
            self.assertEqual(code, 0)
            self.assertEqual(json.loads(out)["places"][0]["turned_away"], 1)
        code, _, errors = program("truth", "--control", port)
        self.assertEqual(code, 1)
        self.assertIn("control port", errors)

    def test_usage(self):
        for arguments in ((), ("fly",), ("run",), ("car",), ("truth",), ("truth", "--control", "x"),
                          ("truth", "--control", "70000"), ("run", "--nonsense"),
                          ("plates", "--count", "0"), ("plates", "x")):
            self.assertEqual(program(*arguments)[0], 2, arguments)
        for command in ((), ("run",), ("car",), ("truth",), ("plates",)):
            code, out, _ = program(*command, "--help")
            self.assertEqual(code, 0)
            self.assertIn("usage: boomgate-sim", out)
            self.assertEqual(program(*command, "--version")[0], 0)
        code, out, _ = program("run", "--help-config")
        self.assertEqual(code, 0)
        self.assertIn("arrivals_per_hour", out)

    def test_plates_are_the_ones_that_come(self):
        _, out, _ = program("plates", "--count", "5", "--seed", "5")
        rows = out.splitlines()
        self.assertEqual(rows[0], "plate,token")
        self.assertEqual(rows[1], "22아2222,cus_0a")
        plates = [row.split(",")[0] for row in rows[5:]]
        self.assertEqual(len(plates), 5)
        with Simulator(TRAFFIC, "--clock-rate", "100") as sim:
            for n, plate in enumerate(plates):
                until(lambda: sim.call("GET", f"/vehicles/v{n}")[0] == 200, f"vehicle {n}")
                self.assertEqual(sim.call("GET", f"/vehicles/v{n}")[1]["plate"], plate)

    def test_configuration_errors(self):
        lane = "{place: a, lane: in-1, direction: entry, unit: 1}"
        trace = "{name: a, traffic: trace, trace: day.csv}"
        cases = [
            ("", "sim.yaml:"),
            ("sed: 1\n", "sed"),
            (LANES.replace("unit: 2", "unit: 1"), "lanes in-1 and out-1 share unit 1"),
            (LANES.replace("unit: 2", "unit: 300"), "controllers[0].lanes[1].unit"),
            (LANES.replace("lane: out-1", "lane: in-1"), "lane in-1 of place a is listed twice"),
            (LANES.replace("place: a, lane: in-2", "place: b, lane: in-2"), "no place b is listed"),
            (LANES.replace("  - {name: a}", "  - {name: a}\n  - {name: a}"), "place a is listed twice"),
            (LANES.replace("{name: a}", "{name: a, traffic: trace}"), "needs a trace file"),
            (LANES.replace("{name: a}", trace), "day.csv: cannot be opened"),
            (LANES.replace("direction: exit", "direction: entry")
             .replace("{name: a}", "{name: a, traffic: poisson}"), "needs an entry and an exit lane"),
            (f"controllers: [{{lanes: [{lane}]}}]\n", "places"),
        ]
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "sim.yaml"
            for text, expected in cases:
                file.write_text(text)
                code, _, errors = program("run", "--check", "-c", str(file))
                self.assertEqual(code, 1, text)
                self.assertIn(expected, errors)
            file.write_text(LANES.replace("{name: a}", trace))
            (pathlib.Path(folder) / "day.csv").write_text("timestamp,capacity,free\nnoon,1,1\n")
            code, _, errors = program("run", "--check", "-c", str(file))
            self.assertEqual(code, 1)
            self.assertIn('day.csv:2: "noon" is not an RFC 3339 timestamp', errors)

    def test_shipped_scenarios(self):
        for file in sorted(pathlib.Path("sim/scenarios").glob("*.yaml")):
            self.assertEqual(program("run", "--check", "-c", str(file)), (0, "", ""), file)


if __name__ == "__main__":
    main()
