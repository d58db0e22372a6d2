"""Two providers: the first cannot be reached, so the second one is charged, within the same answer at the exit."""
import collections
import socket

from harness import Stack, check, http_json, main

EPOCH = "2026-05-15T01:00:00Z"
PLATES = ["10가1001", "10가1002", "10가1003"]


def two_providers(s, first, second):
    """Stripe at `first`, Toss at `second`; every driver has an account at both."""
    config = (s.dir / "cloud.yaml").read_text().splitlines()
    key = s.dir / "provider.key"
    rows = ["payment:", "  providers:"]
    for name, url in (("stripe", first), ("toss", second)):
        rows.append(f"    - {{name: {name}, type: {name}, key_file: {key}, endpoints: [{{url: \"{url}\"}}]}}")
    at = next(i for i, line in enumerate(config) if line.startswith("payment:"))
    config[at:at + 1] = rows
    (s.dir / "cloud.yaml").write_text("\n".join(config) + "\n")
    (s.dir / "accounts.csv").write_text("plate,stripe,toss\n" + "".join(
        f"{plate},cus_0{i},bk-{i}/customer-{i}\n" for i, plate in enumerate(PLATES)))


def the_next_provider_is_charged_when_the_first_cannot_be_reached():
    with Stack(places=["a:10:in=in-1;out=out-1"], rate=60, epoch=EPOCH) as s:
        nobody = socket.socket()
        nobody.bind(("127.0.0.1", 0))  # bound, and nobody listens: refused
        url = next(line for line in (s.dir / "cloud.yaml").read_text().splitlines()
                   if line.startswith("payment:")).split('"')[1]
        two_providers(s, f"http://127.0.0.1:{nobody.getsockname()[1]}", url)
        s.start()
        cars = [s.drive("a", "in-1", plate) for plate in PLATES]
        s.until(lambda: all(s.vehicle(c)["state"] == "inside" for c in cars), "all are inside", 120)
        s.until(lambda: all(s.sessions(p) and s.sessions(p)[0]["elapsed_s"] > 12 * 60 for p in PLATES),
                "twelve minutes pass", 120, every=0.3)
        s.provider("lose_answer", count=1)
        for plate in PLATES:
            s.until_vehicle(s.drive("a", "out-1", plate), "left", seconds=60)
        s.until(lambda: all(s.sessions(p)[0]["payment"] == "paid" for p in PLATES), "each stay is paid", 90, every=0.3)
        taken = http_json("GET", s.control + "/toss", expect=200)[1]
        orders = collections.Counter(payment["orderId"].split("_")[0] for payment in taken)
        check(len(taken) == 3 and all(n == 1 for n in orders.values()), f"each stay is charged once, at Toss: {orders}")
        check(s.charges() == [], "nothing at Stripe")
        check({row[0] for row in s.query("cloud.db", "SELECT provider FROM payment")} == {"toss"},
              "the payments name their provider")
        shown = {p["provider"]: p for p in s.get("/v1/providers", token=s.token, expect=200)["providers"]}
        check(shown["stripe"]["charges"]["not_sent"] >= 1 and shown["toss"]["charges"]["succeeded"] >= 2,
              f"the providers are shown: {shown}")
        nobody.close()


main(the_next_provider_is_charged_when_the_first_cannot_be_reached)
