"""The payment provider's HTTP port in the words of Toss Payments."""
import http.client
import unittest

from simulator import Simulator, main

AUTH = {"Authorization": "Basic c2tfdGVzdDo=", "Content-Type": "application/json"}


class Toss(unittest.TestCase):
    def setUp(self):
        self.sim = Simulator()
        self.addCleanup(lambda: self.sim.__exit__())
        self.sim.__enter__()

    def call(self, method, path, body=None, key=None, headers=None):
        headers = {**(AUTH if headers is None else headers), **({"Idempotency-Key": key} if key else {})}
        return self.sim.call(method, path, body, port=self.sim.provider, headers=headers)[:2]

    def charge(self, order, amount=3500, billing="bk-1", key=None, **more):
        return self.call("POST", "/v1/billing/" + billing,
                         {"customerKey": "c-1", "amount": amount, "orderId": order, "orderName": "Parking a", **more},
                         key=key or order)

    def payments(self):
        return self.sim.call("GET", "/toss")[1]

    def test_a_charge_and_how_to_find_it(self):
        status, payment = self.charge("s1_charge_1")
        self.assertEqual((status, payment["status"], payment["totalAmount"], payment["currency"]),
                         (200, "DONE", 3500, "KRW"))
        self.assertEqual(self.call("GET", "/v1/payments/orders/s1_charge_1"), (200, payment))
        self.assertEqual(self.call("GET", "/v1/payments/" + payment["paymentKey"]), (200, payment))
        self.assertEqual(self.call("GET", "/v1/payments/orders/s2_charge_1"),
                         (404, {"code": "NOT_FOUND_PAYMENT", "message": "NOT_FOUND_PAYMENT"}))

    def test_a_key_and_an_order_charge_once(self):
        first = self.charge("s1_charge_1", key="k1")
        self.assertEqual(self.charge("s1_charge_1", key="k1"), first)
        status, answer = self.charge("s1_charge_1", key="k2")
        self.assertEqual((status, answer["code"]), (400, "DUPLICATED_ORDER_ID"))
        self.assertEqual(len(self.payments()), 1)

    def test_refusals(self):
        self.assertEqual(self.charge("s1_charge_1", billing="declined-1")[0], 403)
        self.sim.call("POST", "/provider", {"mode": "decline", "count": 1})
        self.assertEqual(self.charge("s2_charge_1")[1]["code"], "REJECT_CARD_PAYMENT")
        for wrong in ({"amount": 0}, {"amount": "5"}, {"orderId": "short"}, {"customerKey": ""}, {"orderName": ""}):
            self.assertEqual(self.charge("s3_charge_1", key=repr(wrong), **wrong)[0], 400, wrong)
        self.assertEqual(self.call("POST", "/v1/billing/bk", b"nonsense", key="k9")[0], 400)
        self.assertEqual(self.call("GET", "/v1/payments/orders/s1_charge_1", headers={})[0], 401)
        self.assertEqual(self.payments(), [])

    def test_an_answer_can_be_lost_after_charging(self):
        self.sim.call("POST", "/provider", {"mode": "lose_answer", "count": 1})
        with self.assertRaises((ConnectionError, http.client.HTTPException)):
            self.charge("s1_charge_1")
        self.assertEqual(self.call("GET", "/v1/payments/orders/s1_charge_1")[0], 200)
        self.sim.call("POST", "/provider", {"mode": "error", "count": 1})
        self.assertEqual(self.charge("s2_charge_1")[0], 500)
        self.sim.call("POST", "/provider", {"mode": "wrong", "count": 1})
        self.assertEqual(self.charge("s3_charge_1")[1]["totalAmount"], 3501)
        self.assertEqual(len(self.payments()), 2)

    def test_cancellations_and_settlements(self):
        payment = self.charge("s1_charge_1")[1]
        path = "/v1/payments/" + payment["paymentKey"] + "/cancel"
        part = self.call("POST", path, {"cancelReason": "refund r1", "cancelAmount": 500}, key="r1")
        self.assertEqual((part[0], part[1]["status"], part[1]["balanceAmount"], part[1]["cancels"][0]["cancelAmount"]),
                         (200, "PARTIAL_CANCELED", 3000, 500))
        self.assertEqual(self.call("POST", path, {"cancelReason": "refund r1", "cancelAmount": 500}, key="r1"), part)
        self.assertEqual(self.call("POST", path, {"cancelReason": "x", "cancelAmount": 3001}, key="r2")[0], 403)
        self.assertEqual(self.call("POST", path, {"cancelReason": "x"}, key="r3")[1]["status"], "CANCELED")
        self.assertEqual(self.call("POST", path, {"cancelReason": "x"}, key="r4")[1]["code"],
                         "ALREADY_CANCELED_PAYMENT")
        day = payment["approvedAt"][:10]
        lines = self.call("GET", f"/v1/settlements?startDate={day}&endDate={day}&page=1&size=100")[1]
        self.assertEqual([(row["amount"], row["cancel"] is None) for row in lines],
                         [(3500, True), (-500, False), (-3000, False)])
        self.assertEqual(lines[1]["cancel"]["cancelReason"], "refund r1")
        self.assertEqual(len(self.call("GET", f"/v1/settlements?startDate={day}&endDate={day}&page=2&size=2")[1]), 1)
        self.assertEqual(self.call("GET", "/v1/settlements?startDate=2001-01-01&endDate=2001-01-02")[1], [])


if __name__ == "__main__":
    main()
