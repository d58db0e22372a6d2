#!/usr/bin/python3
"""boomgatectl correct and act against a daemon without a broker: corrections are signed with the daemon's own
key, undone by another act, and any change in the ledger's file is found."""
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

BIN = pathlib.Path(os.environ["BOOMGATE_BIN"])
ROOT = pathlib.Path(__file__).resolve().parents[4]
TOKEN = "operator-token-0123456789"


def wait_for_port(log):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = re.search(r"event=http.listening .*port=(\d+)", log.read_text())
        if found:
            return found.group(1)
        time.sleep(0.05)
    sys.exit(f"the daemon does not listen: {log.read_text()}")


def ctl(port, *words):
    env = {"BOOMGATE_URL": f"http://127.0.0.1:{port}", "BOOMGATE_TOKEN": TOKEN}
    done = subprocess.run([BIN / "boomgatectl", *words], env=env, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def expect(got, status, text):
    assert got[0] == status and text in got[1], f"expected {status} and {text!r}, got {got}"


def change(file, sql):
    ledger = sqlite3.connect(file, timeout=30)
    with ledger:
        ledger.execute(sql)
    ledger.close()


def story(folder, port):
    key = str(folder / "cloud.db.key.pub")
    expect(ctl(port, "act", "verify", "a", "--key", key), 0, "0 acts")
    expect(ctl(port, "correct", "a", "--by", "3", "--reason", "three on the roof"), 0, "3 inside")
    expect(ctl(port, "correct", "a", "--by", "-1", "--reason", "a bike", "--key", "k1"), 0, "2 inside")
    expect(ctl(port, "correct", "a", "--by", "-1", "--reason", "a bike", "--key", "k1"), 0, "2 inside")
    expect(ctl(port, "correct", "a", "--by", "-5", "--reason", "no"), 1, "fewer than none")
    expect(ctl(port, "correct", "a", "--by", "x", "--reason", "no"), 2, "--by N")
    expect(ctl(port, "correct", "a", "--by", "1"), 2, "--reason")
    expect(ctl(port, "act", "undo", "a", "2", "--reason", "it was a car"), 0, "act 3 undoes act 2")
    expect(ctl(port, "act", "undo", "a", "2", "--reason", "again"), 1, "undone before")
    expect(ctl(port, "act", "list", "a"), 0, "by 3")
    expect(ctl(port, "act", "verify", "a", "--key", key), 0, "3 acts, all signed and in one chain")
    file = folder / "cloud.db"
    change(file, "UPDATE act SET text = replace(text, 'bike', 'bus') WHERE id = 2")
    expect(ctl(port, "act", "verify", "a", "--key", key), 1, "act 2: not signed")
    change(file, "UPDATE act SET text = replace(text, 'bus', 'bike') WHERE id = 2")
    change(file, "UPDATE act SET actor = 'lee' WHERE id = 2")
    expect(ctl(port, "act", "verify", "a", "--key", key), 1, "act 2: shown otherwise")
    change(file, "DELETE FROM act WHERE id = 2")
    expect(ctl(port, "act", "verify", "a", "--key", key), 1, "act 1: not the predecessor")
    change(file, "DELETE FROM act WHERE id = 1")
    expect(ctl(port, "act", "verify", "a", "--key", key), 1, "before 3 are missing")


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="boomgate-acts-"))
    tariffs = ROOT / "cloud/deploy/tariffs"
    tariff = sorted(tariffs.glob("*.yaml"))[0].stem
    (folder / "token").write_text(TOKEN + "\n")
    (folder / "cloud.yaml").write_text(
        f"database: {folder}/cloud.db\ntariffs: {tariffs}\nbroker: {{port: 1}}\nhttp: {{port: 0}}\n"
        f"tokens:\n  - {{name: kim, role: operator, token_file: {folder}/token}}\n"
        f"places:\n  - {{name: a, capacity: 10, tariff: {tariff}}}\n")
    log = folder / "log"
    with log.open("w") as out:
        daemon = subprocess.Popen([BIN / "boomgate-cloud", "-c", folder / "cloud.yaml"], stderr=out)
    try:
        story(folder, wait_for_port(log))
    finally:
        daemon.terminate()
        status = daemon.wait(60)
        shutil.rmtree(folder)
    assert status == 0, f"the daemon ended with {status}"


if __name__ == "__main__":
    main()
