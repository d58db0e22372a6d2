"""Money at the exit: paid, declined, no account, provider away, answer lost. Nobody is charged twice."""
import collections

from harness import Stack, check, main

EPOCH = "2026-05-15T01:00:00Z"


def plates_with_account(s, count):
    rows = (s.dir / "accounts.csv").read_text().splitlines()[1:]
    plates = [row.split(",")[0] for row in rows if row.split(",")[1].startswith("cus_0")]
    return plates[:count]


def fill(s, plates, minutes=12):
    """Drives the plates in and lets enough time pass that T3 asks for money."""
    cars = [s.drive("a", "in-1", plate) for plate in plates]
    s.until(lambda: all(s.vehicle(c)["state"] == "inside" for c in cars), "all are inside", 120)
    s.until(lambda: s.place("a")["occupied"]["counted"] == len(plates), "all are counted")
    s.until(lambda: all(s.sessions(p)[0]["elapsed_s"] > minutes * 60 for p in plates),
            f"{minutes} minutes pass", 120, every=0.3)


def no_double_charge(s):
    keys = collections.Counter(charge["key"] for charge in s.charges())
    check(all(n == 1 for n in keys.values()), f"no key charged twice: {keys.most_common(3)}")
    stays = collections.Counter(charge["metadata"]["session"] for charge in s.charges())
    check(all(n == 1 for n in stays.values()), f"no stay charged twice: {stays.most_common(3)}")


def twenty_exits_while_the_provider_is_down():
    with Stack(places=["a:30:in=in-1;out=out-1"], rate=60, epoch=EPOCH, policy="defer") as s:
        s.start()
        plates = plates_with_account(s, 20)
        fill(s, plates)
        s.provider("down")
        cars = [s.drive("a", "out-1", plate) for plate in plates]
        s.until(lambda: all(s.vehicle(c)["state"] == "left" for c in cars), "all twenty are out", 240)
        s.until(lambda: s.place("a")["occupied"]["counted"] == 0, "twenty spaces are free")
        check(s.summary("a")["debts_open"] == 20, f"twenty debts: {s.summary('a')}")
        check(s.charges() == [], "nothing was charged yet")
        s.provider("ok")
        s.until(lambda: s.summary("a")["debts_open"] == 0, "no debt is open", 60, every=0.3)
        check(len(s.charges()) == 20, f"twenty payments: {len(s.charges())}")
        no_double_charge(s)
        check(all(s.sessions(p)[0]["payment"] == "paid" for p in plates), "each stay is paid")


def the_answer_is_lost_after_charging():
    with Stack(places=["a:10:in=in-1;out=out-1"], rate=60, epoch=EPOCH) as s:
        s.start()
        plates = plates_with_account(s, 3)
        fill(s, plates)
        s.provider("lose_answer", count=3)
        cars = [s.drive("a", "out-1", plate) for plate in plates]
        s.until(lambda: all(s.vehicle(c)["state"] == "left" for c in cars), "all are out", 120)
        s.until(lambda: all(s.sessions(p)[0]["payment"] == "paid" for p in plates),
                "each unknown outcome is found out", 90, every=0.3)
        check(len(s.charges()) == 3, f"three charges: {s.charges()}")
        check(s.summary("a")["debts_open"] == 0, "no debt is open")
        no_double_charge(s)


def declined_stays_in_and_may_back_out():
    with Stack(places=["a:10:in=in-1;out=out-1"], rate=60, epoch=EPOCH) as s:
        s.start()
        plates = plates_with_account(s, 1)
        fill(s, plates)
        s.provider("decline")
        car = s.drive("a", "out-1", plates[0])
        s.until(lambda: s.query("cloud.db", "SELECT 1 FROM payment WHERE state = 'declined'"),
                "the payment is declined")
        s.until(lambda: any("500" in lane["display"] for lane in s.truth()["lanes"]
                            if lane["lane"] == "out-1"), "the display names the amount")
        check(s.vehicle(car)["state"] == "at_column", "the arm stays down")
        s.provider("ok")  # the driver's card works again: asked anew, paid, out
        s.until_vehicle(car, "left", seconds=60)
        check(len(s.charges()) == 1, "charged once")
        no_double_charge(s)


def no_account_is_refused_with_the_amount():
    with Stack(places=["a:10:in=in-1;out=out-1"], rate=60, epoch=EPOCH) as s:
        s.start()
        fill(s, ["77러7777"])
        car = s.drive("a", "out-1", "77러7777")
        s.until(lambda: s.query("cloud.db", "SELECT 1 FROM event WHERE kind = 'passage.denied' "
                                            "AND CAST(bytes AS TEXT) LIKE '%no_account%'"), "refused: no account")
        check(s.vehicle(car)["state"] == "at_column", "the arm stays down")
        check(s.charges() == [], "nothing charged")


def hold_lapses_into_defer():
    with Stack(places=["a:10:in=in-1;out=out-1"], rate=60, epoch=EPOCH, policy="hold", hold_max=120) as s:
        s.start()
        plates = plates_with_account(s, 1)
        fill(s, plates)
        s.provider("down")
        car = s.drive("a", "out-1", plates[0])
        s.until_vehicle(car, "at_column")
        s.until_vehicle(car, "left", seconds=60)
        held_s = s.until(lambda: s.query(
            "cloud.db", "SELECT (authorised_ms - presented_ms) / 1000 FROM movement "
                        "WHERE direction = 'exit' AND authorised_ms IS NOT NULL"), "the opening is recorded")[0][0]
        check(held_s >= 100, f"the arm was held before it opened: {held_s} s")
        s.provider("ok")
        s.until(lambda: s.summary("a")["debts_open"] == 0, "the debt is collected", 60, every=0.3)
        no_double_charge(s)


main(twenty_exits_while_the_provider_is_down, the_answer_is_lost_after_charging,
     declined_stays_in_and_may_back_out, no_account_is_refused_with_the_amount, hold_lapses_into_defer)
