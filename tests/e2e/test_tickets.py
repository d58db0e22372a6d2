"""Cars whose plates cannot be read: a ticket at the entry, shown at the exit; tickets that are not for leaving; and
the same without the cloud, the exit told before the entry."""
from harness import Stack, check, main

UNKNOWN, NOBODYS = "T00000000000000000", "T00000000000000012"  # well formed, never issued


def stays(s, place="a"):
    columns = ("plate", "credential", "state", "price_minor", "paid_minor", "exit_basis")
    return [dict(zip(columns, row)) for row in
            s.query("cloud.db", f"SELECT {', '.join(columns)} FROM session WHERE place = ? ORDER BY start_ms", place)]


def shown(s, place, lane):
    return next(l["display"] for l in s.truth()["lanes"] if (l["place"], l["lane"]) == (place, lane))


def enter(s, place="a"):
    car = s.drive(place, "in-1", "", unreadable=True)
    s.until_vehicle(car, "inside", seconds=60)
    return s.vehicle(car)["ticket"]


def in_and_out():
    with Stack(places=["a:10:in=in-1;out=out-1", "b:5:gate=in-1,out-1"], rate=20, unmatched="deny") as s:
        s.start()
        number = enter(s)
        check(len(number) == 18 and number[0] == "T", f"a ticket number: {number}")
        stay = s.until(lambda: stays(s), "the stay is known")[0]
        check(stay["credential"] == number and stay["plate"] is None, f"the stay is the ticket's: {stay}")
        causes = [r[0] for r in s.query("cloud.db", "SELECT json_extract(bytes, '$.data.cause') FROM event "
                                        "WHERE kind = 'arm.opened'")]
        check(causes == ["ticket"], f"opened for a ticket: {causes}")
        other = enter(s, "b")
        s.until(lambda: stays(s, "b"), "the other stay is known")
        # Another place's ticket, then the right one: within the free minutes nothing is due.
        wrong = s.drive("a", "out-1", "", unreadable=True, ticket=other)
        s.until(lambda: "OTHER CAR PARK" in shown(s, "a", "out-1"), "told that it is another place's ticket")
        check(s.vehicle(wrong)["state"] == "at_column", "the arm stays down")
        s.ctl("lane", "open", "a", "out-1", "--reason", "wrong ticket", "--wait")
        s.until_vehicle(wrong, "left", seconds=60)
        check(stays(s)[0]["state"] == "open" and stays(s, "b")[0]["state"] == "open", "no stay ended by that")


def used_and_unknown():
    with Stack(places=["a:10:in=in-1;out=out-1"], rate=20, unmatched="deny") as s:
        s.start()
        number = enter(s)
        s.until(lambda: stays(s), "the stay is known")
        s.until_vehicle(s.drive("a", "out-1", "", unreadable=True, ticket=number), "left", seconds=60)
        stay = s.until(lambda: [x for x in stays(s) if x["state"] == "closed"], "the stay has ended")[0]
        check(stay["exit_basis"] == "free" and stay["credential"] == number, f"free, by its ticket: {stay}")
        for ticket, words in ((number, "TICKET USED"), (UNKNOWN, "NO STAY")):
            car = s.drive("a", "out-1", "", unreadable=True, force=True, ticket=ticket)
            s.until(lambda: words in shown(s, "a", "out-1"), f"{ticket}: {words}")
            check(s.vehicle(car)["state"] == "at_column", "the arm stays down")
            s.ctl("lane", "open", "a", "out-1", "--reason", "helped", "--wait")
            s.until_vehicle(car, "left", seconds=60)
        car = s.drive("a", "out-1", "", unreadable=True, force=True, ticket=NOBODYS)
        s.until(lambda: "NO STAY" in shown(s, "a", "out-1"), "no stay")
        s.fault("a", "out-1", "help", for_ms=1000)  # nobody comes: it opens after a minute, with a stay to look into
        s.until_vehicle(car, "left", seconds=60)
        s.until(lambda: [x for x in stays(s) if x["state"] == "unmatched" and x["credential"] == NOBODYS],
                "an unmatched stay")
        check(s.truth()["violations"] == [], "nothing unsafe")


def without_the_cloud():
    with Stack(places=["a:10:in=in-1;out=out-1"], rate=20, grant=4) as s:
        s.start()
        s.until(lambda: s.query("edge-a-in.db", "SELECT free FROM edge_memory")[0][0] >= 1, "spaces in hand")
        s.kill("cloud")
        number = enter(s)
        s.until_vehicle(s.drive("a", "out-1", "", unreadable=True, ticket=number), "left", seconds=90)
        s.kill("edge-a-in")  # the exit is told first
        s.start("cloud")
        s.until(lambda: [x["state"] for x in stays(s)] == ["unmatched"], "an exit without a stay", 30)
        s.start("edge-a-in")
        stay = s.until(lambda: [x for x in stays(s) if x["state"] == "closed"], "its entry is matched", 30)[0]
        check(stay["credential"] == number and len(stays(s)) == 1, f"one stay: {stays(s)}")
        s.until(lambda: s.place("a")["occupied"] == {"counted": 0, "derived": 0, "difference": 0}, "both counts say none")


def traffic_with_tickets():
    """One car in four takes a ticket; both counts stay what is true, and every stay is found at its exit."""
    with Stack(places=["a:20:in=in-1;out=out-1", "b:15:gate=in-1,out-1"], traffic="poisson", rate=20, arrivals=240,
               stay=4, tickets=25, unmatched="deny") as s:
        s.start()
        s.until(lambda: s.query("cloud.db", "SELECT COUNT(*) FROM session WHERE credential IS NOT NULL "
                                "AND state = 'closed'")[0][0] >= 5, "five have come and gone by ticket", 90)
        s.traffic(False)
        for p in ("a", "b"):
            s.until(lambda: s.truth(p)["queued"] == 0 and s.place(p)["occupied"] ==
                    {"counted": s.truth(p)["inside"], "derived": s.truth(p)["inside"], "difference": 0},
                    f"{p}: reported is true", 60)
        odd = s.query("cloud.db", "SELECT COUNT(*) FROM session WHERE state = 'unmatched'")[0][0]
        check(odd == 0, f"every exit found its stay: {odd} did not")
        check(s.truth()["violations"] == [], "nothing unsafe")


def cards():
    """A card that is read from afar is as good as a plate: in and out, and again."""
    with Stack(places=["a:10:gate=in-1,out-1"], rate=20, unmatched="deny") as s:
        s.start()
        for n in (1, 2):
            car = s.drive("a", "in-1", "", tag="04:A1:5C")
            s.until_vehicle(car, "inside", seconds=60)
            s.until(lambda: [x["state"] for x in stays(s)].count("open") == 1, "its stay is open")
            s.until_vehicle(s.drive("a", "out-1", "", tag="04:A1:5C"), "left", seconds=60)
            s.until(lambda: [x["state"] for x in stays(s)] == ["closed"] * n, "its stay has ended")


main(in_and_out, used_and_unknown, without_the_cloud, cards, traffic_with_tickets)
