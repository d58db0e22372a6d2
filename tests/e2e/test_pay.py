"""Drivers without an account pay by link at the exit, others before leaving; a shop pays a part of it."""
import json
import re
import urllib.error
import urllib.parse
import urllib.request

from harness import Stack, check, http_json, main

EPOCH = "2026-05-15T01:00:00Z"


class StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def through_the_form(form, bill, page):
    """The provider's hosted form sends the driver back to the page with the name of an account."""
    query = urllib.parse.urlencode({"amount": bill["due_minor"], "currency": bill["currency"], "return": page})
    try:
        urllib.request.build_opener(StayHere).open(f"{form}?{query}", timeout=10)
    except urllib.error.HTTPError as answer:
        check(answer.code == 303, f"the form answers {answer.code}")
        back = answer.headers["Location"]
        check(back.startswith(page + "?"), back)
        return urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)["payer"][0]
    raise AssertionError("the form did not send the driver back")


def configure(s):
    file = s.dir / "cloud.yaml"
    text = file.read_text()
    provider = re.search(r"http://127.0.0.1:\d+", text.split("payment:")[1]).group()
    file.write_text(text + f'pay: {{url: "{s.url}/pay/", form: "{provider}/checkout"}}\n'
                           "issuers:\n  - {name: cafe, percent_max: 50}\n")


def fill(s, plate, minutes=12):
    car = s.drive("a", "in-1", plate)
    s.until_vehicle(car, "inside")
    s.until(lambda: (s.sessions(plate) or [{"elapsed_s": 0}])[0]["elapsed_s"] > minutes * 60, f"{minutes} minutes pass", 60, every=0.3)


def drivers_pay_by_themselves():
    with Stack(places=["a:10:in=in-1;out=out-1"], rate=60, epoch=EPOCH, unmatched="deny") as s:
        configure(s)
        s.start()
        fill(s, "77러7777")

        # at the exit: the display asks, the link pays, the lane that waits opens
        car = s.drive("a", "out-1", "77러7777")
        token = s.until(lambda: s.query("cloud.db", "SELECT token FROM pay_link"), "a link is shown", 60)[0][0]
        check(s.vehicle(car)["state"] == "at_column", "the arm stays down")
        s.until(lambda: any("500 KRW" in lane["display"] for lane in s.truth()["lanes"]
                            if lane["lane"] == "out-1"), "the display names the amount")
        page = f"{s.url}/pay/{token}"
        html = urllib.request.urlopen(page, timeout=10).read().decode()
        check("/pay.js" in html and token not in html, "the page is one file")
        svg = urllib.request.urlopen(page + "/qr.svg", timeout=10).read().decode()
        check(svg.startswith("<svg"), "the link as a picture")
        bill = s.get(f"/v1/pay/{token}", expect=200)
        check(bill["state"] == "due" and bill["due_minor"] >= 500, f"what is due: {bill}")
        payer = through_the_form(bill["form"], bill, page)
        status, begun = http_json("POST", page, {"payer": payer})
        check(status == 202 and ":charge:" in begun["payment"], f"the payment begins: {begun}")
        s.until_vehicle(car, "left")
        s.until(lambda: s.get(f"/v1/pay/{token}", expect=200)["state"] == "left", "the page says goodbye")
        charges = s.charges()
        check(len(charges) == 1 and charges[0]["customer"] == payer, f"charged once: {charges}")
        check(s.summary("a")["debts_open"] == 0, "no debt is open")

        # before leaving: half is the shop's, the rest is paid, and the arm opens without a charge
        fill(s, "88러8888")
        http_json("POST", s.url + "/v1/validations", {"id": "stamp-1", "place": "a", "plate": "88러8888", "issuer": "cafe",
                  "kind": "percent", "value": 50}, token=s.token, expect=400)  # without an Idempotency-Key
        quote = urllib.parse.urlencode({"place": "a", "plate": "88러8888"})
        before = s.get("/v1/quotes?" + quote, token=s.token, expect=200)
        post(s, "/v1/validations", {"id": "stamp-1", "place": "a", "plate": "88러8888", "issuer": "cafe",
                                    "kind": "percent", "value": 50}, 201)
        after = s.get("/v1/quotes?" + quote, token=s.token, expect=200)
        check(after["lines"][-1]["kind"] == "percent" and after["due_minor"] < before["price_minor"] + 500, f"{after}")
        post(s, "/v1/payments", {"session": after["session"], "payer": {"provider": "stripe", "token": "cus_phone"}}, 202)
        told = s.ctl("quote", "a", "88러8888").stdout
        check("validation: 50 % off" in told and "due:" in told, told)
        paid = s.until(lambda: (q := s.get("/v1/quotes?" + quote, token=s.token, expect=200))["leave_by"] and q, "paid")
        check(paid["due_minor"] == 0 and paid["paid_minor"] > 0, f"{paid}")
        car = s.drive("a", "out-1", "88러8888")
        s.until_vehicle(car, "left")
        check(len(s.charges()) == 2, f"charged once before leaving: {s.charges()}")
        receipt = s.until(lambda: (q := s.get("/v1/quotes?session=" + after["session"], token=s.token, expect=200))
                          ["state"] == "closed" and q, "the stay ends")
        check(receipt["lines"][-1]["kind"] == "percent", f"the receipt: {receipt}")

        # nobody knows this one: the attendant takes it for a lost ticket, its link pays that
        car = s.drive("a", "out-1", "99마9999", force=True)
        s.until_vehicle(car, "at_column")
        told = s.until(lambda: (d := s.ctl("lane", "lost-ticket", "a", "out-1", "--reason", "paper lost",
                                           expect=None)).returncode == 0 and d.stdout, "the lost ticket is taken")
        check("20000 KRW" in told and "/pay/" in told, told)
        page = re.search(r"http://\S+", told).group()
        status, begun = http_json("POST", page, {"payer": "cus_lost"})
        check(status == 202, f"{begun}")
        s.until_vehicle(car, "left", seconds=60)
        s.until(lambda: s.query("cloud.db", "SELECT 1 FROM session WHERE lost = 1 AND state = 'closed'"), "its stay ends")
        check(s.charges()[-1]["amount_minor"] == 20000, f"{s.charges()[-1]}")
        check(s.summary("a")["debts_open"] == 0, "no debt is open")


def post(s, path, body, expect):
    request = urllib.request.Request(s.url + path, data=json.dumps(body).encode(), method="POST")
    request.add_header("Content-Type", "application/json")
    request.add_header("Authorization", "Bearer " + s.token)
    request.add_header("Idempotency-Key", path + str(body.get("id")))
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            status, said = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, said = error.code, error.read()
    check(status == expect, f"{path}: {status} {said}")


if __name__ == "__main__":
    main(drivers_pay_by_themselves)
