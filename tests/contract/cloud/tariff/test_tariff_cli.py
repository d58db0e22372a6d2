"""boomgatectl tariff: prices as one JSON object without a daemon; what is refused, and where."""
import csv
import json
import os
import pathlib
import subprocess
import tempfile
import zoneinfo

ROOT = pathlib.Path(__file__).resolve().parents[4]
CTL = pathlib.Path(os.environ["BOOMGATE_BIN"]) / "boomgatectl"
TABLES = ROOT / "tests/golden/tariff"
SHARED = ROOT.parent / "shared/vectors/tariff.csv"
ZONES = {"T3": "Asia/Seoul"}


def run(*arguments, expect=0):
    done = subprocess.run([CTL, "tariff", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == expect, f"{arguments}: exit {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout if expect == 0 else done.stderr


def price(table, zone, entry, leave, *more):
    text = run("price", "--table", str(table), "--zone", zone, "--entry", entry, "--exit", leave, *more)
    quote = json.loads(text)  # exactly one object: anything behind it is an error
    assert set(quote) == {"amount", "currency", "lines"}, quote
    assert sum(line["amount"] for line in quote["lines"]) == quote["amount"], quote
    for line in quote["lines"]:
        assert line["text"] and {"from", "to", "kind", "quantity", "each"} <= set(line), line
    return quote


def worked_cases(file):
    rows = list(csv.DictReader(file.open()))
    assert len(rows) >= 23
    for row in rows:
        table = row["table"]
        quote = price(TABLES / f"{table}.yaml", ZONES.get(table, "Europe/Berlin"), row["entry"], row["exit"])
        assert quote["amount"] == int(row["amount"]), (row, quote)
        assert quote["currency"] == ("KRW" if table == "T3" else "EUR"), quote


def everything_a_table_can_say():
    city, zone = TABLES / "city.yaml", "Europe/Berlin"
    day = ("2026-05-15T08:00:00+02:00", "2026-05-15T10:05:00+02:00")  # a Friday: 200 + 3 * 150
    assert price(city, zone, *day)["amount"] == 650
    assert price(city, zone, *day, "--vehicle", "compact")["amount"] == 325
    assert price(city, zone, *day, "--vehicle", "ev")["amount"] == 455
    assert price(city, zone, *day, "--vehicle", "lorry")["amount"] == 650
    # percent before amount; minutes by what the first minutes cost
    assert price(city, zone, *day, "--validation", "amount:100,percent:50")["amount"] == 225
    assert price(city, zone, *day, "--validation", "minutes:60")["amount"] == 450
    assert price(city, zone, *day, "--validation", "minutes:600")["amount"] == 0
    # a permit from 08:30 to 10:00: half an hour before it, five minutes after it, none free
    covered = ("--covered", "2026-05-15T08:30:00+02:00/2026-05-15T10:00:00+02:00")
    quote = price(city, zone, *day, *covered)
    assert quote["amount"] == 400 and [x["kind"] for x in quote["lines"]] == ["once", "covered", "once"], quote
    # the same hours on a holiday; a window's cap; the night; the day's cap
    assert price(city, zone, "2026-12-25T08:00:00+01:00", "2026-12-25T10:05:00+01:00")["amount"] == 300
    assert price(city, zone, "2026-05-15T07:00:00+02:00", "2026-05-15T19:00:00+02:00")["amount"] == 900
    assert price(city, zone, "2026-05-15T07:00:00+02:00", "2026-05-15T23:00:00+02:00")["amount"] == 1100
    lost = json.loads(run("price", "--table", str(city), "--zone", zone, "--lost",
                          "--exit", "2026-05-15T10:00:00Z"))
    assert lost["amount"] == 2500 and lost["lines"][0]["kind"] == "lost_ticket", lost
    assert "no price for a lost ticket" in run("price", "--table", str(TABLES / "T2.yaml"), "--zone", zone,
                                               "--lost", "--exit", "2026-05-15T10:00:00Z", expect=1)


def any_zone_prices():
    table = TABLES / "T2.yaml"
    for zone in ("Pacific/Apia", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca"):
        quote = price(table, zone, "2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z")
        assert quote["amount"] >= 2 * 400 + 2 * 15 * 200 - 400, (zone, quote)
    local = price(table, "Asia/Kathmandu", "2026-05-15T00:00:00Z", "2026-05-15T01:00:00Z")["lines"][0]
    assert local["from"] == "2026-05-15T05:45:00+05:45", local
    assert zoneinfo.ZoneInfo("Asia/Kathmandu")


def bad_files():
    cases = [
        ("id: x\ncurrency: EUR\nprice: 5\n", 3, "price"),
        ("id: x\ncurrency: EUR\nlines:\n  - {price_minor: -1}\n", 4, "lines[0].price_minor"),
        ("id: x\ncurrency: euro\nlines: [{price_minor: 1}]\n", 2, "currency"),
        ("id: x\ncurrency: EUR\nvalid_from: soon-enough\nlines: [{price_minor: 1}]\n", 1, "valid_from"),
        ("id: x\ncurrency: EUR\nlines: [{price_minor: 1}]\nholidays:\n  - {date: 2026-12-25}\n", 5, "holidays[0]"),
        ("id: x\ncurrency: EUR\nwindows:\n"
         "  - {name: a, days: weekdays, from: '00:00', to: '24:00', lines: [{price_minor: 1}]}\n"
         "  - {name: b, days: weekend, from: '00:00', to: '24:00', lines: [{price_minor: 1}]}\n"
         "holidays:\n  - {date: 2026-12-24}\n  - {date: 2026-13-25}\n", 8, "holidays[1].date"),
        ("id: x\ncurrency: EUR\nwindows:\n"
         "  - {name: a, days: weekdays, from: '00:00', to: '24:00', lines: [{price_minor: 1}]}\n"
         "  - {name: b, days: weekend, from: '00:00', to: '24:00', lines: [{price_minor: 1}]}\n"
         "holidays:\n  - {date: 2026-12-25}\n", 7, "holidays[0]"),
        ("id: x\ncurrency: EUR\nwindows:\n"
         "  - {name: a, from: '00:00', to: '24:00', lines: [{price_minor: 1}]}\n"
         "  - {name: b, days: sun, from: '10:00', to: '11:00', lines: [{price_minor: 1}]}\n", 5, "windows[1]"),
        ("id: x\ncurrency: EUR\nlines: [{price_minor: 1}]\nclasses:\n  - {name: ev, percent_off: 101}\n", 5,
         "classes[0].percent_off"),
        ("id: x\ncurrency: EUR\nlines: [{price_minor: 1}]\nclasses:\n  - {name: ev, percent_off: 1}\n"
         "  - {name: ev, percent_off: 2}\n", 6, "classes[1]"),
        ("", 1, ""), ("[", 1, ""), ("id: x\n---\nid: y\n", 1, ""), ("id: &a x\n", 1, ""), ("\xff", 1, ""),
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "bad.yaml"
        for text, line, key in cases:
            file.write_bytes(text.encode("latin-1"))
            said = run("check", str(file), expect=1)
            where = said.split(f"{file}:", 1)[1]
            assert where.split(":")[0].isdigit(), said
            if key:
                assert where.startswith(f"{line}: {key}: "), (text, said)
        # whatever the bytes, an answer and no crash
        whole = (TABLES / "city.yaml").read_bytes()
        for cut in range(0, len(whole), 37):
            file.write_bytes(whole[:cut] + b"\x00\x9f{[" + whole[cut + 3:])
            run("check", str(file), expect=1)
    run("check", "/nonexistent.yaml", expect=2)
    for name in ("T1", "T2", "T3", "T5cal", "T5roll", "city"):
        assert "is valid" in run("check", str(TABLES / f"{name}.yaml"))


def bad_questions():
    t1, zone = str(TABLES / "T1.yaml"), "Europe/Berlin"
    entry, leave = "2026-05-15T10:00:00Z", "2026-05-15T11:00:00Z"

    def refused(option, table=t1, zone=zone, entry=entry, leave=leave, more=()):
        arguments = ["price"]
        for name, value in (("table", table), ("zone", zone), ("entry", entry), ("exit", leave)):
            arguments += [f"--{name}", value] if value is not None else []
        said = run(*arguments, *more, expect=2)
        assert f"--{option}: found" in said and "expected" in said, said

    refused("table", table=None)
    refused("zone", zone=None)
    refused("zone", zone="Asia/Atlantis")
    refused("zone", zone="../../etc/passwd")
    for text in ("yesterday", "2026-02-30T10:00:00Z", "2026-05-15T10:00:00", "2026-05-15T10:00:60Z", ""):
        refused("entry", entry=text)
        refused("exit", leave=text)
    refused("exit", leave="2026-05-15T09:59:59Z")
    refused("exit", leave="2037-05-15T09:59:59Z")
    for text in ("percent", "percent:", "percent:0", "percent:101", "minutes:-5", "amount:9999999999999999999999",
                 "percent:5;", "percent:5,", "free:1", ",", "percent:5" + ",percent:5" * 16):
        refused("validation", more=("--validation", text))
    for text in ("2026", entry, f"{leave}/{entry}", f"{entry}/", f"{entry}/{leave},"):
        refused("covered", more=("--covered", text))
    refused("vehicle", more=("--vehicle", "A B"))


worked_cases(TABLES / "cases.csv")
if SHARED.exists():
    worked_cases(SHARED)
everything_a_table_can_say()
any_zone_prices()
bad_files()
bad_questions()
print("ok")
