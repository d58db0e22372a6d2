"""The page in headless Chromium: live change, stream cut and restored, stale values, hostile text, both
languages, phone width, keyboard, tokens; against the fake API, and once against the real daemons."""
import json
import os
import pathlib
import re
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent))

from browser import Browser, available  # noqa: E402
from fake_api import FakeApi, TOKEN, flow, lane, movement, place, stay, summary  # noqa: E402

DASHBOARD = HERE.parents[2] / "cloud" / "dashboard"
LANES = [lane("e1", "in-1", "entry"), lane("e1", "out-1", "exit")]


def check(condition, text):
    if not condition:
        raise AssertionError(text)


class Page:
    """A fake API with one place and a browser that shows it."""

    def __init__(self, language="en-US", places=True, path="/", **more):
        self.api = FakeApi()
        if places:
            self.api.put(place("a", 10, 3, lanes=LANES))
            self.api.flows["a"] = flow("a", [3] * 96)
            self.api.summaries["a"] = summary("a", 12000, 1, 3500)
        try:
            self.b = Browser(language, **more)
            self.b.go(self.api.url + path)
            self.b.until(self.settled, "the page is drawn")
        except BaseException:
            self.api.close()
            raise

    def settled(self):
        return self.b.js("return document.getElementById('places').getAttribute('aria-busy')") == "false"

    def __enter__(self):
        return self, self.b, self.api

    def __exit__(self, kind, *error):
        log = self.b.console() if kind is None else []
        self.b.close()
        self.api.close()
        # An answer of 401 or 503 that a test provokes is logged by the browser itself.
        bad = [line["message"] for line in log if line["level"] == "SEVERE"
               and "Failed to load resource" not in line["message"]]
        check(bad == [], f"the console is quiet: {bad}")


def within(b, selector, text, seconds, what):
    begun = time.monotonic()
    b.until(lambda: b.text(selector) == text, what, seconds)
    return time.monotonic() - begun


def hidden(b, ident):
    return b.js("return document.getElementById(arguments[0]).hidden", ident)


def stale(b):
    return b.js("return document.querySelector('.card').classList.contains('stale')")


# --- tests ----------------------------------------------------------------------------------------------

def a_change_shows_within_a_second():
    with Page() as (_, b, api):
        check(b.text(".free") == "7", "seven free")
        for n, level in ((5, "Free"), (9, "Filling"), (10, "Full"), (2, "Free")):
            api.put(place("a", 10, n, lanes=LANES))
            within(b, ".free", str(10 - n), 1.0, f"{10 - n} free within a second")
            check(b.text(".state .word") == level, f"{level} at {n} of 10, not {b.text('.state .word')}")
        b.until(lambda: b.text("#say") == "a: Free", "the change of state is announced")
        api.move(movement(1, "a", "in-1", "entry", "22***22", 0))
        within(b, ".moves .plate", "22***22", 1.0, "the movement is listed")
        api.move(movement(1, "a", "in-1", "entry", "22***22", 0, "denied", "full"))
        within(b, ".moves .what", "Turned away · full", 1.0, "the same movement changes in place")
        check(b.js("return document.querySelectorAll('.moves li').length") == 1, "one movement, one row")


def lanes_and_counts_follow():
    with Page() as (_, b, api):
        for lanes, word in (([lane("e1", "in-1", "entry", arm="up")], "entry: arm up"),
                            ([lane("e1", "in-1", "entry", arm="moving")], "entry: arm moving"),
                            ([lane("e1", "in-1", "entry", state="fault")], "entry: fault"),
                            ([lane("e1", "in-1", "entry", online=False, age=50)], "entry: offline, last heard 5")):
            api.put(place("a", 10, 3, derived=5, pending=1, lanes=lanes))
            b.until(lambda: b.text(".lane .tip").startswith(word), f"{word}, not {b.text('.lane .tip')}")
        check(b.text(".counts") == "By loops3By stays5Drift-2", b.text(".counts"))
        check("lane in-1 offline" in b.text("#alarm-text"), b.text("#alarm-text"))
        api.put(place("a", 10, 3, lanes=LANES))
        b.until(lambda: "All quiet since" in b.text("#alarm-text"), "all quiet again, and since when")


