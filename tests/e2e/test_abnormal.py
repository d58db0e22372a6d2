"""Every abnormal case of the lane as a scenario of sim/scenarios/abnormal, on the real stack.

    test_abnormal.py                  all cases, several at a time
    test_abnormal.py CASE...          these; BOOMGATE_KEEP=1 keeps the folder with logs and databases
                                      BOOMGATE_SCENARIOS: another folder of them
    test_abnormal.py --list           names and what they are about

A case has a place of its own: an edge, its gate, its ledger. It plays its steps and is then compared with
what it expects: the arm's motion as the hardware remembers it, outcomes, alarms and events as the cloud
recorded them, and the accounting. The words are explained in sim/scenarios/abnormal/README.md. In every case
no arm may come down on a vehicle, and the ledger's sum must be right.
"""
import concurrent.futures
import datetime
import json
import os
import pathlib
import resource
import sys
import time
import urllib.request

import yaml

from harness import ROOT, Failure, Stack, check, http_json

FOLDER = pathlib.Path(os.environ.get("BOOMGATE_SCENARIOS", ROOT / "sim" / "scenarios" / "abnormal"))
RATE = 5
AT_ONCE = 10
KEYS = {"case", "row", "about", "gate", "barrier", "lane", "scan_ms", "steps", "expect"}
EXPECTED = {"arm", "outcomes", "alarms", "standing", "events", "causes", "counted", "pending", "overdraft", "inside",
            "under_closed_arm", "display"}


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def load():
    cases = []
    for file in sorted(FOLDER.glob("*.yaml")):
        for case in yaml.safe_load(file.read_text()):
            where = f"{file.name}: {case.get('case')}"
            check(set(case) <= KEYS, f"{where}: unknown {set(case) - KEYS}")
            check(set(case["expect"]) <= EXPECTED, f"{where}: unknown {set(case['expect']) - EXPECTED}")
            cases.append(case)
    names = [case["case"] for case in cases]
    check(len(set(names)) == len(names), "a name is used twice")
    return cases


