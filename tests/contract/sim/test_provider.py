"""The payment provider's HTTP port: Stripe's PaymentIntents with all its ways to fail."""
import http.client
import json
import time
import unittest
import urllib.parse

from simulator import LANES, Simulator, main

PATH = "/v1/payment_intents"


def form(key, amount="500", currency="krw", customer="cus_01", **more):
    fields = {"amount": amount, "currency": currency, "customer": customer, "confirm": "true",
              "off_session": "true", "metadata[key]": key, "metadata[session]": "s-" + key, **more}
    return urllib.parse.urlencode({k: v for k, v in fields.items() if v is not None}).encode()


class Provider(unittest.TestCase):
    def setUp(self):
        self.sim = Simulator()
        self.addCleanup(lambda: self.sim.__exit__())
        self.sim.__enter__()

    def charge(self, key, body=None, **more):
        return self.sim.call("POST", PATH, body if body is not None else form(key, **more),
                             port=self.sim.provider, headers={"Idempotency-Key": key})

    def search(self, query):
        return self.sim.call("GET", PATH + "/search?" + urllib.parse.urlencode({"query": query}),
                             port=self.sim.provider)

    def mode(self, mode, **more):
        status, answer, _ = self.sim.call("POST", "/provider", {"mode": mode, **more})
        self.assertEqual(status, 200, answer)

    def charges(self):
        return self.sim.call("GET", "/charges")[1]

    def test_a_charge_and_how_to_find_it(self):
        status, intent, _ = self.charge("k1")
        self.assertEqual(status, 200)
        self.assertEqual((intent["object"], intent["status"], intent["amount_received"],
                          intent["currency"], intent["metadata"]["key"]),
                         ("payment_intent", "succeeded", 500, "krw", "k1"))
        self.assertEqual(self.sim.call("GET", f"{PATH}/{intent['id']}", port=self.sim.provider)[1],
                         intent)
        self.assertEqual(self.search("metadata['key']:'k1'")[1]["data"], [intent])
        self.assertEqual(self.search("metadata['key']:'other'")[1]["data"], [])
        charge = self.charges()[0]
        self.assertEqual((charge["key"], charge["customer"], charge["amount_minor"],
                          charge["currency"], charge["metadata"]),
                         ("k1", "cus_01", 500, "KRW", {"key": "k1", "session": "s-k1"}))

    def test_the_same_key_charges_once(self):
        _, first, headers = self.charge("k1")
        self.assertIsNone(headers["Idempotent-Replayed"])
        _, second, headers = self.charge("k1")
        self.assertEqual(second, first)
        self.assertEqual(headers["Idempotent-Replayed"], "true")
        status, answer, _ = self.charge("k1", amount="501")
        self.assertEqual((status, answer["error"]["type"]), (400, "idempotency_error"))
        self.assertEqual(len(self.charges()), 1)
        seen = self.sim.truth()["provider"]
        self.assertEqual((seen["charges"], seen["duplicate_keys"], seen["calls"],
                          seen["amount_minor"]), (1, 2, 3, {"KRW": 500}))

    def test_declines_are_remembered_under_their_key(self):
        for key, customer in (("k1", "cus_declined"), ("k2", "cus_declined_7")):
            status, answer, _ = self.charge(key, customer=customer)
            self.assertEqual((status, answer["error"]["code"]), (402, "card_declined"))
        self.mode("decline")
        self.assertEqual(self.charge("k3")[0], 402)
        self.mode("ok")
        self.assertEqual(self.charge("k3")[0], 402)  # the old key, the old answer
        self.assertEqual(self.charge("k4")[0], 200)
        self.assertEqual(self.search("metadata['key']:'k3'")[1]["data"][0]["status"],
                         "requires_payment_method")
        self.assertEqual(self.sim.truth()["provider"]["declined"], 3)

    def test_an_answer_can_be_lost_after_charging(self):
        self.mode("lose_answer", count=1)
        with self.assertRaises((ConnectionError, http.client.HTTPException)):
            self.charge("k1")
        self.assertEqual(len(self.charges()), 1)
        self.assertEqual(len(self.search("metadata['key']:'k1'")[1]["data"]), 1)
        self.assertEqual(self.charge("k1")[0], 200)
        self.assertEqual(self.charge("k2")[0], 200)  # one call only
        self.assertEqual(len(self.charges()), 2)

    def test_an_error_charges_nothing_and_frees_the_key(self):
        self.mode("error", count=2)
        self.assertEqual(self.charge("k1")[0], 500)
        self.assertEqual(self.search("metadata['key']:'k1'")[0], 500)
        self.assertEqual(self.search("metadata['key']:'k1'")[1]["data"], [])
        self.assertEqual(self.charge("k1")[0], 200)
        self.assertEqual(len(self.charges()), 1)

    def test_down_refuses_and_comes_back_on_its_port(self):
        self.assertEqual(self.charge("k0")[0], 200)
        for _ in range(3):
            self.mode("down")
            with self.assertRaises(OSError):
                self.charge("k1")
            self.mode("ok")
            self.assertEqual(self.charge("k1")[0], 200)
        self.assertEqual(len(self.charges()), 2)

    def test_slow_holds_the_answer_and_not_the_others(self):
        self.mode("slow", latency_ms=1500, count=1)
        begun = time.monotonic()
        with self.assertRaises(TimeoutError):
            self.sim.call("POST", PATH, form("k1"), port=self.sim.provider, timeout=0.3,
                          headers={"Idempotency-Key": "k1"})
        self.assertEqual(self.charge("k2")[0], 200)
        self.assertLess(time.monotonic() - begun, 1.4)
        self.assertEqual({c["key"] for c in self.charges()}, {"k1", "k2"})  # charged, answer late

    def test_down_while_answers_are_held(self):
        self.mode("slow", latency_ms=60000)
        with self.assertRaises(TimeoutError):
            self.sim.call("POST", PATH, form("k1"), port=self.sim.provider, timeout=0.3)
        self.mode("down")
        self.mode("ok")
        self.assertEqual(self.charge("k2")[0], 200)
        self.mode("slow", latency_ms=60000)
        with self.assertRaises(TimeoutError):
            self.sim.call("POST", PATH, form("k3"), port=self.sim.provider, timeout=0.3)
        self.assertEqual(self.sim.stop(), 0)  # a held answer does not hold the end

    def test_wrong_parameters(self):
        wrong = [form("k", amount="0"), form("k", amount="-5"), form("k", amount="1.5"),
                 form("k", amount="999999999"), form("k", amount=None), form("k", currency="euros"),
                 form("k", currency="e1r"), form("k", customer="alice"), form("k", customer=None),
                 form("k", tip="5"), b"amount=5&amount=5&currency=eur&customer=cus_1",
                 b"amount=%zz", b"amount=%00", b"\xff\xfe=1", b"metadata=1&metadata[a]=2", b""]
        for n, body in enumerate(wrong):
            status, answer, _ = self.charge(f"w{n}", body)
            self.assertEqual((status, answer["error"]["type"]), (400, "invalid_request_error"), body)
        self.assertEqual(self.charges(), [])
        self.assertEqual(self.charge("w0")[0], 200)  # what never ran did not use up the key
        self.assertEqual(self.charge("x" * 256)[0], 400)
        for query in ("", "metadata['key']:'a' OR 1", "status:'succeeded'", "metadata['key:'a'"):
            self.assertEqual(self.search(query)[0], 400, query)
        for path in ("/", "/v1/charges", PATH, PATH + "/", PATH + "/pi_none"):
            self.assertEqual(self.sim.call("GET", path, port=self.sim.provider)[0], 404, path)

    def test_without_confirm_nothing_is_charged(self):
        _, intent, _ = self.charge("k1", confirm=None)
        self.assertEqual((intent["status"], intent["amount_received"]),
                         ("requires_confirmation", 0))
        self.assertEqual(self.charges(), [])

    def refund(self, key, intent, amount=None, port=None, **more):
        fields = {"payment_intent": intent, "metadata[key]": key, **more}
        if amount is not None:
            fields["amount"] = amount
        return self.sim.call("POST", "/v1/refunds", urllib.parse.urlencode(fields).encode(),
                             port=port or self.sim.provider, headers={"Idempotency-Key": key})

    def balance(self, **query):
        return self.sim.call("GET", "/v1/balance_transactions?" + urllib.parse.urlencode(query),
                             port=self.sim.provider)[1]

    def test_refunds_in_part_and_whole(self):
        intent = self.charge("k1")[1]["id"]
        status, part, _ = self.refund("r1", intent, 200)
        self.assertEqual((status, part["object"], part["status"], part["amount"], part["currency"],
                          part["payment_intent"], part["metadata"]["key"]),
                         (200, "refund", "succeeded", 200, "krw", intent, "r1"))
        self.assertEqual(self.refund("r1", intent, 200)[1], part)  # the same key gives back once
        self.assertEqual(self.refund("r2", intent, 301)[0], 400)   # more than is left
        self.assertEqual(self.refund("r3", intent)[1]["amount"], 300)  # the rest
        status, answer, _ = self.refund("r4", intent, 1)
        self.assertEqual((status, answer["error"]["code"]), (400, "charge_already_refunded"))
        self.assertEqual(self.refund("r5", "pi_none", 1)[0], 400)
        self.assertEqual(self.refund("r6", intent, tip=3)[0], 400)
        listed = self.sim.call("GET", "/v1/refunds?payment_intent=" + intent, port=self.sim.provider)[1]
        self.assertEqual([r["amount"] for r in listed["data"]], [300, 200])
        self.assertEqual(len(self.sim.call("GET", "/refunds")[1]), 2)
        self.assertEqual(self.sim.truth()["provider"]["refunds"], 2)

    def test_a_refund_whose_answer_is_lost_was_made(self):
        intent = self.charge("k1")[1]["id"]
        self.mode("lose_answer", count=1)
        with self.assertRaises((ConnectionError, http.client.HTTPException)):
            self.refund("r1", intent, 200)
        self.assertEqual(len(self.sim.call("GET", "/refunds")[1]), 1)
        self.assertEqual(self.refund("r1", intent, 200)[0], 200)
        self.assertEqual(len(self.sim.call("GET", "/refunds")[1]), 1)

    def test_the_balance_page_by_page(self):
        intents = [self.charge(f"k{n}")[1]["id"] for n in range(3)]
        self.refund("r1", intents[0], 200)
        page = self.balance(limit=3)
        self.assertTrue(page["has_more"])
        rest = self.balance(limit=3, starting_after=page["data"][-1]["id"])
        self.assertFalse(rest["has_more"])
        rows = page["data"] + rest["data"]
        self.assertEqual(sorted((r["type"], r["amount"], r["source"]["metadata"]["key"]) for r in rows),
                         [("charge", 500, "k0"), ("charge", 500, "k1"), ("charge", 500, "k2"),
                          ("refund", -200, "r1")])
        self.assertEqual({r["source"]["payment_intent"] for r in rows}, set(intents))
        first = rows[-1]["created"]
        self.assertEqual(self.balance(**{"created[lt]": first})["data"], [])
        self.assertEqual(len(self.balance(**{"created[gte]": first})["data"]), 4)

    def test_busy_and_wrong(self):
        self.mode("busy", count=1)
        self.assertEqual(self.charge("k1")[0], 429)
        self.mode("wrong", count=1)
        self.assertEqual(self.charge("k1")[1]["amount"], 501)
        self.assertEqual(self.charge("k1")[1]["amount"], 500)  # charged rightly, answered wrongly
        self.assertEqual(len(self.charges()), 1)
        self.assertEqual(self.sim.call("POST", "/provider", {"mode": "ok", "endpoint": 1})[0], 404)


