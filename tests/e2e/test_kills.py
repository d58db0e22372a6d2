"""kill -9 of edges, broker and cloud at random moments under traffic: nothing lost, doubled or reordered.

BOOMGATE_KILLS (default 60) and BOOMGATE_SEED choose how many and which; the seed is printed.
"""
import collections
import os
import random

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
        s.traffic(False)
        s.drain()
        s.until(lambda: all(p["queued"] == 0 and p["inside"] == 0 for p in s.truth()["places"]),
                "every car gets out", 180)
        s.until_ready()
        s.until(lambda: all(e["outbox_depth"] == 0 for p in s.places()
                            for e in s.place(p["place"])["edges"]), "every outbox is empty", 60)
        total = s.until(lambda: streams_are_whole(s), "the streams are whole", 60)
        for p in s.places():
            place, truth = s.place(p["place"]), s.truth(p["place"])
            drift = place["occupied"]["counted"] - truth["inside"]
            print(f"{p['place']}: entered {truth['entered']}, left {truth['left']}, drift {drift}", flush=True)
            check(drift >= 0, f"doubt may only count in: {place['occupied']} against {truth}")
        keys = collections.Counter(charge["key"] for charge in s.charges())
        stays = collections.Counter(charge["metadata"]["session"] for charge in s.charges())
        check(max(keys.values(), default=0) <= 1 and max(stays.values(), default=0) <= 1,
              f"no stay charged twice: {stays.most_common(3)}")
        check(len(keys) > 0, "some stays were charged")
        check(s.truth()["violations"] == [], f"nothing unsafe: {s.truth()['violations'][:3]}")
        print(f"{total} events whole after {KILLS} kills, {len(keys)} charges", flush=True)


main(sixty_kills_under_traffic)
