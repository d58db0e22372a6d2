"""Pictures of the page with lively data, for people to look at: both sizes, themes and languages.

    python3 tests/e2e/page/screenshots.py FOLDER
"""
import math
import pathlib
import sys

from browser import Browser
from fake_api import BEAM_CLEAR, FakeApi, LOOP_A, LOOP_B, QUIET, TOKEN, flow, lane, movement, place, stamp, stay, summary


def day(capacity, phase, now):
    """A plausible day in 96 quarters of an hour that ends at `now`."""
    curve = []
    for i in range(96):
        hour = (i / 4 + phase) % 24  # phase: the local time
        busy = math.exp(-((hour - 11.5) / 3.4) ** 2) + 0.75 * math.exp(-((hour - 19) / 2.2) ** 2)
        curve.append(busy)
    return [max(0, min(capacity, round(now * busy / max(curve[-1], 0.2)))) for busy in curve]


def fill(api):
    api.places.clear()
    api.put(place("a", 40, 27, pending=1, entered=14, left=9, lanes=[
        lane("in", "in-1", "entry", arm="moving", state="opening", inputs=QUIET | LOOP_A),
        lane("out", "out-1", "exit", arm="up", state="open", inputs=(QUIET | LOOP_B) & ~BEAM_CLEAR)]))
    api.put(place("b", 25, 22, entered=7, left=4, derived=21, title="Riverside 강변", lanes=[
        lane("gate", "in-1", "entry", arm="up", state="open"), lane("gate", "out-1", "exit")]))
    api.put(place("c", 320, 320, entered=21, left=22, currency="EUR", zone="Europe/Berlin", title="Airport P2", lanes=[
        lane("north", "in-1", "entry"), lane("north", "in-2", "entry", state="fault", arm="unknown"),
        lane("south", "out-1", "exit", arm="up"), lane("south", "out-2", "exit", online=False, age=190)]))
    for name, capacity, now, phase in (("a", 40, 27, 15.5), ("b", 25, 22, 14), ("c", 320, 320, 11.5)):
        api.flows[name] = flow(name, day(capacity, phase, now))
    api.summaries.update(a=summary("a", 184500, turned_away=3), b=summary("b", 96000, 2, 5500),
                         c=summary("c", 412350, turned_away=11, currency="EUR"))
    rows = [("a", "in-1", "entry", "22***22", 4, "", "", "space"), ("b", "out-1", "exit", "12***56", 31, "drove_through", "", "paid"),
            ("c", "in-1", "entry", "B-***23", 58, "denied", "full", ""), ("b", "in-1", "entry", "34***78", 75, "drove_through", "", "space"),
            ("a", "out-1", "exit", "07***11", 92, "drove_through", "", "deferred"), ("a", "in-1", "entry", "", 130, "backed_out", "no_credential", ""),
            ("c", "out-1", "exit", "M-***42", 165, "drove_through", "", "free"), ("c", "in-1", "entry", "HH***01", 201, "tailgated", "", ""),
            ("b", "in-1", "entry", "55***05", 260, "drove_through", "", "space"), ("a", "out-1", "exit", "77***77", 300, "denied", "declined", ""),
            ("a", "in-1", "entry", "81***19", 322, "drove_through", "", "space")]
    api.moves = [movement(i, p, l, d, plate, ago, outcome, reason, basis)
                 for i, (p, l, d, plate, ago, outcome, reason, basis) in enumerate(rows)]
    api.sessions["22아2222"] = [
        stay(1, "a", "22아2222", "open", 7200, 0, 3500, 0, "none"),
        stay(2, "b", "22아2222", "closed", 100000, 91000, 5000, 5000, "paid"),
        stay(3, "c", "22아2222", "closed", 300000, 291000, 850, 0, "unknown", "EUR")]


def fill_reports(api):
    """The day of place a by quarters, the same day a week before, and what was taken by lane and means."""
    now, before = day(40, 15.5, 27), day(40, 15, 24)
    step = 900
    last = 24 * 4 * step
    quarters = []
    for week, curve in ((7 * 86400, before), (0, now)):
        for i, inside in enumerate(curve):
            ago = last - i * step - 1728 + 900 + week
            quarters.append({"time": quarter(ago), "entered": 1, "left": 1, "corrected": 0, "inside": inside,
                             "least": inside, "most": inside})
    api.reports["occupancy"] = quarters
    hours = [quarter(24 * 3600 - i * 3600 - 1728)[:14] + "00:00.000Z" for i in range(24)]
    api.reports["arrivals"] = [
        {"time": hour, "lane": name, "entered": n if name == "in-1" else 0, "left": n - 1 if name == "out-1" else 0,
         "turned_away": 0, "unauthorised": 0}
        for i, hour in enumerate(hours) for name in ("in-1", "out-1")
        for n in [1 + now[i * 4] // 3]]
    paid = {"time": hours[20], "currency": "KRW"}
    api.reports["revenue/lane"] = [{**paid, "group": "out-1", "payments": 41, "amount_minor": 171500},
                                   {**paid, "group": "", "payments": 4, "amount_minor": 13000}]
    api.reports["revenue/kind"] = [{**paid, "group": "exit", "payments": 36, "amount_minor": 150500},
                                   {**paid, "group": "prepay", "payments": 5, "amount_minor": 21000},
                                   {**paid, "group": "debt", "payments": 4, "amount_minor": 13000}]


def quarter(seconds_ago):
    return stamp(seconds_ago)[:17] + "00.000Z"


def shoot_place(b, api, folder, name):
    b.go("about:blank")
    b.go(f"{api.url}/place.html?place=a#token={TOKEN}")
    b.until(lambda: b.js("return !document.getElementById('money-panel').hidden && document.querySelectorAll('#lanes li').length == 2"), "the place")
    b.until(lambda: b.js("return document.getElementById('traffic').getAttribute('aria-label')"), "charts")
    b.screenshot(folder / f"place-{name}.png", full=True)


def shoot(folder):
    api = FakeApi()
    try:
        fill(api)
        fill_reports(api)
        for language in ("en-US", "ko-KR"):
            with Browser(language) as b:
                for width, height, phone in ((1280, 800, False), (390, 844, True)):
                    for dark in (False, True):
                        b.emulate(width, height, dark, phone)
                        b.go("about:blank")
                        b.go(f"{api.url}/#token={TOKEN}")
                        b.until(lambda: b.js("return document.querySelectorAll('.money:not([hidden])').length") == 3, "cards")
                        b.type("#plate", "22아2222")
                        b.click(".find button")
                        b.until(lambda: b.js("return document.querySelectorAll('#stays li').length") == 3, "stays")
                        b.js("document.activeElement.blur(); scrollTo(0, 0)")
                        name = f"{language[:2]}-{width}-{'dark' if dark else 'light'}"
                        b.screenshot(folder / f"{name}.png")
                        if phone or not dark:
                            b.screenshot(folder / f"{name}-all.png", full=True)
                        shoot_place(b, api, folder, name)
        with Browser() as b:
            b.go(api.url)
            b.until(lambda: b.text(".card .free"), "cards")
            api.up = False
            api.cut()
            b.until(lambda: not b.js("return document.getElementById('link').hidden"), "reconnecting")
            b.until(lambda: "old" in b.text(".age"), "age")
            b.screenshot(folder / "en-1280-cut.png")
        api.up = True
        api.places.clear()
        with Browser() as b:
            b.go(api.url)
            b.until(lambda: not b.js("return document.getElementById('empty').hidden"), "empty state")
            b.screenshot(folder / "en-1280-empty.png")
    finally:
        api.close()


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    shoot(target)
