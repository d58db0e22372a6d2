"""kill -9 of edges, broker and cloud at random moments under traffic: nothing lost, doubled or reordered.

The first test is fast: the simulated world waits for the scans, so that hardly a car moves while an edge is
dead. In the second it waits for nobody, and edges die while a car is under way: it crosses unseen.

BOOMGATE_KILLS (default 60) and BOOMGATE_SEED choose how many and which; the seed is printed.
"""
import collections
import os
import random
import time

from harness import Stack, check, main

KILLS = int(os.environ.get("BOOMGATE_KILLS", "60"))
SEED = int(os.environ.get("BOOMGATE_SEED", "20261120"))
EPOCH = "2026-05-15T01:00:00Z"


def streams_are_whole(s):
    """The cloud's copy of every stream is the edge's journal: same rows, same bytes, same order."""
    total = 0
    for name in s.edges:
        _, place, edge = name.split("-", 2)
        here = s.query(f"{name}.db", "SELECT seq, digest, bytes FROM outbox ORDER BY seq")
        there = s.query("cloud.db", "SELECT event.seq, digest, bytes FROM event JOIN stream "
                                    "ON stream.id = event.stream WHERE place = ? AND edge = ? "
                                    "ORDER BY epoch, event.seq", place, edge)
        check([row[0] for row in there] == list(range(1, len(there) + 1)), f"{name}: contiguous from 1")
        check(len(here) == len(there), f"{name}: {len(here)} recorded, {len(there)} committed")
        for mine, theirs in zip(here, there):
            check(mine[0] == theirs[0] and bytes_of(mine[2]) == bytes_of(theirs[2]),
                  f"{name}: event {mine[0]} differs")
        total += len(there)
    check(s.query("cloud.db", "SELECT COUNT(*) FROM quarantine")[0][0] == 0, "nothing was quarantined")
    return total


def bytes_of(value):
    return value.encode() if isinstance(value, str) else value


def sixty_kills_under_traffic():
    random.seed(SEED)
    counts = collections.Counter()
    with Stack(traffic="poisson", rate=20, arrivals=120, stay=12, epoch=EPOCH) as s:
        s.start()
        capacity = {p["place"]: p["capacity"] for p in s.places()}

        def moved():
            return sum(p["entered"] + p["left"] for p in s.truth()["places"])

        def never_overfilled():
            for p in s.truth()["places"]:
                check(p["inside"] <= capacity[p["place"]], f"overfilled: {p}")

        s.until(lambda: moved() > 10, "traffic runs", 60)
        targets = ["broker", "cloud", *s.edges]
        for n in range(KILLS):
            victim = random.choice(targets)
            counts[victim] += 1
            s.restart(victim)
            before = moved()
            goal = random.randrange(0, 4)
            s.until(lambda: moved() >= before + goal, f"kill {n} ({victim}): traffic goes on", 60)
            never_overfilled()
        print(f"seed {SEED}: killed {dict(counts)}", flush=True)
        check(settled(s) > 0, "some stays were charged")


def settled(s):
    """Everybody drives out; then streams, counts and charges are compared with what truly happened. Returns the
    number of charges."""
    s.traffic(False)
    s.drain()
    s.until(lambda: all(p["queued"] == 0 and p["inside"] == 0 for p in s.truth()["places"]),
            "every car gets out", 180)
    s.until_ready()
    s.until(lambda: all(e["outbox_depth"] == 0 for p in s.places()
                        for e in s.place(p["place"])["edges"]), "every outbox is empty", 60)
    total = s.until(lambda: streams_are_whole(s), "the streams are whole", 60)
    for p in s.places():
        truth = s.truth(p["place"])
        # Not the API's figure: that one is never below 0.
        drift = s.query("cloud.db", "SELECT occupied FROM place WHERE place = ?", p["place"])[0][0] - truth["inside"]
        print(f"{p['place']}: entered {truth['entered']}, left {truth['left']}, drift {drift}", flush=True)
        check(drift >= 0, f"doubt may only count in: {drift} against {truth}")
    keys = collections.Counter(charge["key"] for charge in s.charges())
    stays = collections.Counter(charge["metadata"]["session"] for charge in s.charges())
    check(max(keys.values(), default=0) <= 1 and max(stays.values(), default=0) <= 1,
          f"no stay charged twice: {stays.most_common(3)}")
    check(s.truth()["violations"] == [], f"nothing unsafe: {s.truth()['violations'][:3]}")
    print(f"{total} events whole, {len(keys)} charges", flush=True)
    return len(keys)


def kills_while_cars_cross():
    """Edges die with the arm up; they stay dead until somebody has crossed, or for a moment."""
    random.seed(SEED)
    goals = collections.Counter()
    with Stack(places=["a:40:in=in-1;out=out-1", "b:30:gate=in-1,out-1"], traffic="poisson", rate=4, guard=0,
               arrivals=500, stay=3, epoch=EPOCH) as s:
        s.start()
        names = {"edge-a-in": ["a/in-1"], "edge-a-out": ["a/out-1"], "edge-b-gate": ["b/in-1", "b/out-1"]}

        def crossed(place):
            truth = s.truth(place)
            return truth["entered"] + truth["left"]

        def arms():
            return {f"{lane['place']}/{lane['lane']}": lane["arm"] for lane in s.truth()["lanes"]}

        unseen = 0
        for n in range(KILLS // 3):
            victim = random.choice(list(names))
            place = victim.split("-")[1]
            s.until(lambda: any(arms()[lane] != "down" for lane in names[victim]), f"{victim} has work", 90, every=0.01)
            time.sleep(random.uniform(0, 0.6))  # anywhere in the passage
            before = crossed(place)
            s.kill(victim)
            if random.random() < 0.7:  # long enough for the car, too short for the watchdog
                end = time.monotonic() + random.uniform(0.5, 3)
                while crossed(place) == before and time.monotonic() < end:
                    time.sleep(0.02)
            goals[victim] += 1
            unseen += crossed(place) - before
            s.start(victim)
            check(all(p["inside"] <= {"a": 40, "b": 30}[p["place"]] for p in s.truth()["places"]), "overfilled")
        print(f"seed {SEED}: killed {dict(goals)}, {unseen} crossings while the edge was dead", flush=True)
        check(unseen >= KILLS // 30, f"cars cross while nobody looks: {unseen}")
        settled(s)


main(sixty_kills_under_traffic, kills_while_cars_cross)
