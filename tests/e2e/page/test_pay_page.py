"""The payment link in headless Chromium on the real daemons: amount and place, through the provider's form and
back, the gate opens, both languages, phone width, a link that is not known."""
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent))

from browser import Browser, available  # noqa: E402
from harness import SKIP, Stack, check, main  # noqa: E402
from test_pay import EPOCH, configure, fill  # noqa: E402

SHOTS = os.environ.get("BOOMGATE_SHOTS")


def shoot(b, name):
    if SHOTS:
        b.screenshot(pathlib.Path(SHOTS) / f"{name}.png")


def shown(b, selector):
    return b.js("const e = document.querySelector(arguments[0]); return !!e && !e.hidden && e.offsetHeight > 0", selector)


def a_driver_pays_with_a_phone():
    with Stack(places=["a:10:in=in-1;out=out-1"], rate=60, epoch=EPOCH) as s:
        configure(s)
        s.start()
        fill(s, "77러7777")
        car = s.drive("a", "out-1", "77러7777")
        token = s.until(lambda: s.query("cloud.db", "SELECT token FROM pay_link"), "a link is shown", 60)[0][0]
        with Browser("ko-KR", width=390, height=844) as b:
            b.emulate(390, 844, phone=True)
            b.go(f"{s.url}/pay/{token}")
            b.until(lambda: shown(b, "#pay"), "the button is there", 20)
            check("결제" in b.text("#pay"), b.text("#pay"))
            check(b.js("return document.documentElement.lang") == "ko", "in Korean")
            shoot(b, "pay-ko")
            b.click("[data-lang=en]")
            b.until(lambda: "Pay" in b.text("#pay"), "in English")
            check("Parked since" in b.text("#since"), b.text("#since"))
            check(b.text("#place") == "a", "the place")
            check("77" not in b.js("return document.body.innerText").replace(b.text("#since"), ""), "no plate is shown")
            check(b.js("return document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than the screen")
            shoot(b, "pay-en")
            b.emulate(390, 844, dark=True, phone=True)
            shoot(b, "pay-dark")
            b.click("#pay")  # to the provider's form, which sends back
            b.until(lambda: b.js("return document.getElementById('bill')?.dataset.state") in ("paying", "opening", "left"),
                    "the payment is under way", 30)
            b.until(lambda: "?" not in b.js("return location.href"), "reloading does not pay again")
            s.until_vehicle(car, "left")
            b.until(lambda: b.js("return document.getElementById('bill').dataset.state") == "left", "goodbye", 20)
            check("Thank you" in b.text("#message") or "Have a good trip" in b.text("#message"), b.text("#message"))
            shoot(b, "pay-left")
            check(len(s.charges()) == 1, f"charged once: {s.charges()}")
            b.go(f"{s.url}/pay/0123456789ABCDEF")
            b.until(lambda: b.js("return document.getElementById('bill').dataset.state") == "lapsed", "not known", 20)
            check(not shown(b, "#pay"), "nothing to press")
            bad = [line["message"] for line in b.console() if line["level"] == "SEVERE"
                   and "Failed to load resource" not in line["message"]]
            check(bad == [], f"the console is quiet: {bad}")


if __name__ == "__main__":
    if not available():
        sys.exit(SKIP)
    main(a_driver_pays_with_a_phone)
