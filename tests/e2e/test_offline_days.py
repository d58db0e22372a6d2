"""Two days without the cloud: cars go in as long as there are spaces in hand, everybody gets out, and afterwards
the books are exactly what happened.

Place a has an edge at each end: what leaves is credited at the exit, so the entry uses up what it holds and then
refuses. Place b has one edge for both lanes and goes on by itself for as long as it takes.
BOOMGATE_DAYS (default 2) and BOOMGATE_OFFLINE_RATE (default 1000) say how long and how fast.
"""
import datetime
import os
import time

from harness import Stack, check, main

DAYS = float(os.environ.get("BOOMGATE_DAYS", "2"))
RATE = int(os.environ.get("BOOMGATE_OFFLINE_RATE", "1000"))
CAPACITY = {"a": 30, "b": 20}


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def off_by(s, place):
    """The ledger's sum, and the count against the truth; both must be 0."""
    row = s.query("cloud.db", "SELECT capacity + overdraft - pool - occupied - pending - held - "
                  "(SELECT COALESCE(SUM(view), 0) FROM stream WHERE stream.place = place.place), occupied "
                  "FROM place WHERE place = ?", place)[0]
    return row[0], row[1] - s.truth(place)["inside"]


def once_each(s, place):
    """(crossings recorded, distinct ones) in each direction, as the truth has them."""
    rows = s.query("cloud.db", "SELECT direction, COUNT(*), COUNT(DISTINCT id) FROM movement WHERE place = ? "
                   "AND completed_ms IS NOT NULL GROUP BY direction", place)
    truth = s.truth(place)
    wanted = {"entry": truth["entered"], "exit": truth["left"]}
    return {d: n for d, n, distinct in rows if n == distinct} == {d: n for d, n in wanted.items() if n}


def two_days_without_the_cloud():
    with Stack(places=["a:30:in=in-1;out=out-1", "b:20:gate=in-1,out-1"], traffic="poisson", rate=RATE,
               arrivals=6, stay=150, patience=600, grant=12, epoch="2026-05-15T01:00:00Z") as s:
        for name in s.edges:  # at this pace a deadline of two real seconds is half an hour for a driver
            file = s.dir / f"{name}.yaml"
            file.write_text(file.read_text() + "\ndeadlines: {entry_ms: 80, exit_ms: 80}\n")
        s.start()
        s.until(lambda: all(s.truth(p)["left"] >= 3 for p in CAPACITY), "cars come and go", 60)
        s.kill("cloud")
        before = {p: s.truth(p) for p in CAPACITY}
        in_hand = s.query("edge-a-in.db", "SELECT free FROM edge_memory")[0][0]
        end = instant(s.truth()["time"]) + datetime.timedelta(days=DAYS)
        while instant(s.truth()["time"]) < end:
            for place in s.truth()["places"]:
                check(place["inside"] <= CAPACITY[place["place"]], f"overfilled: {place}")
            time.sleep(0.1)
        s.traffic(False)
        s.until(lambda: all(p["entering"] == p["leaving"] == 0 for p in s.truth()["places"]), "the gates are at rest", 60)
        after = {p: s.truth(p) for p in CAPACITY}
        gone = {p: {k: after[p][k] - before[p][k] for k in ("entered", "left", "turned_away")} for p in CAPACITY}
        print(f"{DAYS:g} days: {gone}; {in_hand} in hand at a/in", flush=True)
        check(in_hand - 1 <= gone["a"]["entered"] <= in_hand + 1, f"a: what was in hand, no more: {gone['a']}")
        check(gone["a"]["turned_away"] > 0, "a: then it refuses")
        check(after["a"]["inside"] <= after["a"]["entered"] - before["a"]["entered"], "a: everybody else got out")
        check(gone["b"]["entered"] > CAPACITY["b"], f"b goes on by itself: {gone['b']}")
        s.start("cloud")
        s.until_ready()
        for place in CAPACITY:
            s.until(lambda: once_each(s, place), f"{place}: each crossing is recorded once", 60)
            s.until(lambda: off_by(s, place) == (0, 0), f"{place}: the books are exact", 60)
        check(s.query("cloud.db", "SELECT COUNT(*) FROM quarantine")[0][0] == 0, "nothing is quarantined")
        # Of a the two edges catch up side by side: an exit may be told before its entry, which then finds it. On a busy
        # machine an authorised car may cross so late that it counts as a follower nobody read: its stay has no
        # plate, and its exit finds none. There is no other reason.
        lost = s.query("cloud.db", "SELECT place, COUNT(*), (SELECT COUNT(*) FROM session AS n WHERE n.place = x.place "
                       "AND n.state = 'open' AND n.plate IS NULL) FROM session AS x WHERE state = 'unmatched' "
                       "AND plate IS NOT NULL GROUP BY place")
        check(all(exits <= unread for _, exits, unread in lost), f"every exit found its stay: {lost}")
        keys = [c["metadata"]["session"] for c in s.charges()]
        check(len(keys) == len(set(keys)), "no stay is charged twice")
        s.traffic(True)  # what the exit edge was credited finds its way back to the entry
        s.until(lambda: s.truth("a")["entered"] > after["a"]["entered"], "a lets cars in again", 60)
        s.traffic(False)
        s.until(lambda: all(off_by(s, p) == (0, 0) for p in CAPACITY), "and the books stay exact", 60)
        check(s.truth()["violations"] == [], "nothing unsafe")


main(two_days_without_the_cloud)
