"""One car in and out through Modbus, broker, ledger and provider; then the paths that do not pass."""
import json
import subprocess

from harness import Stack, check, main

PLATE = "22아2222"


def one_car_in_and_out_paid():
    with Stack(places=["a:10:in=in-1;out=out-1"], rate=60, epoch="2026-05-15T01:00:00Z") as s:
        s.start()
        s.until_vehicle(s.drive("a", "in-1", PLATE), "inside")
        s.until(lambda: s.place("a")["occupied"] == {"counted": 1, "derived": 1, "difference": 0},
                "both counts say one")
        stay = s.sessions(PLATE)[0]
        check(stay["plate"] == PLATE and stay["state"] == "open", f"open stay of {PLATE}: {stay}")
        # 12 simulated minutes are over the ten free ones of T3: 500 won for the first half hour
        s.until(lambda: s.sessions(PLATE)[0]["elapsed_s"] > 720, "twelve minutes pass", 120)
        s.until_vehicle(s.drive("a", "out-1", PLATE), "left", seconds=60)
        s.until(lambda: s.place("a")["occupied"]["counted"] == 0, "the space is free again")
        stay = s.until(lambda: [x for x in s.sessions(PLATE) if x["state"] == "closed"],
                       "the stay is closed")[0]
        check(stay["amount_minor"] == 500 and stay["currency"] == "KRW", f"500 won: {stay}")
        check(stay["payment"] == "paid", f"paid: {stay}")
        charges = s.charges()
        check(len(charges) == 1 and charges[0]["amount_minor"] == 500, f"one charge: {charges}")
        check(s.truth()["violations"] == [], "nothing unsafe happened")
        feed_and_views(s)


def one_trace(s, stay):
    """Gate, question, decision, payment, answer and arm of one exit are one trace, known to the provider."""
    sent = s.charges()[0]["traceparent"]
    steps = json.loads(s.ctl("--json", "trace", sent.split("-")[1]).stdout)["steps"]
    types = [step["type"] for step in steps]
    wanted = ["vehicle.presented", "decision.made", "payment.sent", "payment.succeeded", "decision.made",
              "passage.authorised", "passage.completed", "session.closed", "movement.ended"]
    at = -1
    for word in wanted:
        check(word in types[at + 1:], f"{word} after {types[:at + 1]} in {types}")
        at = types.index(word, at + 1)
    check(any(step["traceparent"] == sent for step in steps), f"the payment's span: {sent} in {steps}")
    both = {step["movement"] for step in json.loads(s.ctl("--json", "trace", stay["session"]).stdout)["steps"]}
    check(len(both) == 2, f"of a stay, both its movements: {both}")
    check("payment.succeeded" in s.ctl("trace", s.charges()[0]["key"]).stdout, "by the payment's key")
    s.ctl("trace", "ffffffffffffffff", expect=1)


def feed_and_views(s):
    """The feed tells it all, in order and without a gap; the views made of it are the same when made again."""
    cursor, seen, types = "0", [], []
    while True:
        page = s.get(f"/v1/events?after={cursor}&limit=7", token=s.token, expect=200)
        seen += [int(e["cursor"]) for e in page["events"]]
        types += [e["type"].removeprefix("io.boomgate.").removesuffix(".v1") for e in page["events"]]
        cursor = page["next"]
        if not page["more"] and not page["events"]:
            break
    check(seen == list(range(1, len(seen) + 1)), f"no gap: {seen}")
    told = [t for t in types if t in ("vehicle.presented", "passage.completed", "session.opened",
                                      "payment.succeeded", "session.paid", "session.closed")]
    check(told == ["vehicle.presented", "passage.completed", "session.opened", "vehicle.presented",
                   "payment.succeeded", "session.paid", "passage.completed", "session.closed"],
          f"in order: {told}")
    s.until(lambda: s.query("cloud.db.views", "SELECT seen FROM progress")[0][0] >= seen[-1], "the views keep up")
    again = subprocess.run(s.commands["cloud"] + ["--rebuild-views"], capture_output=True, text=True, timeout=60)
    check(again.returncode == 0 and "equal to the views in use" in again.stdout, again.stdout + again.stderr)
    one_trace(s, s.sessions(PLATE)[0])
    report = s.get("/v1/reports/arrivals?place=a&from=2026-05-15T00:00:00Z&to=2026-05-16T00:00:00Z&step=1d",
                   token=s.token, expect=200)
    check([(r["lane"], r["entered"], r["left"]) for r in report["rows"]] == [("in-1", 1, 0), ("out-1", 0, 1)],
          f"one in, one out: {report}")


def denied_and_backed_out():
    """A full place refuses with the reason on the display; the three back-outs move no count."""
    with Stack(places=["a:1:in=in-1;out=out-1"], rate=20) as s:
        s.start()
        for how in ("back_out_before", "back_out_after", "back_out_under"):
            car = s.drive("a", "in-1", "12가3456", then=how)
            s.until_vehicle(car, "backed_out", "turned_away", seconds=60)
            s.until(lambda: s.place("a")["pending"] == 0 and s.place("a")["free"] == 1,
                    f"{how}: the space is back")
            check(s.place("a")["occupied"]["counted"] == 0, f"{how}: nothing counted")
        s.until_vehicle(s.drive("a", "in-1", "12가3456"), "inside")
        second = s.drive("a", "in-1", "34나5678")
        s.until(lambda: any("FULL" in lane["display"] for lane in s.truth()["lanes"]
                            if lane["lane"] == "in-1"), "the display says full")
        s.until_vehicle(second, "turned_away", seconds=60)
        check(s.truth("a")["inside"] == 1, "one inside")
        outcomes = [row[0] for row in s.query("cloud.db", "SELECT outcome FROM movement ORDER BY presented_ms")]
        check("backed_out" in outcomes and "denied" in outcomes, f"outcomes are recorded: {outcomes}")
        check(s.truth()["violations"] == [], "nothing unsafe happened")


def no_credential():
    """Nothing readable: refused with its reason after five seconds, the arm stays down."""
    with Stack(places=["a:5:in=in-1;out=out-1"], rate=20) as s:
        s.start()
        car = s.drive("a", "in-1", "")
        s.until(lambda: s.query("cloud.db", "SELECT 1 FROM event WHERE kind = 'passage.denied'"),
                "the denial reaches the ledger")
        s.until_vehicle(car, "turned_away", seconds=60)
        check(s.truth("a")["inside"] == 0 and s.place("a")["occupied"]["counted"] == 0, "nobody entered")


def restart_of_everything():
    """A clean stop and start of each daemon: exit status 0, and the state is where it was."""
    with Stack(places=["a:5:in=in-1;out=out-1"], rate=20) as s:
        s.start()
        s.until_vehicle(s.drive("a", "in-1", PLATE), "inside")
        s.until(lambda: s.place("a")["occupied"]["counted"] == 1, "counted")
        for name in ["cloud", *s.edges]:
            s.stop(name)
            s.start(name)
        s.until_ready()
        check(s.place("a")["occupied"]["counted"] == 1, "still one inside")
        s.until_vehicle(s.drive("a", "out-1", PLATE), "left", seconds=60)
        s.until(lambda: s.place("a")["occupied"]["counted"] == 0, "and out")


main(one_car_in_and_out_paid, denied_and_backed_out, no_credential, restart_of_everything)
