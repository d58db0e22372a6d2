"""The page of one car park in headless Chromium: its curve, lanes from above, takings and health follow
what happens; without a token it shows what everybody may see; it says so when the values are old."""
import os
import sys

from test_page import Page, check, hidden  # noqa: I100  (sets the paths of the page's tests)
from browser import available
from fake_api import BEAM_CLEAR, LOOP_A, QUIET, TOKEN, flow, lane, movement, place, stamp

LANES = [lane("e1", "in-1", "entry"), lane("e1", "out-1", "exit")]
HOUR = stamp(2000)[:14] + "00:00.000Z"


class PlacePage(Page):
    def __init__(self, path="/place.html?place=a", **more):
        super().__init__(path=path, **more)

    def settled(self):
        return self.b.js("return document.getElementById('page').getAttribute('aria-busy')") == "false"


def give_reports(api):
    api.reports["occupancy"] = [{"time": stamp(ago)[:17] + "00.000Z", "entered": 1, "left": 0, "corrected": 0, "inside": n,
                                 "least": n, "most": n} for ago, n in ((7000, 2), (3000, 3), (604800 + 7000, 1))]
    api.reports["arrivals"] = [{"time": HOUR, "lane": "in-1", "entered": 5, "left": 0, "turned_away": 1, "unauthorised": 0},
                               {"time": HOUR, "lane": "out-1", "entered": 0, "left": 2, "turned_away": 0, "unauthorised": 0}]
    row = {"time": HOUR, "currency": "KRW"}
    api.reports["revenue/lane"] = [{**row, "group": "out-1", "payments": 2, "amount_minor": 7000},
                                   {**row, "group": "", "payments": 1, "amount_minor": 500}]
    api.reports["revenue/kind"] = [{**row, "group": "prepay", "payments": 3, "amount_minor": 7500}]


def label(b, ident):
    return b.js("return document.getElementById(arguments[0]).getAttribute('aria-label')", ident) or ""


def figures_and_lanes_follow_within_a_second():
    with PlacePage() as (_, b, api):
        check(b.text("#figures") == "3 parked of 10 · 7 free", b.text("#figures"))
        api.put(place("a", 10, 10, lanes=[lane("e1", "in-1", "entry", arm="up", inputs=(QUIET | LOOP_A) & ~BEAM_CLEAR)]))
        b.until(lambda: b.text("#figures") == "10 parked of 10 · 0 free", "the figures follow", 1)
        check(b.text("#state") == "Full", b.text("#state"))
        said = "in-1 entry: arm up · vehicle on loop A · photocell interrupted"
        b.until(lambda: b.text("#lanes li p") == said, "the lane is told", 1)
        drawn = b.js("return document.querySelectorAll('#lanes .car').length + '/' + document.querySelectorAll('#lanes .beam.cut').length")
        check(drawn == "1/1", f"a vehicle and a cut beam are drawn: {drawn}")
        api.move(movement(7, "a", "in-1", "entry", "22***22", 0, "denied", "full"))
        api.move(movement(8, "b", "in-1", "entry", "33***33", 0))
        b.until(lambda: b.text("#moves .what") == "Turned away · full", "the movement is listed", 1)
        check(b.js("return document.querySelectorAll('#moves li').length") == 1, "of this place only")


def everybody_sees_the_curve_and_nobody_the_takings():
    with PlacePage() as (_, b, api):
        b.until(lambda: "now 3" in label(b, "day"), "the curve is drawn and told in words")
        check(hidden(b, "money-panel") and hidden(b, "traffic-panel"), "no takings without a token")
        check("Sign in" in b.text("#day-note"), b.text("#day-note"))
        check(b.js("return Chart.getChart('day').data.datasets.length") == 2, "no curve of last week")


