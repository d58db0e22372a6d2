"""Rights from the operator's command to the arm: permit, deny list, wrong day, withdrawal, and the price."""
from harness import Stack, check, main

# The camera takes the B of the permit for an 8.
PERMIT, READ, BARRED, LATER = "B12가3456", "812가3456", "33나3333", "44다4444"


def applied(s, version):
    s.until(lambda: all(e["version"] == version for e in s.get("/v1/places/a/rights", token=s.token)["edges"])
            and s.get("/v1/places/a/rights", token=s.token)["edges"], f"version {version} is in force at the edge")


def rights_reach_the_gate():
    with Stack(places=["a:10:in=in-1;out=out-1"], rate=20, epoch="2026-05-15T01:00:00Z") as s:
        s.start()
        s.ctl("right", "add", "a", "permit:1", "--plate", PERMIT)
        s.ctl("right", "add", "a", "no:1", "--kind", "deny", "--plate", BARRED)
        s.ctl("right", "add", "a", "later:1", "--plate", LATER, "--from", "2026-06-01T00:00:00Z")
        applied(s, 3)
        s.until_vehicle(s.drive("a", "in-1", READ), "inside")
        for plate, text, word in [(BARRED, "NO ENTRY", "barred"), (LATER, "NOT VALID", "not_valid")]:
            car = s.drive("a", "in-1", plate)
            s.until(lambda: any(text in lane["display"] for lane in s.truth()["lanes"]
                                if lane["lane"] == "in-1"), f"the display says {text}")
            s.until_vehicle(car, "turned_away", seconds=60)
            s.until(lambda: s.query("cloud.db", "SELECT 1 FROM movement WHERE reason = ?", word),
                    f"{word} is recorded")
        bases = [row[0] for row in s.query("cloud.db", "SELECT basis FROM movement WHERE basis IS NOT NULL")]
        check(bases == ["right"], f"one entry, on its right: {bases}")
        stay = s.sessions(READ)[0]
        check(stay["right"] == "permit:1", f"covered: {stay}")
        s.until(lambda: s.sessions(READ)[0]["elapsed_s"] > 720, "more than the free minutes pass", 60)
        s.until_vehicle(s.drive("a", "out-1", READ), "left", seconds=60)
        s.until(lambda: s.place("a")["occupied"] == {"counted": 0, "derived": 0, "difference": 0},
                "both counts say none")
        stay = s.sessions(READ)[0]
        check(stay["amount_minor"] == 0 and stay["payment"] == "free", f"covered, so free: {stay}")
        check(s.charges() == [], "nothing was charged")
        s.ctl("right", "remove", "a", "no:1")
        applied(s, 4)
        s.until_vehicle(s.drive("a", "in-1", BARRED), "inside")
        check(s.truth()["violations"] == [], "nothing unsafe happened")


main(rights_reach_the_gate)