def a_cut_stream_is_said_and_restored():
    with Page() as (_, b, api):
        check(hidden(b, "link") and not stale(b), "live at first")
        api.up = False
        api.cut()
        b.until(lambda: not hidden(b, "link"), "the bar says reconnecting", 2)
        check("Reconnecting" in b.text("#link"), b.text("#link"))
        b.until(lambda: stale(b), "the values are greyed", 2)
        check(b.text(".free") == "7", "the last values stay")
        b.until(lambda: "Not live" in b.text(".age"), "and their age is said", 5)
        with api.lock:
            api.places["a"] = place("a", 10, 8, lanes=LANES)
        api.up = True
        b.until(lambda: hidden(b, "link"), "the bar goes", 12)
        b.until(lambda: b.text(".free") == "2" and not stale(b), "the values are live again", 2)


def a_vanished_place_goes():
    with Page() as (_, b, api):
        api.put(place("b", 5, 1))
        b.until(lambda: b.js("return [...document.querySelectorAll('.name')].map(n => n.textContent)") == ["a", "b"],
                "two cards, in order")
        with api.lock:
            del api.places["a"]
        api.send("beat", {"now": "2026-11-20T06:31:20.000Z", "rate": 1, "places": ["b"], "breakers": []})
        b.until(lambda: b.js("return document.querySelectorAll('.card').length") == 1, "one card")


def old_values_never_look_live():
    with Page(places=False) as (page, b, api):
        # A screen that slept: its clock jumps an hour between two values.
        b.cdp("Page.addScriptToEvaluateOnNewDocument",
              source="{const p = performance.now.bind(performance); window.skew = 0; performance.now = () => p() + window.skew;}")
        api.put(place("a", 10, 3, lanes=LANES))
        b.go(api.url)
        b.until(lambda: b.text(".free") == "7" and not stale(b), "live")
        b.js("window.skew = 3600000")
        b.until(lambda: stale(b), "greyed", 3)
        check("Not live: 60 min old" in b.text(".age"), b.text(".age"))


def hostile_text_is_text():
    evil = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>"
    with Page() as (_, b, api):
        lanes = [lane(evil, evil, evil), lane("e1", "out-1", "exit", state=evil, arm=evil)]
        api.put({**place("a", 10, 3, lanes=lanes, title=evil), "zone": evil, "currency": evil, "status": evil})
        api.move(movement(1, evil, evil, evil, evil, 0, evil, evil, evil))
        api.move({**movement(2, "a", "in-1", "entry", "\u202e22***22", 0), "time": evil})
        b.until(lambda: b.text(".name") == evil, "the title is shown as it is")
        b.until(lambda: evil in (b.text(".moves") or ""), "the plate is shown as it is")
        check(b.js("return document.querySelectorAll('main img, main script, main iframe').length") == 0,
              "no element came from text")
        check(b.js("return window.hacked === undefined"), "nothing ran")
        api.put(place("a", 10, 4, lanes=LANES))
        within(b, ".free", "6", 1.0, "the page goes on")


def nothing_comes_from_elsewhere():
    with Page(path=f"/#token={TOKEN}") as (_, b, api):
        urls = b.js("return performance.getEntriesByType('resource').map(r => r.name)")
        foreign = [u for u in urls if not u.startswith(api.url)]
        check(foreign == [], f"only our own host: {foreign}")
        check("token" not in b.js("return location.href"), "the token is taken out of the address")
        size = sum(f.stat().st_size for f in DASHBOARD.iterdir() if f.suffix in (".html", ".css", ".js", ".svg"))
        check(size < 100 * 1024, f"first paint under 100 kB: {size}")
        check(b.js("return [...document.querySelectorAll('[style]')].every(n => n.closest('.bar'))"),
              "no style but the bar's widths")


