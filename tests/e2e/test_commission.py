#!/usr/bin/python3
"""Commissioning at a terminal, with a script in the installer's place and simulated hardware: what passes is
proven, nothing moves without its word, and the report is as its edge signed it."""
import json
import pathlib
import selectors
import subprocess
import time

from harness import BIN, Stack, check, main

PLACE, LANE = "a", "in-1"


class Walk:
    """boomgate-edge --commission, answered prompt by prompt."""

    def __init__(self, stack, *more):
        self.stack, self.text, self.seen = stack, "", 0
        edge = stack.commands["edge-a-in"]
        config = pathlib.Path(edge[edge.index("-c") + 1])
        self.key = stack.dir / "edge.key"
        if not self.key.exists():
            subprocess.run([edge[0], "--make-key", str(self.key)], check=True, stdout=subprocess.DEVNULL)
            config.write_text(config.read_text() + f"signing_key: {self.key}\n")
        self.report = stack.dir / "report.json"
        self.process = subprocess.Popen(edge + ["--commission", "--report", str(self.report), *more],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)

    def expect(self, text, seconds=30):
        end = time.monotonic() + seconds
        while text not in self.text[self.seen:]:
            check(time.monotonic() < end, f"waited for \"{text}\", got:\n{self.text[-2000:]}")
            if self.selector.select(0.2):
                more = self.process.stdout.read1(65536)
                check(more, f"it ended while \"{text}\" was awaited:\n{self.text[-2000:]}")
                self.text += more.decode()
        self.seen += self.text[self.seen:].index(text) + len(text)

    def say(self, line):
        self.process.stdin.write((line + "\n").encode())
        self.process.stdin.flush()

    def answer(self, prompt, line):
        self.expect(prompt)
        self.say(line)

    def end(self):
        self.process.stdin.close()
        while more := self.process.stdout.read1(65536):
            self.text += more.decode()
        code = self.process.wait(timeout=30)
        self.selector.close()
        return code

    def steps(self):
        (lane,) = json.loads(self.report.read_text())["lanes"]
        return {s["step"]: s for s in lane["steps"]}


def stack():
    return Stack(places=["a:5:in=in-1;out=out-1"], rate=10)


def outputs(walk, answer="y"):
    walk.answer("Switch the green light on?", answer)
    walk.answer("Is the green light on", "y")
    walk.answer("Switch the full sign on?", answer)
    walk.answer("Is the full sign on", "y")
    walk.answer("Write \"BOOMGATE 1234\"", answer)
    walk.answer("Can you read it?", "y")


def everything_passes():
    with stack() as s:
        s.start("sim")
        walk = Walk(s, "--lane", LANE)
        walk.answer("Your name", "Kim 선생")
        walk.expect("photocell          clear")
        walk.answer("Is that what you see?", "y")
        walk.answer("Switch the green light on?", "y")
        walk.expect("Is the green light on")
        s.until(lambda: s.hardware(PLACE, LANE)["green"], "green")
        walk.say("y")
        walk.answer("Switch the full sign on?", "y")
        walk.expect("Is the full sign on")
        s.until(lambda: s.hardware(PLACE, LANE)["full_sign"] and not s.hardware(PLACE, LANE)["green"],
                "full sign")
        walk.say("y")
        walk.answer("Write \"BOOMGATE 1234\"", "y")
        walk.expect("Can you read it?")
        s.until(lambda: s.hardware(PLACE, LANE)["display"] == "BOOMGATE 1234", "the text")
        walk.say("y")
        walk.expect("Trigger the camera?")
        vehicle = s.drive(PLACE, LANE, "22아2222", then="wait")
        s.until(lambda: s.vehicle(vehicle)["state"] == "at_column", "the vehicle is there")
        walk.say("y")
        walk.answer("Is that the plate?", "y")
        check("22아2222" in walk.text, "the plate was shown")
        walk.answer("Issue a ticket, and take it?", "y")
        walk.expect("A ticket was taken.")
        walk.answer("Type open", "open")
        walk.expect("Put something on loop B")
        check(s.hardware(PLACE, LANE)["arm"] == "up", "the arm is up")
        s.fault(PLACE, LANE, "loop_b_on")
        walk.answer("Type try", "try")
        walk.expect("Refused, and the arm stayed up")
        s.fault(PLACE, LANE, "loop_b_on", on=False)
        walk.expect("interrupt the photocell")
        s.fault(PLACE, LANE, "photocell")
        walk.answer("Type try", "try")
        walk.expect("Refused, and the arm stayed up")
        s.fault(PLACE, LANE, "photocell", on=False)
        walk.answer("Type close", "close")
        check(walk.end() == 0, f"exit status 0:\n{walk.text}")
        hardware = s.hardware(PLACE, LANE)
        check((hardware["opens"], hardware["closes"], hardware["arm"]) == (1, 1, "down"),
              f"opened and closed once: {hardware}")
        check(not hardware["green"] and not hardware["full_sign"] and not hardware["display"].strip("\0 "),
              f"left as it was: {hardware}")
        steps = walk.steps()
        check(all(step["result"] == "passed" for step in steps.values()), f"{steps}")
        check(steps["open"]["travel_ms"] > 0 and steps["close"]["travel_ms"] > 0, "travel was measured")
        check(steps["loop_b"]["command"] == "not allowed", f"{steps['loop_b']}")
        public = f"{walk.key}.pub"
        shown = s.ctl("report", "verify", str(walk.report), "--key", public).stdout
        check("authentic: a/in" in shown and "in-1: passed" in shown, shown)
        good = walk.report.read_bytes()
        for at in range(0, len(good), 97):
            walk.report.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
            s.ctl("report", "verify", str(walk.report), "--key", public, expect=1)