class Play:
    """One case in its place."""

    def __init__(self, stack, case):
        self.s, self.case, self.place = stack, case, case["case"]
        self.lanes = case.get("gate", "in-1").split(",")
        self.cars = {}
        self.orders = 0

    # --- what can be seen ------------------------------------------------------------------------------
    def events(self, kind=None):
        rows = self.s.query("cloud.db", "SELECT kind, bytes FROM event JOIN stream ON stream.id = event.stream "
                            "WHERE place = ? ORDER BY epoch, seq", self.place)
        return [{"kind": k, **json.loads(b)["data"]} for k, b in rows if kind in (None, k)]

    def outcomes(self):
        """Of the movements, in the order in which they ended."""
        return [e["outcome"] for e in self.events("movement.ended")]

    def hardware(self, lane=None):
        return self.s.hardware(self.place, lane or self.lanes[0])

    def motion(self, lane):
        """Changes, with their cause where the barrier closed on its own account."""
        return [m["change"] + (" (watchdog)" if (m["change"], m["cause"]) == ("closing", "watchdog") else "")
                for m in self.hardware(lane)["motion"]]

    def now(self):
        return instant(self.hardware()["time"])

    def lane_state(self, lane):
        lanes = self.s.place(self.place)["lanes"]
        return next(row["state"] for row in lanes if row["lane"] == lane)

    # --- steps -----------------------------------------------------------------------------------------
    def until(self, condition, what, seconds=60):
        self.s.until(condition, f"{self.place}: {what}", seconds, every=0.04)

    def step_drive(self, a):
        self.cars[a["car"]] = self.s.drive(self.place, a.get("lane", self.lanes[0]), a.get("plate", ""),
                                           a.get("then", "drive"), **{k: a[k] for k in ("force", "unreadable", "ticket", "tag") if k in a})

    def step_tell(self, a):
        for car, then in a.items():
            self.s.instruct(self.cars[car], then)

    def step_fault(self, a):
        a = a if isinstance(a, dict) else {"fault": a}
        a = dict(a)
        self.s.fault(self.place, a.pop("lane", self.lanes[0]), a.pop("fault"), **a)

    def step_clear(self, a):
        a = a if isinstance(a, dict) else {"fault": a}
        self.s.fault(self.place, a.get("lane", self.lanes[0]), a["fault"], on=False)

    def step_do(self, a):
        a = a if isinstance(a, dict) else {"do": a}
        self.s.mishap(self.place, a.get("lane", self.lanes[0]), a["do"])

    def step_order(self, a):
        a = a if isinstance(a, dict) else {"action": a}
        a = dict(a)
        lane = a.pop("lane", self.lanes[0])
        wanted = a.pop("ends", "done")
        self.orders += 1
        body = {"reason": "scenario", **a}
        request = urllib.request.Request(
            f"{self.s.url}/v1/places/{self.place}/lanes/{lane}/commands", data=json.dumps(body).encode(),
            method="POST", headers={"Content-Type": "application/json", "Authorization": "Bearer " + self.s.token,
                                    "Idempotency-Key": f"{self.place}-{self.orders}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            ident = json.loads(answer.read())["id"]
        seen = lambda: http_json("GET", f"{self.s.url}/v1/commands/{ident}", token=self.s.token, expect=200)[1]
        self.until(lambda: seen()["stage"] in ("done", "rejected", "failed", "expired"), f"order {body} ends", 30)
        check(seen()["stage"] == wanted, f"{self.place}: order {body}: {seen()}")

    def step_audit(self, a):
        self.s.ctl("audit", "add", self.place, "--counted", str(a), "--reason", "counted by hand")

    def step_kill(self, a):
        self.s.kill(f"edge-{self.place}-gate")

    def step_start(self, a):
        self.s.start(f"edge-{self.place}-gate")

    def step_disk(self, a):
        """Of the controller: `full` lets no file of the edge grow or be written beyond a few bytes."""
        edge = self.s.running[f"edge-{self.place}-gate"].pid
        hard = resource.prlimit(edge, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(edge, resource.RLIMIT_FSIZE, ({"full": 1, "free": hard}[a], hard))

    def step_pass_s(self, a):
        end = self.now() + datetime.timedelta(seconds=a)
        self.until(lambda: self.now() >= end, f"{a} s pass", 30 + a)

    def step_until(self, a):
        lane = a.get("lane", self.lanes[0])
        if "car" in a:
            self.until(lambda: self.s.vehicle(self.cars[a["car"]])["state"] == a["is"], f"{a['car']} is {a['is']}")
        elif "moved" in a:
            self.until(lambda: self.motion(lane)[-1:] == [a["moved"]], f"the arm has {a['moved']}")
        elif "arm" in a:
            self.until(lambda: self.hardware(lane)["arm"] == a["arm"], f"the arm is {a['arm']}")
        elif "state" in a:
            self.until(lambda: self.lane_state(lane) == a["state"], f"the lane is {a['state']}")
        elif "display" in a:
            self.until(lambda: a["display"] in self.hardware(lane)["display"], f"the display says {a['display']}")
        else:
            kind = a["event"]
            rest = {k: v for k, v in a.items() if k != "event"}
            self.until(lambda: any(all(e.get(k) == v for k, v in rest.items()) for e in self.events(kind)),
                       f"an event {a}")

    # --- the end ---------------------------------------------------------------------------------------
    def facts(self):
        """Everything that can be expected, as it is now."""
        alarms, standing = [], []
        for e in self.events():
            if e["kind"] in ("lane.alarm", "edge.alarm"):
                if e["active"]:
                    standing.append(e["alarm"])
                    if e["alarm"] not in alarms:
                        alarms.append(e["alarm"])
                elif e["alarm"] in standing:
                    standing.remove(e["alarm"])
        place = self.s.place(self.place)
        truth = self.s.truth()
        kinds = [e["kind"] for e in self.events()]
        mine = [v["kind"] for v in truth["violations"] if v["place"] == self.place]
        return {"arm": self.motion(self.lanes[0]) if len(self.lanes) == 1 else
                {lane: self.motion(lane) for lane in self.lanes},
                "outcomes": self.outcomes(), "alarms": sorted(alarms), "standing": sorted(standing),
                "events": {k: kinds.count(k) for k in self.case["expect"].get("events", {})},
                "causes": [e["cause"] for e in self.events("arm.opened")],
                "counted": place["occupied"]["counted"], "pending": place["pending"],
                "overdraft": place["overdraft"], "under_closed_arm": mine.count("under_closed_arm"),
                "display": self.hardware()["display"].strip(),
                "inside": next(p for p in truth["places"] if p["place"] == self.place)["inside"],
                "struck": mine.count("arm_on_vehicle"),
                "balance": self.balance()}

    def balance(self):
        """What the ledger's sum is off by: spaces made or lost."""
        return self.s.query("cloud.db", "SELECT capacity + overdraft - pool - occupied - pending - held - "
                            "(SELECT COALESCE(SUM(view), 0) FROM stream WHERE stream.place = place.place) "
                            "FROM place WHERE place = ?", self.place)[0][0]

    def judge(self):
        wanted = {"alarms": [], "standing": [], "pending": 0, "overdraft": 0, "under_closed_arm": 0,
                  **self.case["expect"], "struck": 0, "balance": 0}
        for key in ("alarms", "standing"):
            wanted[key] = sorted(wanted[key])

        def agrees(expected, got):
            return set(got) == {expected["all"]} if isinstance(expected, dict) and "all" in expected else got == expected

        def differ():
            got = self.facts()
            return {k: (v, got[k]) for k, v in wanted.items() if not agrees(v, got[k])}
        end = time.monotonic() + 8
        while differ() and time.monotonic() < end:
            time.sleep(0.1)
        bad = differ()
        text = "; ".join(f"{k}: expected {v[0]}, got {v[1]}" for k, v in bad.items())
        check(not bad, f"{self.place}: {text}")

    def run(self):
        begun = time.monotonic()
        for step in self.case["steps"]:
            check(len(step) == 1, f"{self.place}: one verb per step: {step}")
            verb, argument = next(iter(step.items()))
            getattr(self, "step_" + verb)(argument)
        self.judge()
        return time.monotonic() - begun


def play(cases):
    """The cases of one stack; the failures."""
    places = [f"{c['case']}:5:gate={c.get('gate', 'in-1')}" for c in cases]
    failures = []
    with Stack(places=places, rate=RATE, patience=20, grant=2, epoch="2026-05-15T01:00:00Z") as s:
        prepare(s, cases)
        s.start()
        with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
            runs = {pool.submit(Play(s, c).run): c for c in cases}
            for done in concurrent.futures.as_completed(runs):
                name = runs[done]["case"]
                try:
                    print(f"ok      {name} ({done.result():.1f} s)", flush=True)
                except Exception as error:  # a case that fails does not stop the others
                    failures.append(name)
                    print(f"FAILED  {type(error).__name__}: {error}", flush=True)
        if failures and s.keep:
            print(f"see {s.dir}", flush=True)
    return failures


def prepare(s, cases):
    """What sim/stack has no option for."""
    sim = yaml.safe_load((s.dir / "sim.yaml").read_text())
    for c in cases:
        for controller in sim["controllers"]:
            for lane in controller["lanes"]:
                if lane["place"] == c["case"]:
                    lane.update(c.get("barrier", {}))
        file = s.dir / f"edge-{c['case']}-gate.yaml"
        edge = yaml.safe_load(file.read_text())
        edge["links"][0]["scan_ms"] = c.get("scan_ms", edge["links"][0]["scan_ms"])
        for lane in edge["lanes"]:
            lane.update(c.get("lane", {}))
        file.write_text(yaml.safe_dump(edge))
    (s.dir / "sim.yaml").write_text(yaml.safe_dump(sim))


def main():
    cases = load()
    wanted = [a for a in sys.argv[1:] if not a.startswith("-")]
    if "--list" in sys.argv:
        for c in cases:
            print(f"{c['case']:24} {c['row']}: {c['about']}")
        return 0
    unknown = set(wanted) - {c["case"] for c in cases}
    if unknown:
        print(f"no such case: {', '.join(sorted(unknown))}; see --list")
        return 2
    cases = [c for c in cases if not wanted or c["case"] in wanted]
    failures = []
    # Long ones together: a batch takes as long as its longest case.
    cases.sort(key=lambda c: sum(s.get("pass_s", 5) for s in c["steps"]))
    batches = -(-len(cases) // AT_ONCE)
    size = -(-len(cases) // batches)
    for at in range(0, len(cases), size):
        failures += play(cases[at:at + size])
    print(f"{len(cases) - len(failures)} of {len(cases)} cases as expected", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