def korean_is_complete():
    with Page("ko-KR") as (_, b, api):
        check(b.js("return document.documentElement.lang") == "ko", "the browser's language is taken")
        check(b.text(".state .word") == "여유", b.text(".state .word"))
        api.put(place("a", 10, 10, lanes=LANES))
        within(b, ".state .word", "만차", 1.0, "만차")
        api.move(movement(1, "a", "in-1", "entry", "22***22", 0, "denied", "full"))
        within(b, ".moves .what", "거절 · 만차", 1.0, "the movement in Korean")
        english = b.js("""const skip = new Set(['Boomgate', 'EN', 'a', 'in-1', 'out-1', 'boomgatectl place add a --capacity 10', 'a · in-1']);
            const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
            while (walk.nextNode()) {
              const n = walk.currentNode, t = n.textContent.trim();
              if (!n.parentElement.closest('script, noscript, template') && /[A-Za-z]{2}/.test(t) && !skip.has(t)) found.push(t);
            }
            return found""")
        check(english == [], f"nothing is left in English: {english}")
        b.click("[data-lang=en]")
        b.until(lambda: b.text(".state .word") == "Full", "switched to English", 2)
        b.go(api.url)
        b.until(lambda: b.text(".state .word") == "Full", "and remembered")


def both_languages_have_every_word():
    with Page() as (_, b, api):
        keys = b.do("POST", "/execute/async", {"script": """const done = arguments[0];
            import('/words.js').then(w => done([w.wordKeys('en'), w.wordKeys('ko')]));""", "args": []})
        check(sorted(keys[0]) == sorted(keys[1]), f"differ in {set(keys[0]) ^ set(keys[1])}")
        used = set(re.findall(r"word\('([\w.]+)'", "".join(f.read_text() for f in DASHBOARD.glob("*.js"))))
        used |= set(re.findall(r'data-word(?:-label)?="(\w+)"', (DASHBOARD / "index.html").read_text()))
        check(used <= set(keys[0]), f"words that do not exist: {used - set(keys[0])}")


def a_phone_needs_no_sideways_scroll():
    for language in ("en-US", "ko-KR"):
        with Page(language, path=f"/#token={TOKEN}", width=390, height=844) as (_, b, api):
            b.emulate(390, 844, phone=True)
            api.put(place("a-place-with-a-rather-long-name1", 123456, 100000, lanes=LANES * 3, currency="EUR",
                          zone="America/Argentina/Buenos_Aires", title="A very long title without any break in itttttttttttttttttttttttttt"))
            api.summaries["a-place-with-a-rather-long-name1"] = summary("x", 123456789000, 12345, 99999999900, currency="EUR")
            api.move(movement(1, "a", "in-1", "entry", "12가***56", 0, "denied", "no_credential"))
            b.until(lambda: b.js("return document.querySelectorAll('.money:not([hidden])').length") == 2, "money is shown")
            wide = b.js("return document.scrollingElement.scrollWidth")
            over = b.js("return [...document.querySelectorAll('body *')].filter(n => n.getBoundingClientRect().right > 391).map(n => n.className || n.tagName)")
            check(wide <= 390, f"{language}: {wide} px wide: {over}")
            small = b.js("return [...document.querySelectorAll('button:not(.gate)')].filter(n => n.offsetParent && n.offsetHeight < 30).map(n => n.textContent)")
            check(small == [], f"targets for a thumb: {small}")


def the_empty_state_says_what_to_do():
    with Page(places=False) as (_, b, api):
        check(not hidden(b, "empty"), "it is shown")
        check("boomgatectl place add a --capacity 10" in b.text("#empty"), b.text("#empty"))
        api.put(place("a", 10, 0))
        b.until(lambda: hidden(b, "empty") and b.text(".free") == "10", "and goes with the first place")


