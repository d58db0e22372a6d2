"""Admission without the cloud never overfills, and everything is recorded exactly once afterwards."""
from harness import Stack, check, main


def ledger(s, place):
    row = s.query("cloud.db", "SELECT capacity, pool, occupied, pending, overdraft, held FROM place "
                              "WHERE place = ?", place)[0]
    view = s.query("cloud.db", "SELECT COALESCE(SUM(view), 0) FROM stream WHERE place = ?", place)[0][0]
    return dict(zip(("capacity", "pool", "occupied", "pending", "overdraft", "held"), row), view=view)


def balanced(l):
    return (l["occupied"] + l["pending"] + l["view"] + l["held"] + l["pool"]
            == l["capacity"] + l["overdraft"])


def thirty_arrivals_without_the_cloud():
    with Stack(places=["a:10:in=in-1;out=out-1"], rate=40, patience=20, grant=8) as s:
        s.start()
        s.until(lambda: ledger(s, "a")["view"] == 8, "the entry edge holds spaces")
        s.until(lambda: s.query("edge-a-in.db", "SELECT free FROM edge_memory") == [(8,)], "and knows it")
        in_hand = 8
        s.kill("cloud")
        cars = [s.drive("a", "in-1", f"{10 + n}가{1000 + n}") for n in range(30)]
        s.until(lambda: all(s.vehicle(c)["state"] in ("inside", "turned_away") for c in cars),
                "every car is in or turned away", 180)
        inside = s.truth("a")["inside"]
        check(inside <= 10, f"never more than ten: {inside}")
        check(inside == in_hand, f"all spaces in hand were used: {inside} of {in_hand}")
        late = s.drive("a", "in-1", "99하9999", then="wait")
        s.until(lambda: any("WAIT" in lane["display"].upper() for lane in s.truth()["lanes"]
                            if lane["lane"] == "in-1"), "the display says please wait")
        s.start("cloud")
        s.until_ready()
        s.instruct(late, "drive")
        s.until_vehicle(late, "inside", seconds=60)  # the cloud is back and has two more to give
        inside += 1
        s.until(lambda: s.place("a")["occupied"]["counted"] == inside, "the cloud knows of every car")
        entries = s.query("cloud.db", "SELECT COUNT(*), COUNT(DISTINCT movement) FROM event "
                                      "WHERE kind = 'passage.completed'")[0]
        check(entries == (inside, inside), f"each entry exactly once: {entries}")
        sessions = s.query("cloud.db", "SELECT COUNT(*) FROM session")[0][0]
        check(sessions == inside, f"one stay per car: {sessions}")
        check(balanced(ledger(s, "a")), f"the ledger balances: {ledger(s, 'a')}")
        check(s.truth()["violations"] == [], "nothing unsafe")


def exits_free_spaces_across_edges():
    """Spaces credited at the exit edge find their way back to the entry edge through the pool."""
    with Stack(places=["a:4:in=in-1;out=out-1"], rate=10) as s:
        s.start()
        for n in range(4):
            s.until_vehicle(s.drive("a", "in-1", f"{20 + n}나{2000 + n}"), "inside")
        s.until(lambda: s.place("a")["status"] == "full", "full")
        waiting = s.drive("a", "in-1", "99다9999")
        s.until_vehicle(waiting, "at_column")
        s.until_vehicle(s.drive("a", "out-1", "20나2000"), "left", seconds=60)
        s.until_vehicle(waiting, "inside", seconds=60)
        s.until(lambda: s.place("a")["occupied"]["counted"] == 4, "full again")
        check(balanced(ledger(s, "a")), f"the ledger balances: {ledger(s, 'a')}")


main(thirty_arrivals_without_the_cloud, exits_free_spaces_across_edges)
