"""What an edge holds, on the real stack: a space bound to one right, anti-passback, an audit, and a journal that
is set back to an older copy of itself."""
import shutil

import yaml

from harness import Stack, check, main

EDGE, JOURNAL = "edge-a-gate", "edge-a-gate.db"
PERMIT = "12가3456"


def hard_passback(s):
    file = s.dir / f"{EDGE}.yaml"
    edge = yaml.safe_load(file.read_text())
    for lane in edge["lanes"]:
        lane["passback"] = "hard"
    file.write_text(yaml.safe_dump(edge))


def count(s, sql, *arguments):
    return s.query("cloud.db", "SELECT count(*) FROM " + sql, *arguments)[0][0]


def bases(s):
    return [row[0] for row in s.query("cloud.db", "SELECT basis FROM movement WHERE basis IS NOT NULL")]


def balanced(s):
    """What the ledger's sum is off by: spaces made or lost."""
    return s.query("cloud.db", "SELECT capacity + overdraft - pool - occupied - pending - held - "
                   "(SELECT COALESCE(SUM(view), 0) FROM stream WHERE stream.place = place.place) FROM place")[0][0] == 0


def applied(s, version):
    s.until(lambda: [e["version"] for e in s.get("/v1/places/a/rights", token=s.token)["edges"]] == [version],
            f"version {version} of the list is in force at the edge", 60)


def bind(s, right):
    s.ctl("edge", "bind", "a", "gate", "--right", right)
    s.until(lambda: s.query(JOURNAL, "SELECT right, n FROM bound_space") == [(right, 1)], "the edge has it", 60)


def given_up(s):
    """A right is removed: what was kept for it goes back by itself."""
    s.ctl("right", "add", "a", "permit:0", "--plate", "99허9999")
    applied(s, 1)
    bind(s, "permit:0")
    s.ctl("right", "remove", "a", "permit:0")
    s.until(lambda: s.query(JOURNAL, "SELECT * FROM bound_space") == [], "it is given back", 60)
    s.until(lambda: s.query("cloud.db", "SELECT bound FROM stream") == [(0,)], "the cloud knows", 60)
    check(balanced(s), "no space was made or lost by it")


def kept_for_one(s):
    """The last space of a full place is kept for a permit: nobody else gets it."""
    s.ctl("right", "add", "a", "permit:1", "--plate", PERMIT)
    applied(s, 3)
    bind(s, "permit:1")
    for plate in ("34나5678", "56다7890"):
        s.until_vehicle(s.drive("a", "in-1", plate), "inside", seconds=60)
    s.until_vehicle(s.drive("a", "in-1", "78라9012"), "turned_away", seconds=90)
    s.until_vehicle(s.drive("a", "in-1", PERMIT), "inside", seconds=60)
    s.until(lambda: sorted(bases(s)) == ["bound", "space", "space"], "admitted on what was kept for it")
    check(s.query(JOURNAL, "SELECT * FROM bound_space") == [], "and it is used up")


def not_twice(s):
    """A second car with the plate of one that is inside."""
    car = s.drive("a", "in-1", PERMIT)
    s.until(lambda: count(s, "movement WHERE reason = 'passback'") == 1, "it is told apart", 60)
    s.until_vehicle(car, "turned_away", seconds=90)


def counted(s):
    """A person finds one vehicle less than the ledger has: the place has room again."""
    s.until_vehicle(s.drive("a", "out-1", "34나5678"), "left", seconds=90)
    s.until(lambda: s.place("a")["occupied"]["counted"] == 2, "two are inside", 60)
    s.ctl("audit", "add", "a", "--counted", "1", "--reason", "one was never there")
    s.until(lambda: s.place("a")["occupied"]["counted"] == 1, "the count has taken effect", 60)
    check(balanced(s), "no space was made or lost by it")


def set_back(s):
    """The controller's disk is put back to a copy from before: a new epoch, and nothing happens twice."""
    s.stop(EDGE)
    for part in ("", "-wal"):
        if (s.dir / (JOURNAL + part)).exists():
            shutil.copy(s.dir / (JOURNAL + part), s.dir / ("old" + part))
    s.start(EDGE)
    s.until_vehicle(s.drive("a", "in-1", "90마1234"), "inside", seconds=90)
    s.until(lambda: s.place("a")["occupied"]["counted"] == 2, "it is counted", 60)
    s.stop(EDGE)
    for part in ("", "-wal", "-shm"):
        (s.dir / (JOURNAL + part)).unlink(missing_ok=True)
        if (s.dir / ("old" + part)).exists():
            shutil.copy(s.dir / ("old" + part), s.dir / (JOURNAL + part))
    s.start(EDGE)
    s.until(lambda: count(s, "anomaly WHERE kind = 'restored'") == 1, "it is found out", 60)
    s.until(lambda: s.query(JOURNAL, "SELECT epoch FROM edge_memory") == [(2,)], "it goes on in a new epoch", 60)
    check(s.query("cloud.db", "SELECT fenced FROM stream ORDER BY epoch") == [(1,), (0,)], "the old one is over")
    s.until_vehicle(s.drive("a", "out-1", "90마1234"), "left", seconds=90)
    s.until(lambda: s.place("a")["occupied"]["counted"] == 1, "who came in before leaves in the new one", 60)
    check(balanced(s), "no space was made or lost")
    check(s.truth()["violations"] == [], "nothing unsafe happened")


def what_an_edge_holds():
    with Stack(places=["a:3:gate=in-1,out-1"], rate=20, patience=20, grant=2, epoch="2026-05-15T01:00:00Z") as s:
        hard_passback(s)
        s.start()
        for step in (given_up, kept_for_one, counted, not_twice, set_back):
            step(s)


main(what_an_edge_holds)
