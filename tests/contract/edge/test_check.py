#!/usr/bin/python3
"""boomgate-edge --check: good files pass, and each bad one is answered with file, line, key and what was
expected, and exit status 1.

usage: test_check.py boomgate-edge
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv.pop(1)
ROOT = pathlib.Path(__file__).resolve().parents[3]

GOOD = """\
place: a
edge: e1
journal: /tmp/j.db
broker: {host: 127.0.0.1}
links:
  - {name: gate, host: 127.0.0.1}
lanes:
  - {name: in-1, direction: entry, link: gate, unit: 1}
  - {name: out-1, direction: exit, link: gate, unit: 2}
"""

# (what is replaced, by what, line, what the message must contain)
BAD = [
    ("place: a", "place: A", 1, "place"),
    ("place: a", "place: cloud", 1, "reserved"),
    ("place: a\n", "", 1, "place: missing"),
    ("edge: e1", "edge: domain", 1, "reserved"),
    ("edge: e1", "edge: e1\nedge: e2", 3, "edge: found twice"),
    ("edge: e1", "edge: e1\ncolour: red", 3, "colour: unknown key"),
    ("journal: /tmp/j.db", "journal: [1]", 3, "journal"),
    ("{host: 127.0.0.1}\nlinks", "{}\nlinks", 4, "broker.host: missing"),
    ("{host: 127.0.0.1}\nlinks", "{host: h, port: 70000}\nlinks", 4, "broker.port"),
    ("{host: 127.0.0.1}\nlinks", "{host: h, port: 12abc}\nlinks", 4, "broker.port"),
    ("{host: 127.0.0.1}\nlinks",
     "{host: h, reconnect_min_ms: 500, reconnect_max_ms: 100}\nlinks", 4, "broker.reconnect_max_ms"),
    ("{host: 127.0.0.1}\nlinks", "{host: h, password_file: /nowhere/at/all}\nlinks", 4,
     "broker.password_file"),
    ("{host: 127.0.0.1}\nlinks", "{host: h, password: x, password_file: /etc/hostname}\nlinks", 4,
     "broker.password_file"),
    ("host: 127.0.0.1}\nlanes", "host: 127.0.0.1, scan_ms: 0}\nlanes", 6, "links[0].scan_ms"),
    ("host: 127.0.0.1}\nlanes", "host: 127.0.0.1, stale_ms: 10}\nlanes", 6, "links[0].stale_ms"),
    ("host: 127.0.0.1}\nlanes", "host: 127.0.0.1}\n  - {name: spare, host: other}\nlanes", 7,
     "links[1].name: no lane"),
    ("host: 127.0.0.1}\nlanes", "host: 127.0.0.1}\n  - {name: gate, host: other}\nlanes", 7,
     "links[1].name: found twice"),
    ("host: 127.0.0.1}\nlanes", "host: 127.0.0.1}\n  - {name: two, host: 127.0.0.1}\nlanes", 7,
     "links[1].host: same endpoint"),
    ("direction: entry", "direction: sideways", 8, "lanes[0].direction"),
    ("name: out-1", "name: in-1", 9, "lanes[1].name: found twice"),
    ("link: gate, unit: 2", "link: gone, unit: 2", 9, "lanes[1].link: no link"),
    ("unit: 2", "unit: 1", 9, "lanes[1].unit"),
    ("unit: 2", "unit: 248", 9, "lanes[1].unit"),
    ("unit: 2", "unit: 2, loops: 4", 9, "lanes[1].loops"),
    ("unit: 2", "unit: 2, loops: &x 3", 9, "anchor"),
    ("direction: exit, link: gate, unit: 2", "direction: reversible, link: gate, unit: 2, loops: 2", 9,
     "lanes[1].loops: a reversible lane needs three"),
    ("unit: 2", "unit: 2, a_stuck_ms: 1", 9, "lanes[1].a_stuck_ms"),
    ("unit: 2", "unit: 2, a_stuck_ms: 60000", 9,
     "lanes[1].a_stuck_ms: found no more than deadlines.unanswered_ms"),
    ("unit: 2", "unit: 2, mains_lost: dark", 9, "lanes[1].mains_lost"),
    ("unit: 2}", "unit: 2", 10, "not valid YAML"),
    ("host: 127.0.0.1}\nlanes", "serial: {device: /dev/ttyS0}, host: h}\nlanes", 6,
     "links[0].host: found beside serial"),
    ("name: gate, host: 127.0.0.1}\nlanes", "name: gate}\nlanes", 6, "links[0].host: missing"),
    ("host: 127.0.0.1}\nlanes", "serial: {device: /dev/ttyS0, baud: 300}}\nlanes", 6,
     "links[0].serial.baud"),
    ("host: 127.0.0.1}\nlanes", "serial: {device: /dev/ttyS0, parity: mark}}\nlanes", 6,
     "links[0].serial.parity"),
    ("host: 127.0.0.1}\nlanes", "host: 127.0.0.1, max_command_ms: 100}\nlanes", 6,
     "links[0].max_command_ms: a command may take"),
    ("host: 127.0.0.1}\nlanes", "serial: {device: /dev/ttyS0, baud: 1200}}\nlanes", 6,
     "links[0].max_command_ms: a command may take"),
    ("unit: 2", "unit: 2, profile: refrence", 9, "expected a path or reference, came-gard"),
    ("unit: 2", "unit: 2, profile: /nowhere.yaml", 9, "lanes[1].profile: /nowhere.yaml"),
    ("unit: 2", "unit: 2, profile: came-gard", 9, "came-gard has no inputs: loop_a"),
    ("unit: 2", "unit: 2, profile: came-gard, io: {unit: 2}", 9, "lanes[1].io.unit"),
    ("unit: 2", "unit: 2, profile: came-gard, io: {unit: 1}", 9, "lanes[1].unit"),
    ("unit: 2", "unit: 2, profile: remote-io, fallback: freeze", 9, "lanes[1].fallback"),
    ("unit: 2", "unit: 2, watchdog_ms: 100", 9, "lanes[1].watchdog_ms"),
]


def check(text, *options):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
        f.write(text)
        f.flush()
        p = subprocess.run([PROGRAM, "-c", f.name, "--check", *options], capture_output=True,
                           text=True, timeout=20)
        return p, f.name


class Check(unittest.TestCase):
    def test_good(self):
        p, _ = check(GOOD)
        self.assertEqual((p.returncode, p.stderr), (0, ""))
        first, last = p.stdout.splitlines()
        self.assertRegex(first, r"^link gate: a scan every 20 ms; a command within \d+\.\d ms, within "
                                r"\d+\.\d ms when a device just does not answer \(at most 1000\)$")
        self.assertEqual(last, "configuration OK")

    def test_a_serial_line_scans_as_fast_as_it_can(self):
        p, _ = check(GOOD.replace("host: 127.0.0.1}\nlanes",
                                  "serial: {device: /dev/ttyS9, baud: 9600}}\nlanes"))
        self.assertEqual((p.returncode, p.stderr), (0, ""))
        scan = int(re.search(r"a scan every (\d+) ms", p.stdout)[1])
        self.assertGreater(scan, 200)

    def test_a_barrier_that_closes_by_itself(self):
        with tempfile.TemporaryDirectory() as folder:
            module = pathlib.Path(folder, "mine.yaml")
            text = (ROOT / "edge/deploy/profiles/remote-io.yaml").read_text()
            lines = [line for line in text.splitlines() if "photocell_clear" not in line]
            module.write_text("\n".join(lines).replace("name: remote-io", "name: mine"))
            p, _ = check(GOOD.replace("unit: 2", f"unit: 2, profile: {module}"))
            self.assertNotIn("device-closes", p.stdout)  # there is still an edge
            lines = [line for line in lines if "edge_ok" not in line]
            module.write_text("\n".join(lines).replace("name: remote-io", "name: mine"))
            p, _ = check(GOOD.replace("unit: 2", f"unit: 2, profile: {module}"))
            self.assertEqual(p.returncode, 0)
            self.assertIn("lane out-1: device-closes: mine has not", p.stdout)

    def test_a_bad_profile_names_lane_file_line_and_key(self):
        with tempfile.TemporaryDirectory() as folder:
            profile = pathlib.Path(folder, "p.yaml")
            profile.write_text("name: p\nsource: s\ninputs:\n"
                               "  - {point: loop_a, table: input, address: 1}\n")
            p, name = check(GOOD.replace("unit: 2", f"unit: 2, profile: {profile}"))
            self.assertEqual((p.returncode, p.stdout), (1, ""))
            self.assertTrue(p.stderr.startswith(f"{name}:9: lanes[1].profile: "), p.stderr)
            self.assertIn(f"{profile}:4: inputs: loop_a: missing bit", p.stderr)

    def test_help_profile(self):
        p = subprocess.run([PROGRAM, "--help-profile"], capture_output=True, text=True, timeout=20)
        self.assertEqual(p.returncode, 0)
        for key in ("inputs:", "low_first", "read_back", "watchdog"):
            self.assertIn(key, p.stdout)

    def test_the_example(self):
        p, _ = check((ROOT / "edge/deploy/edge.yaml").read_text())
        self.assertEqual((p.returncode, p.stderr), (0, ""))

    def test_bad(self):
        for old, new, line, message in BAD:
            with self.subTest(new=new):
                self.assertEqual(GOOD.count(old), 1)
                p, name = check(GOOD.replace(old, new))
                self.assertEqual(p.returncode, 1)
                self.assertEqual(p.stdout, "")
                self.assertEqual(p.stderr.count("\n"), 1)
                self.assertTrue(p.stderr.startswith(f"{name}:{line}: "), p.stderr)
                self.assertIn(message, p.stderr)

    def test_too_many_lanes(self):
        lanes = "".join(f"  - {{name: l-{i}, direction: entry, link: gate, unit: {i}}}\n"
                        for i in range(1, 18))
        p, name = check(GOOD[:GOOD.index("  - {name: in-1")] + lanes)
        self.assertEqual(p.returncode, 1)
        self.assertIn("lanes: found 17 items", p.stderr)

    def test_empty_second_document_and_missing_file(self):
        for text in ("", "# nothing\n", GOOD + "---\n" + GOOD, "\xff\xfe"):
            p, _ = check(text)
            self.assertEqual(p.returncode, 1)
            self.assertEqual(p.stderr.count("\n"), 1)
        p = subprocess.run([PROGRAM, "-c", "/nowhere/at/all.yaml", "--check"], capture_output=True,
                           text=True, timeout=20)
        self.assertEqual(p.returncode, 1)
        self.assertIn("/nowhere/at/all.yaml", p.stderr)

    def test_password_file(self):
        with tempfile.TemporaryDirectory() as folder:
            secret = os.path.join(folder, "secret")
            line = "{host: 127.0.0.1}\nlinks"
            text = GOOD.replace(line, line.replace("1}", f"1, password_file: {secret}}}"))
            for content, status in (("s3cret\n", 0), ("s3cret", 0), ("", 1), ("\n", 1),
                                    ("x" * 500, 1)):
                pathlib.Path(secret).write_text(content)
                self.assertEqual(check(text)[0].returncode, status, content[:10])

    def test_usage(self):
        for arguments, status in (([], 2), (["-c"], 2), (["--what"], 2), (["-c", "x", "extra"], 2),
                                  (["--help"], 0), (["--version"], 0), (["--help-config"], 0)):
            p = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=20)
            self.assertEqual(p.returncode, status, arguments)
        for key in ("scan_ms", "reconnect_min_ms", "keep_spaces"):
            self.assertIn(key, p.stdout)

    def test_check_touches_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            journal = os.path.join(folder, "j.db")
            p, _ = check(GOOD.replace("/tmp/j.db", journal))
            self.assertEqual(p.returncode, 0)
            self.assertEqual(os.listdir(folder), [])


if __name__ == "__main__":
    unittest.main()
