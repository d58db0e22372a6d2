"""A day of demand replayed through the gates: the reported occupancy is the true one at every sample.

    test_trace.py                   the small trace of our own (sim/scenarios/day.csv)
    test_trace.py shared NAME...    the real traces of ../shared/data/occupancy (a week each: long)

The trace is demand; the truth is the vehicles inside. At each sample new demand is paused until the
gates are at rest, the reported figure must become the true one, and demand goes on. Between the samples
it is read all the time and must stay within 0..capacity.
"""
import csv
import datetime
import os
import pathlib
import sys
import time

from harness import ROOT, SKIP, Failure, Stack, check, main

RATE = int(os.environ.get("BOOMGATE_TRACE_RATE", "600"))


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def replay(trace, samples, rate=RATE):
    rows = list(csv.DictReader(trace.open()))
    begin, end = instant(rows[0]["timestamp"]), instant(rows[-1]["timestamp"])
    capacity = int(rows[0]["capacity"])
    span_s = (end - begin).total_seconds()
    print(f"{trace.name}: {len(rows)} rows, capacity {capacity}, {span_s / 3600:.0f} h at {rate}x", flush=True)
    layout = "in=in-1,in-2;out=out-1,out-2"
    with Stack(places=[f"a:{capacity}:{layout}"], traffic=trace, rate=rate, patience=600,
               epoch=begin.strftime("%Y-%m-%dT%H:%M:%SZ")) as s:
        s.start()
        judged, low, high, queued = 0, capacity, 0, 0

        def reported():
            place = s.place("a")
            check(0 <= place["occupied"]["counted"] <= capacity, f"outside 0..{capacity}: {place['occupied']}")
            check(0 <= place["free"] <= capacity, f"free outside 0..{capacity}: {place['free']}")
            return place

        def at_rest_and_equal():
            before = s.truth("a")
            place = reported()
            after = s.truth("a")
            return (before["entered"], before["left"]) == (after["entered"], after["left"]) and \
                place["occupied"]["counted"] == after["inside"] and place["pending"] == 0

        for n in range(1, samples + 1):
            due = begin + datetime.timedelta(seconds=n * span_s / samples)
            while True:  # by the simulator's clock: it may be behind a fast one
                truth = s.truth()
                if instant(truth["time"]) >= due:
                    break
                reported()
                queued = max(queued, truth["places"][0]["queued"])
                time.sleep(0.05)
            s.traffic(False)
            try:
                s.until(at_rest_and_equal, f"sample {n}: reported = true", 20, every=0.02)
            except Failure as failure:
                raise Failure(f"{failure}; true {s.truth('a')}, reported {s.place('a')}") from None
            inside = s.truth("a")["inside"]
            check(inside <= capacity, f"the place is never overfilled: {inside}")
            low, high, judged = min(low, inside), max(high, inside), judged + 1
            if n < samples:
                s.traffic(True)
        truth = s.truth("a")
        check(s.truth()["violations"] == [], "nothing unsafe happened")
        check(judged == samples and truth["entered"] > 0 and truth["left"] > 0, "cars moved")
        entries = s.query("cloud.db", "SELECT COUNT(*) FROM session")[0][0]
        print(f"{trace.name}: {judged} samples equal; entered {truth['entered']}, left {truth['left']}, "
              f"turned away {truth['turned_away']}, inside {low}..{high} of {capacity}, "
              f"queue at most {queued}; {entries} stays", flush=True)
        return low, high, capacity


def a_day_of_our_own():
    low, high, capacity = replay(ROOT / "sim" / "scenarios" / "day.csv", samples=48)
    check(low <= capacity * 0.05 and high >= capacity * 0.98, f"the day reaches empty and full: {low}..{high}")


if len(sys.argv) > 1 and sys.argv[1] == "shared":
    folder = pathlib.Path(ROOT).parent / "shared" / "data" / "occupancy"
    names = sys.argv[2:] or sorted(p.name for p in folder.glob("*.csv"))
    if not folder.is_dir():
        print("no shared traces here: skipped")
        sys.exit(SKIP)
    try:
        for name in names:
            replay(folder / name, samples=7 * 48)
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
else:
    main(a_day_of_our_own)