def a_plate_is_looked_up_with_a_token():
    with Page() as (_, b, api):
        api.sessions["22아2222"] = [stay(1, "a", "22아2222", "open", 7200, 0, 3500, 0, "none"),
                                   stay(2, "a", "22아2222", "closed", 99000, 90000, 5000, 0, "unknown")]
        check(b.js("return document.querySelector('.money').hidden"), "no money without a token")
        b.type("#plate", "22아2222")
        b.click(".find button")
        b.until(lambda: b.text("#find-note") == "Sign in with a token first.", "told to sign in")
        check(not hidden(b, "sign-box"), "the box opens by itself")
        b.type("#token", "wrong")
        b.click("#sign-box button[type=submit]")
        b.click(".find button")
        b.until(lambda: b.text("#sign-error") == "This token is not known.", "a wrong token is said")
        b.type("#token", TOKEN)
        b.click("#sign-box button[type=submit]")
        b.until(lambda: b.js("return !document.querySelector('.money').hidden"), "money shows")
        check("12,000" in b.text(".money"), b.text(".money"))
        b.click(".find button")
        b.until(lambda: b.js("return document.querySelectorAll('#stays li').length") == 2, "two stays")
        check("so far" in b.text("#stays") and "Payment unknown, checking" in b.text("#stays"), b.text("#stays"))
        # The token is revoked while the page is open.
        api.allowed = lambda request: False
        b.click(".find button")
        b.until(lambda: b.text("#stays") == "" and b.text("#sign").strip() == "Sign in", "signed out")
        b.until(lambda: b.js("return document.querySelector('.money').hidden"), "the money goes, too")


