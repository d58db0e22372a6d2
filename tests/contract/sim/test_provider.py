"""The payment provider's HTTP port: Stripe's PaymentIntents with all its ways to fail."""
import http.client
import time
import unittest
import urllib.parse

from simulator import Simulator, main

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


if __name__ == "__main__":
    main()