class Endpoints(unittest.TestCase):
    def test_each_has_its_own_conduct_and_all_the_same_books(self):
        config = LANES.replace("provider: {port: 0}",
                               "provider: {port: 0, endpoints: 3, latency_ms: 10, latency_max_ms: 30}")
        with Simulator(config) as sim:
            ports = json.loads(sim.ready.read_text())["provider_endpoints"]
            self.assertEqual((len(set(ports)), ports[0]), (3, sim.provider))
            sim.call("POST", "/provider", {"mode": "mute", "endpoint": 1})
            sim.call("POST", "/provider", {"mode": "down", "endpoint": 2})
            headers = {"Idempotency-Key": "k1"}
            self.assertEqual(sim.call("POST", PATH, form("k1"), port=ports[0], headers=headers)[0], 200)
            with self.assertRaises(TimeoutError):
                sim.call("POST", PATH, form("k2"), port=ports[1], headers=headers, timeout=0.5)
            with self.assertRaises(OSError):
                sim.call("POST", PATH, form("k2"), port=ports[2], headers=headers)
            sim.call("POST", "/provider", {"mode": "ok"})
            for port in ports:  # the key is known at all of them
                self.assertEqual(sim.call("POST", PATH, form("k1"), port=port, headers=headers)[0], 200)
            self.assertEqual(len(sim.call("GET", "/charges")[1]), 1)


if __name__ == "__main__":
    main()
