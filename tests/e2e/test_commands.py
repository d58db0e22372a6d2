#!/usr/bin/python3
"""Commands from afar on the whole system: what is done was seen, what is refused moves nothing, nothing is done
twice or too late, and fire and the service key win."""
import json
import os
import signal
import subprocess
import uuid

from harness import BIN, Stack, check, http_json, main

PLACE, IN, OUT = "a", "in-1", "out-1"


def stack(capacity=5):
    return Stack(places=[f"{PLACE}:{capacity}:in={IN};out={OUT}"], rate=10)


def tell(s, verb, lane=IN, reason="help call", expect=0, *more):
    """boomgatectl lane VERB --wait; its output."""
    return s.ctl("lane", verb, PLACE, lane, "--reason", reason, "--wait", *more, expect=expect).stdout


def order(s, action, lane=IN, key=None, **more):
    """The id of a command given over HTTP."""
    body = {"action": action, "reason": "test", **more}
    done = subprocess.run(
        ["curl", "-sS", "-X", "POST", f"{s.url}/v1/places/{PLACE}/lanes/{lane}/commands",
         "-H", f"Authorization: Bearer {s.token}", "-H", "Content-Type: application/json",
         "-H", f"Idempotency-Key: {key or uuid.uuid4().hex}", "-d", json.dumps(body)],
        capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["id"]


def command(s, ident):
    return s.get("/v1/commands/" + ident, token=s.token, expect=200)


def until_stage(s, ident, *stages, seconds=30):
    return s.until(lambda: (c := command(s, ident))["stage"] in stages and c,
                   f"the command is {' or '.join(stages)}", seconds)


def lane(s, name=IN):
    return next(row for row in s.place(PLACE)["lanes"] if row["lane"] == name)


def events(s, word, edge="in"):
    rows = s.query("cloud.db", "SELECT bytes FROM event JOIN stream ON stream.id = event.stream "
                   "WHERE kind = ? AND stream.edge = ? ORDER BY seq", word, edge)
    return [json.loads(row[0])["data"] for row in rows]


def motion(s, name=IN):
    hardware = s.hardware(PLACE, name)
    return hardware["opens"], hardware["closes"]


def raised(s, name=IN):
    """How often somebody ordered the arm up."""
    return sum(m["change"] == "opening" for m in s.hardware(PLACE, name)["motion"])


def a_person_lets_a_vehicle_in_where_there_is_no_space():
    with stack(capacity=1) as s:
        s.start()
        s.until_vehicle(s.drive(PLACE, IN, "11가1111"), "inside")
        second = s.drive(PLACE, IN, "22아2222", then="wait")
        s.until(lambda: lane(s)["state"] == "denied", "full: denied")
        opened = motion(s)[0]
        s.instruct(second, "drive")
        out = tell(s, "open", IN, "a guest")
        check([line.split()[-1] for line in out.splitlines()]
              == ["sent", "accepted", "executing", "done"], out)
        s.until_vehicle(second, "inside", seconds=60)
        s.until(lambda: s.place(PLACE)["overdraft"] == 1 and s.place(PLACE)["occupied"]["derived"] == 2,
                "both are counted, one of them beyond the capacity")
        check(motion(s)[0] == opened + 1, "opened once")
        given = events(s, "command.result")[0]
        check((given["stage"], given["actor"], given["detail"]) == ("accepted", "operator", "a guest"), f"{given}")
        causes = [e for e in events(s, "arm.opened") if e["cause"] == "remote"]
        check([e["command"] for e in causes] == [given["command"]], f"{causes}")
        s.until(lambda: events(s, "movement.ended")[-1]["outcome"] == "manual", "a manual passage")
        listed = s.ctl("lane", "log", PLACE, IN).stdout
        check("a guest" in listed and "done" in listed, listed)


def an_exit_opened_by_a_person_leaves_a_debt():
    """The provider is away, and the place holds cars back until it is not: a person decides."""
    with Stack(places=[f"{PLACE}:5:in={IN};out={OUT}"], rate=60, policy="hold", hold_max=3000) as s:
        s.start()
        s.until_vehicle(s.drive(PLACE, IN, "22아2222"), "inside")
        s.until(lambda: s.sessions("22아2222") and s.sessions("22아2222")[0]["amount_minor"] > 0, "it costs", 60)
        s.provider("down")
        leaving = s.drive(PLACE, OUT, "22아2222", then="wait")
        s.until(lambda: lane(s, OUT)["state"] in ("deciding", "denied"), "it waits")
        s.instruct(leaving, "drive")
        check("done" in tell(s, "open", OUT, "the provider is away"), "opened")
        s.until_vehicle(leaving, "left", seconds=60)
        s.until(lambda: s.place(PLACE)["occupied"]["counted"] == 0, "counted out")
        s.until(lambda: s.summary(PLACE)["debts_open"] == 1, "a debt is booked")
        s.until(lambda: events(s, "movement.ended", "out")[-1]["outcome"] == "manual", "a manual passage")


def nobody_there_nothing_moves():
    with stack() as s:
        s.start()
        out = tell(s, "open", expect=1)
        check("rejected: no_vehicle" in out, out)
        out = tell(s, "hold", IN, "wrong state", 1, "--expect", "arm_up")
        check("rejected: state" in out, out)
        check(motion(s) == (0, 0), "nothing moved")


def locked_and_unlocked():
    with stack() as s:
        s.start()
        tell(s, "lock")
        car = s.drive(PLACE, IN, "22아2222")
        s.until(lambda: lane(s)["state"] == "denied", "nobody is admitted")
        out = tell(s, "open", expect=1)
        check("rejected: locked" in out, out)
        s.restart("edge-a-in")
        s.until(lambda: events(s, "edge.started")[1:] and lane(s)["state"] == "denied",
                "the lock survives a restart", 30)
        check(motion(s) == (0, 0), "the arm stayed down")
        tell(s, "unlock")
        s.until_vehicle(car, "inside", seconds=60)


def held_open_and_released():
    with stack() as s:
        s.start()
        out = tell(s, "hold", IN, "fair day")
        check("done" in out, out)
        check(s.hardware(PLACE, IN)["arm"] == "up", "the arm is up")
        s.until_vehicle(s.drive(PLACE, IN, "22아2222"), "inside", seconds=60)
        s.until(lambda: s.place(PLACE)["occupied"]["counted"] == 1, "crossings are counted")
        check(s.hardware(PLACE, IN)["arm"] == "up", "the arm stays up")
        check("done" in tell(s, "release"), "released")
        if s.hardware(PLACE, IN)["arm"] == "up":
            out = tell(s, "close", expect=None)
        s.until(lambda: s.hardware(PLACE, IN)["arm"] == "down", "the arm is down", 60)


def the_same_message_twice_is_done_once():
    with stack() as s:
        s.start()
        tell(s, "lock")  # so that nothing else opens
        tell(s, "unlock")
        car = s.drive(PLACE, IN, "22아2222", then="wait")
        key = uuid.uuid4().hex
        first = order(s, "hold_open", key=key)
        check(order(s, "hold_open", key=key) == first, "one key, one command")
        done = until_stage(s, first, "done")
        topic = f"boomgate/v1/{PLACE}/in/command"
        again = {"id": first, "lane": IN, "action": "hold_open", "issued": done["issued"],
                 "not_after": done["not_after"], "actor": "operator", "reason": "test"}
        check("done" in tell(s, "release"), "released")
        password = (s.dir / "cloud.password").read_text().strip()
        for _ in range(3):
            subprocess.run(["mosquitto_pub", "-V", "mqttv5", "-h", "127.0.0.1", "-p", s.env["BROKER_PORT"],
                            "-u", "cloud-1", "-P", password, "-q", "1", "-t", topic, "-m",
                            json.dumps(again, ensure_ascii=False)], check=True)
        tell(s, "lock")  # behind them on the same topic
        stages = [e["stage"] for e in events(s, "command.result") if e["command"] == first]
        check(stages == ["accepted", "executing", "done"], f"{stages}")
        s.instruct(car, "drive")


def too_late_is_expired():
    with stack() as s:
        s.start()
        s.kill("edge-a-in", signal.SIGKILL)
        now = s.truth()["time"]
        from datetime import datetime, timedelta, timezone
        soon = datetime.fromisoformat(now.replace("Z", "+00:00")) + timedelta(seconds=20)
        ident = order(s, "hold_open", not_after=soon.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z"))
        late = until_stage(s, ident, "expired", seconds=40)
        check(late["presumed"], "nobody answered")
        s.start("edge-a-in")
        s.until(lambda: events(s, "edge.started")[1:], "the edge is back")
        check("done" in tell(s, "lock"), "and takes commands")
        check(motion(s) == (0, 0) and command(s, ident)["stage"] == "expired", "it was not begun")


def killed_in_between_it_is_not_begun_again():
    with stack(capacity=1) as s:
        s.start()
        s.until_vehicle(s.drive(PLACE, IN, "11가1111"), "inside")
        s.until(lambda: s.hardware(PLACE, IN)["arm"] == "down", "the arm is down")
        s.fault(PLACE, IN, "jammed_up")
        car = s.drive(PLACE, IN, "22아2222", then="wait")
        s.until(lambda: lane(s)["state"] == "denied", "a vehicle waits")
        ident = order(s, "open")
        until_stage(s, ident, "accepted", "executing")
        s.kill("edge-a-in", signal.SIGKILL)
        tried = raised(s)
        check(tried >= 1, "it was tried")
        s.start("edge-a-in")
        over = until_stage(s, ident, "failed")
        check(over["why"] == "restarted", f"{over}")
        check("done" in tell(s, "lock"), "the lane takes commands again")
        stages = [e["stage"] for e in events(s, "command.result") if e["command"] == ident]
        check(stages.count("accepted") == 1 and stages[-1] == "failed", f"{stages}")
        check(raised(s) == tried, f"the arm was not raised again: {s.hardware(PLACE, IN)}")


def fire_and_the_service_key_win():
    with stack() as s:
        s.start()
        s.fault(PLACE, IN, "local")
        s.until(lambda: lane(s).get("mode") in (None, "local") and
                "rejected: local" in tell(s, "hold", expect=1), "the service key wins")
        s.fault(PLACE, IN, "local", on=False)
        s.fault(PLACE, IN, "fire")
        s.until(lambda: s.hardware(PLACE, IN)["arm"] == "up", "fire opens")
        out = tell(s, "close", expect=1)
        check("rejected: fire" in out, out)
        check(s.hardware(PLACE, IN)["arm"] == "up", "and stays open")
        s.fault(PLACE, IN, "fire", on=False)
        s.until(lambda: "done" in tell(s, "reset", IN, "false alarm", None), "a person resets it, once it is quiet")


def the_cloud_may_be_away_meanwhile():
    with stack() as s:
        s.start()
        ident = order(s, "lock")
        s.restart("cloud")
        until_stage(s, ident, "done")
        check([e["stage"] for e in events(s, "command.result")] == ["accepted", "done"], "once")


main(a_person_lets_a_vehicle_in_where_there_is_no_space, an_exit_opened_by_a_person_leaves_a_debt,
     nobody_there_nothing_moves, locked_and_unlocked, held_open_and_released,
     the_same_message_twice_is_done_once, too_late_is_expired, killed_in_between_it_is_not_begun_again,
     fire_and_the_service_key_win, the_cloud_may_be_away_meanwhile)
