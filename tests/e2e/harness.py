"""Runs the whole system for one test: real broker, cloud, edges and simulated gates on loopback.

    with Stack(places=["a:10:in=in-1;out=out-1"]) as s:
        s.start()
        s.drive("a", "in-1", "22아2222")
        s.until(lambda: s.place("a")["occupied"]["counted"] == 1, "the car is counted")

Nothing waits for a fixed time: `until` polls a condition and fails with its description. Everything
started is stopped by process id when the block ends, and on failure the logs' tails are shown.
"""
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("BOOMGATE_BIN", ROOT / "build" / "bin"))
SKIP = 77


class Failure(AssertionError):
    pass


def check(condition, text):
    if not condition:
        raise Failure(text)


def http_json(method, url, body=None, token=None, timeout=10, expect=None):
    """(status, decoded body). Any status is an answer; only a missing answer is an error."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method)
    if data is not None:
        request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", "Bearer " + token)
    while True:
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                status, raw = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, raw = error.code, error.read()
            if status == 429 and expect != 429:  # as the daemon asks: later
                time.sleep(int(error.headers["Retry-After"]))
                continue
        break
    try:
        value = json.loads(raw) if raw else None
    except ValueError:
        value = raw.decode("utf-8", "replace")
    if expect is not None and status != expect:
        raise Failure(f"{method} {url}: expected {expect}, got {status}: {value}")
    return status, value


class Stack:
    def __init__(self, places=None, traffic="none", keep=False, **options):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="boomgate-"))
        self.keep = keep or bool(os.environ.get("BOOMGATE_KEEP"))
        command = [str(ROOT / "sim" / "stack"), str(self.dir), "--bin", str(BIN),
                   "--traffic", str(traffic)]
        for place in places or []:
            command += ["--place", place]
        for name, value in options.items():
            if value is True:
                command.append("--" + name.replace("_", "-"))
            elif value is not None and value is not False:
                command += ["--" + name.replace("_", "-"), str(value)]
        subprocess.run(command, check=True)
        self.commands = {}
        for line in (self.dir / "processes").read_text().splitlines():
            name, command_line = line.split("\t", 1)
            self.commands[name] = command_line.split()
        self.env = dict(line.split("=", 1) for line in (self.dir / "env").read_text().splitlines())
        self.url = self.env["BOOMGATE_URL"]
        self.control = "http://127.0.0.1:" + self.env["CONTROL_PORT"]
        self.token = (self.dir / "operator.token").read_text().strip()
        self.running = {}
        self.logs = {}

    # --- processes ---------------------------------------------------------------------------------
    @property
    def edges(self):
        return [name for name in self.commands if name.startswith("edge-")]

    def start(self, *names):
        """Starts all (or the named) processes; returns when the whole system is ready."""
        for name in names or self.commands:
            if name in self.running:
                continue
            log = open(self.dir / f"{name}.log", "ab")
            self.running[name] = subprocess.Popen(self.commands[name], stdin=subprocess.DEVNULL,
                                                  stdout=log, stderr=log)
            self.logs[name] = log
            if name == "sim":
                self.until((self.dir / "sim.ready").exists, "the simulator listens")
        if not names:
            self.until_ready()

    def until_ready(self):
        self.until(lambda: self.get("/readyz", status=True) == 200, "the cloud is ready", 30)
        wanted = len(self.edges)
        self.until(lambda: sum(self.online_edges().values()) >= wanted, "all edges are online", 30)

    def online_edges(self):
        return {f"{p['place']}-{e['edge']}": bool(e["online"])
                for p in self.places() for e in self.place(p["place"])["edges"]}

    def kill(self, name, how=signal.SIGKILL):
        process = self.running.pop(name)
        process.send_signal(how)
        return process.wait(timeout=30)

    def stop(self, name):
        code = self.kill(name, signal.SIGTERM)
        check(code == 0, f"{name} stopped with exit status {code}")

    def restart(self, name, how=signal.SIGKILL):
        self.kill(name, how)
        self.start(name)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        crashed = {name: p.returncode for name, p in self.running.items() if p.poll() is not None}
        for name in reversed(list(self.running)):
            process = self.running[name]
            if process.poll() is None:
                process.terminate()
        for process in self.running.values():
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for log in self.logs.values():
            log.close()
        if kind is not None or crashed:
            self.show_logs()
        if not self.keep:
            shutil.rmtree(self.dir, ignore_errors=True)
        else:
            print("kept", self.dir, file=sys.stderr)
        if kind is None and crashed:
            raise Failure(f"died by itself: {crashed}")
        return False

    def show_logs(self, lines=25):
        for path in sorted(self.dir.glob("*.log")):
            tail = path.read_text(errors="replace").splitlines()[-lines:]
            print(f"--- {path.name}", *tail, sep="\n", file=sys.stderr)

    # --- waiting -----------------------------------------------------------------------------------
    def until(self, condition, what, seconds=20, every=0.05):
        end = time.monotonic() + seconds
        last = None
        while True:
            try:
                value = condition()
                if value:
                    return value
                last = value
            except (OSError, Failure, KeyError, ValueError) as error:
                last = error
            if time.monotonic() > end:
                raise Failure(f"waited {seconds} s for: {what} (last: {last!r})")
            for name, process in list(self.running.items()):
                if process.poll() not in (None, 0):
                    raise Failure(f"{name} died with {process.returncode} while waiting for: {what}")
            time.sleep(every)

    # --- the cloud ---------------------------------------------------------------------------------
    def get(self, path, token=None, status=False, expect=None):
        try:
            code, value = http_json("GET", self.url + path, token=token, expect=expect)
        except OSError:
            if status:
                return 0
            raise
        return code if status else value

    def places(self):
        return self.get("/v1/places", expect=200)["places"]

    def place(self, name):
        return self.get("/v1/places/" + name, expect=200)

    def summary(self, name):
        return self.get(f"/v1/places/{name}/summary", token=self.token, expect=200)

    def sessions(self, plate):
        query = urllib.parse.urlencode({"plate": plate})
        return self.get("/v1/sessions?" + query, token=self.token, expect=200)["sessions"]

    # --- the simulator -----------------------------------------------------------------------------
    def truth(self, place=None):
        _, value = http_json("GET", self.control + "/truth", expect=200)
        if place is None:
            return value
        return next(p for p in value["places"] if p["place"] == place)

    def charges(self):
        return http_json("GET", self.control + "/charges", expect=200)[1]

    def drive(self, place, lane, plate, then="drive", **more):
        body = {"place": place, "lane": lane, "plate": plate, "then": then, **more}
        return http_json("POST", self.control + "/vehicles", body, expect=202)[1]["vehicle"]

    def vehicle(self, ident):
        return http_json("GET", f"{self.control}/vehicles/{ident}", expect=200)[1]

    def instruct(self, ident, then):
        http_json("POST", f"{self.control}/vehicles/{ident}", {"then": then}, expect=200)

    def fault(self, place, lane, fault, **more):
        """A condition of the hardware begins (sim/control/control.h); `on=False` ends it, "none" ends all."""
        body = {"place": place, "lane": lane, "fault": fault, **more}
        http_json("POST", self.control + "/hardware", body, expect=200)

    def mishap(self, place, lane, what):
        http_json("POST", self.control + "/hardware", {"place": place, "lane": lane, "do": what}, expect=200)

    def hardware(self, place, lane):
        return http_json("GET", f"{self.control}/hardware/{place}/{lane}", expect=200)[1]

    def until_vehicle(self, ident, *states, seconds=30):
        return self.until(lambda: self.vehicle(ident)["state"] in states,
                          f"vehicle {ident} is {' or '.join(states)}", seconds)

    def provider(self, mode, **more):
        http_json("POST", self.control + "/provider", {"mode": mode, **more}, expect=200)

    def traffic(self, running):
        http_json("POST", self.control + "/traffic", {"running": running}, expect=200)

    def drain(self):
        http_json("POST", self.control + "/drain", {}, expect=200)

    # --- the ledgers on disk, read while the daemons run --------------------------------------------
    def query(self, file, sql, *arguments):
        connection = sqlite3.connect(f"file:{self.dir / file}?mode=ro", uri=True, timeout=5)
        try:
            return connection.execute(sql, arguments).fetchall()
        finally:
            connection.close()

    def ctl(self, *arguments, expect=0):
        environment = {**os.environ, "BOOMGATE_URL": self.url, "BOOMGATE_TOKEN": self.token}
        done = subprocess.run([str(BIN / "boomgatectl"), *arguments], env=environment,
                              capture_output=True, text=True, timeout=30)
        check(expect is None or done.returncode == expect,
              f"boomgatectl {' '.join(arguments)}: exit {done.returncode}: {done.stderr}{done.stdout}")
        return done


def main(*tests):
    """Runs the given test functions in turn; a name on the command line picks one."""
    wanted = sys.argv[1:]
    failed = ran = 0
    for test in tests:
        if wanted and test.__name__ not in wanted:
            continue
        ran += 1
        begun = time.monotonic()
        try:
            test()
            print(f"ok      {test.__name__} ({time.monotonic() - begun:.1f} s)", flush=True)
        except (AssertionError, OSError, subprocess.SubprocessError, KeyError, StopIteration) as error:
            failed += 1
            import traceback
            traceback.print_exc()
            print(f"FAILED  {test.__name__}: {error}", flush=True)
    if ran == 0:
        sys.exit("no such test")
    sys.exit(1 if failed else 0)