def with_a_token_it_compares_and_counts_money():
    with PlacePage() as (_, b, api):
        give_reports(api)
        b.click("#sign")
        b.type("#token", TOKEN)
        b.click("#sign-box button[type=submit]")
        b.until(lambda: not hidden(b, "money-panel"), "the takings appear")
        check(b.text("#money-lane") == "LanePaymentsSumnot known1₩500out-12₩7,000", b.text("#money-lane"))
        check(b.text("#money-kind") == "MeansPaymentsSumbefore leaving3₩7,500", b.text("#money-kind"))
        b.until(lambda: label(b, "traffic") == "5 drove in and 2 out over the last day", "the traffic is told in words")
        check(b.js("return Chart.getChart('day').data.datasets.map(d => d.data.join()).join('|')") == "2,3|10,10|1", "today, capacity, last week")
        b.click("#sign")
        b.click("#forget")
        b.until(lambda: hidden(b, "money-panel"), "and go with the token")


def the_three_outages_are_told_apart():
    with PlacePage() as (_, b, api):
        texts = lambda: b.js("return [...document.querySelectorAll('#outages li')].map(n => n.dataset.level + ' ' + n.textContent)")
        check(texts() == ["ok Cloud: live", "ok Site: 1 of 1 edges are heard", "ok Payment: no provider is set up"], texts())
        api.breakers = [{"name": "stripe", "state": "open"}]
        api.send("beat", {"now": stamp(), "rate": 1, "places": ["a"], "breakers": api.breakers})
        b.until(lambda: texts()[2] == "attention Payment: stripe is held back", f"the provider's: {texts()}")
        gone = place("a", 10, 3, lanes=LANES)
        gone["edges"][0].update(online=False, outbox_depth=7, outbox_age_ms=120000)
        api.put(gone)
        b.until(lambda: texts()[1] == "attention Site: 0 of 1 edges are heard", f"the site's: {texts()}")
        check("no word" in b.text("#edges") and "7, oldest 2 min" in b.text("#edges"), b.text("#edges"))
        api.up = False
        api.cut()
        b.until(lambda: texts()[0] == "attention Cloud: not reachable", f"ours: {texts()}", 5)
        check(b.js("return document.getElementById('content').classList.contains('stale')"), "and the values are greyed")
        check(b.text("#figures") == "3 parked of 10 · 7 free", "the last ones stay")
        api.up = True
        b.until(lambda: texts()[0] == "ok Cloud: live", "live again", 15)


def a_place_that_is_not_there():
    with PlacePage("/place.html?place=%3Cimg%20src%3Dx%3E") as (_, b, _api):
        check(not hidden(b, "missing") and hidden(b, "content"), "it says so")
        check(b.js("return document.querySelectorAll('img').length") == 0, "what the address says is no markup")


def hostile_names_are_text():
    with PlacePage() as (_, b, api):
        evil = "<b>x</b>"
        api.put(place("a", 10, 3, title=evil, lanes=[lane("e1", evil, "entry")]))
        b.until(lambda: b.text("#name") == evil, "the title is text")
        check(b.text("#lanes b") == evil and b.js("return document.querySelectorAll('#lanes b b').length") == 0, "so is a lane's name")


def korean_and_a_phone():
    with PlacePage(language="ko-KR") as (_, b, api):
        give_reports(api)
        b.until(lambda: b.text("#figures") == "전체 10면 중 3대 주차 · 7면 남음", "Korean")
        b.emulate(390, 844, phone=True)
        b.until(lambda: b.js("return document.documentElement.scrollWidth") <= 390, "no sideways scroll", 5)
        left = b.js("""return [...document.querySelectorAll('main *, header *')].filter(n => n.offsetParent && n.children.length === 0
            && /[A-Za-z]{4,}/.test(n.textContent)).map(n => n.textContent.trim())""")
        allowed = {"Boomgate", "in-1", "out-1"}
        check([t for t in left if t not in allowed] == [], f"words left in English: {left}")


TESTS = [figures_and_lanes_follow_within_a_second, everybody_sees_the_curve_and_nobody_the_takings,
         with_a_token_it_compares_and_counts_money, the_three_outages_are_told_apart, a_place_that_is_not_there,
         hostile_names_are_text, korean_and_a_phone]

if __name__ == "__main__":
    if not available():
        print("chromium or chromedriver is not installed")
        sys.exit(77)
    os.environ.pop("http_proxy", None)
    from harness import main
    main(*TESTS)