def the_keyboard_is_enough():
    with Page() as (_, b, api):
        press = lambda key: b.do("POST", "/actions", {"actions": [{"type": "key", "id": "k", "actions": [
            {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]}]})
        press("/")
        check(b.js("return document.activeElement.id") == "plate", "/ goes to the plate")
        b.click("#sign")
        check(b.js("return document.activeElement.id") == "token", "the box takes the focus")
        press("\ue00c")
        check(hidden(b, "sign-box") and b.js("return document.activeElement.id") == "sign", "Esc backs out")
        b.js("document.querySelector('.gate').focus()")
        b.until(lambda: b.js("return getComputedStyle(document.querySelector('.tip')).opacity") == "1", "a focused lane says its word")


def contrast_is_enough():
    """WCAG AA: 4.5 for text, against the nearest opaque background."""
    script = """
      const parse = (c) => { const d = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
        d.fillStyle = c; d.fillRect(0, 0, 1, 1); return [...d.getImageData(0, 0, 1, 1).data]; };
      const over = (top, under) => top.slice(0, 3).map((v, i) => v * top[3] / 255 + under[i] * (1 - top[3] / 255));
      const light = (c) => { const [r, g, b] = c.map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
        return .2126 * r + .7152 * g + .0722 * b; };
      const low = [];
      for (const n of document.querySelectorAll('body *')) {
        const text = [...n.childNodes].some(c => c.nodeType === 3 && c.textContent.trim());
        if (!text || !n.offsetParent || n.closest('.tip, .unseen')) continue;
        const stack = [];
        for (let p = n; p; p = p.parentElement) stack.unshift(parse(getComputedStyle(p).backgroundColor));
        let back = [255, 255, 255];
        for (const c of stack) if (c[3]) back = over(c, back);
        const fore = over(parse(getComputedStyle(n).color), back);
        const [a, z] = [light(fore), light(back)].sort((x, y) => y - x);
        const ratio = (a + .05) / (z + .05);
        if (ratio < 4.5) low.push(`${n.className || n.tagName}: ${ratio.toFixed(2)}`);
      }
      return low;"""
    for dark in (False, True):
        with Page(path=f"/#token={TOKEN}", dark=dark) as (_, b, api):
            api.put(place("b", 10, 9, lanes=[lane("e1", "in-1", "entry", state="fault")]))
            api.put(place("c", 10, 10, derived=8))
            for i, outcome in enumerate(("drove_through", "denied", "tailgated", "backed_out", "")):
                api.move(movement(i, "a", "in-1", "entry", "22***22" if i else "", i, outcome, "full"))
            b.until(lambda: b.js("return document.querySelectorAll('.moves li').length") == 5, "movements")
            low = b.js(script)
            check(low == [], f"{'dark' if dark else 'light'}: {low}")


def members(value):
    """The shape of a document: names of members, lists by their first element."""
    if isinstance(value, dict):
        return {k: members(v) for k, v in value.items()}
    return [members(value[0])] if isinstance(value, list) and value else "..."


def the_real_daemons_speak_the_same_documents():
    from harness import BIN, Stack
    if not (BIN / "boomgate-cloud").exists():
        print("        (without the real daemons: not built)", flush=True)
        return
    with Stack(places=["a:3:in=in-1;out=out-1"], traffic="none", rate=4) as s, Browser("ko-KR") as b:
        s.start()
        b.go(f"{s.url}/#token={s.token}")
        b.until(lambda: b.text(".free") == "3" and b.text(".state .word") == "여유", "three free", 20)
        car = s.drive("a", "in-1", "22아2222")
        s.until(lambda: s.place("a")["occupied"]["counted"] == 1, "the car is counted", 60)
        took = within(b, ".free", "2", 1.0, "the page shows it within a second")
        b.until(lambda: b.text(".moves .plate") == "22***22" and b.text(".moves .what") == "입차", "and the movement, masked", 5)
        b.until(lambda: b.js("return document.querySelector('.money').hidden") is False, "money", 5)
        b.type("#plate", "22 아 2222")
        b.click(".find button")
        b.until(lambda: "a에 주차 중" in (b.text("#stays") or ""), "the stay is found", 5)
        print(f"        shown {took * 1000:.0f} ms after the API said so; car {car}", flush=True)
        fake = {"place": place("a", 3, 1, lanes=LANES), "movement": movement(1, "a", "in-1", "entry", "", 0),
                "flow": flow("a", [0] * 96), "summary": summary("a"), "stay": stay(1, "a", "x", "open", 9, 0, 0, 0, "none")}
        real = {"place": s.place("a"), "movement": s.get("/v1/places/a/movements")["movements"][0],
                "flow": s.get("/v1/places/a/flow"), "summary": s.summary("a"), "stay": s.sessions("22아2222")[0]}
        for name in fake:
            check(members(fake[name]) == members(real[name]), f"{name}: fake {members(fake[name])}, real {members(real[name])}")
        with urllib.request.urlopen(s.url + "/v1/stream", timeout=10) as stream:
            text = b""
            while b"event: beat" not in text or not text.endswith(b"\n\n"):
                text += stream.readline()
        beat = json.loads(text.rsplit(b"data: ", 1)[1])
        check(set(beat) == {"now", "rate", "heartbeat_ms", "places", "breakers"}, beat)
        # The daemon restarts under the open page.
        s.kill("cloud")
        b.until(lambda: not hidden(b, "link"), "reconnecting", 10)
        s.start("cloud")
        b.until(lambda: hidden(b, "link") and b.text(".free") == "2" and not stale(b), "restored", 30)
        bad = [m["message"] for m in b.console() if m["level"] == "SEVERE" and "net::ERR" not in m["message"] and "Failed to load" not in m["message"]]
        check(bad == [], f"the console is quiet: {bad}")


TESTS = [a_change_shows_within_a_second, lanes_and_counts_follow, a_cut_stream_is_said_and_restored,
         a_vanished_place_goes, old_values_never_look_live, hostile_text_is_text,
         nothing_comes_from_elsewhere, korean_is_complete, both_languages_have_every_word,
         a_phone_needs_no_sideways_scroll, the_empty_state_says_what_to_do,
         a_plate_is_looked_up_with_a_token, the_keyboard_is_enough, contrast_is_enough,
         the_real_daemons_speak_the_same_documents]


if __name__ == "__main__":
    if not available():
        print("chromium or chromedriver is not installed")
        sys.exit(77)
    os.environ.pop("http_proxy", None)
    from harness import main
    main(*TESTS)