def nothing_moves_without_its_word():
    with stack() as s:
        s.start("sim")
        walk = Walk(s, "--lane", LANE)
        walk.answer("Your name", "kim")
        walk.answer("Is that what you see?", "y")
        for prompt in ["Switch the green", "Switch the full", "Write", "Trigger the camera?", "Issue a ticket"]:
            walk.answer(prompt, "n")
        walk.answer("Type open", "yes")
        walk.expect("nothing moves")
        check(walk.end() == 4, "exit status 4")
        hardware = s.hardware(PLACE, LANE)
        check(hardware["motions"] == 0, f"nothing moved: {hardware}")
        steps = walk.steps()
        check({steps[k]["result"] for k in ("open", "loop_b", "photocell", "close")} == {"skipped"}, f"{steps}")
        again = Walk(s, "--lane", LANE)
        check(again.end() == 3 and "not overwritten" in again.text, again.text)


def who_leaves_moves_nothing():
    with stack() as s:
        s.start("sim")
        walk = Walk(s, "--lane", LANE)
        check(walk.end() == 3 and not walk.report.exists(), walk.text)
        walk = Walk(s, "--lane", LANE)
        walk.answer("Your name", "kim")
        walk.expect("Is that what you see?")
        check(walk.end() == 4, walk.text)
        check(walk.steps()["open"]["result"] == "skipped", "the report says so")
        check(s.hardware(PLACE, LANE)["motions"] == 0, "nothing moved")


def what_is_broken_fails():
    """A photocell that shows nothing, an arm that is stuck, a device that is not there."""
    with stack() as s:
        s.start("sim")
        walk = Walk(s, "--lane", LANE)
        walk.answer("Your name", "kim")
        walk.answer("Is that what you see?", "n")
        for prompt in ["Switch the green", "Switch the full", "Write", "Trigger the camera?", "Issue a ticket"]:
            walk.answer(prompt, "s")
        walk.answer("Type open", "open")
        walk.expect("Put something on loop B")
        walk.expect("The input did not change.")
        s.fault(PLACE, LANE, "jammed_down")
        walk.expect("interrupt the photocell")
        walk.expect("The input did not change.")
        walk.answer("Type close", "close")
        walk.expect("was not seen in time")
        check(walk.end() == 4, walk.text)
        steps = walk.steps()
        check([steps[k]["result"] for k in ("inputs", "open", "loop_b", "photocell", "close")]
              == ["failed", "passed", "failed", "failed", "failed"], f"{steps}")
        walk.report.unlink()
        s.fault(PLACE, LANE, "silent")
        walk = Walk(s, "--lane", LANE)
        walk.answer("Your name", "kim")
        walk.expect("does not answer")
        check(walk.end() == 4 and list(walk.steps()) == ["inputs"], walk.text)


def not_beside_an_agent():
    with stack() as s:
        s.start()
        walk = Walk(s)
        check(walk.end() == 3 and "journal.in_use" in walk.text, walk.text)
        walk = Walk(s, "--lane", "nosuch")
        check(walk.end() == 1 and "no lane nosuch" in walk.text, walk.text)


main(everything_passes, nothing_moves_without_its_word, who_leaves_moves_nothing, what_is_broken_fails,
     not_beside_an_agent)
