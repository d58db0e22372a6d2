#!/usr/bin/env python3
"""What an operator is told: the metrics of a running daemon, the rules made of them, the dashboard and the
runbook that go with them, and an alert that reaches a webhook through a real Prometheus and Alertmanager."""
import http.server
import json
import re
import socket
import subprocess
import tempfile
import threading
import urllib.request

from harness import ROOT, Stack, check, main

MONITORING = ROOT / "cloud/deploy/monitoring"
RUNBOOK = ROOT / "cloud/deploy/RUNBOOK.md"


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **more)
    check(done.returncode == 0, f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
    return done.stdout


def the_rules_do_what_their_cases_say():
    run("promtool", "check", "rules", MONITORING / "boomgate.rules.yml")
    run("promtool", "check", "config", MONITORING / "prometheus.yml")
    run("amtool", "check-config", MONITORING / "alertmanager.yml")
    run("promtool", "test", "rules", MONITORING / "boomgate.rules.test.yml")


def every_alert_is_tested_and_in_the_runbook():
    rules = (MONITORING / "boomgate.rules.yml").read_text()
    alerts = re.findall(r"- alert: (\w+)", rules)
    cases = set(re.findall(r"alertname: (\w+)\n\s+exp_alerts", (MONITORING / "boomgate.rules.test.yml").read_text()))
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", RUNBOOK.read_text(), re.S | re.M))
    check(len(alerts) >= 18 and len(set(alerts)) == len(alerts), "alerts have names of their own")
    check(set(alerts) == cases, f"alerts without a case in which they fire: {set(alerts) ^ cases}")
    check(set(alerts) == set(sections), f"alerts and sections of the runbook differ: {set(alerts) ^ set(sections)}")
    for name, text in sections.items():
        for part in ("*Symptom.*", "*Meaning.*", "*Action.*"):
            check(part in text, f"{name} has {part}")
        check(f"runbook: RUNBOOK.md#{name.lower()}" in rules, f"{name} names its section")


def the_runbook_names_commands_that_exist(known):
    said = re.findall(r"boomgatectl ([a-z]+) ([a-z]+)?", RUNBOOK.read_text().replace("\n", " "))
    check(len(said) >= 5, "it names commands")
    for command in said:
        check(" ".join(command).strip() in known or command[0] in known, f"boomgatectl {' '.join(command)} exists")


def names_in(expression):
    return set(re.findall(r"\bboomgate_[a-z0-9_]+", expression))


def rules_and_dashboard_use_metrics_that_exist():
    """What the expressions name is what the daemon says, by Prometheus' own conventions."""
    with Stack(places=["a:5:in=in-1;out=out-1"], rate=20) as s:
        s.start()
        s.until_vehicle(s.drive("a", "in-1", "22아2222"), "inside")
        s.until(lambda: s.place("a")["occupied"]["counted"] == 1, "counted")
        def metrics():
            return urllib.request.urlopen(s.url + "/metrics", timeout=10).read().decode()
        s.until(lambda: 'boomgate_lane_online{place="a",edge="in",lane="in-1"} 1' in metrics(), "the lane is there")
        text = metrics()
        lint = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
        check(lint.returncode == 0, f"promtool check metrics: {lint.stdout}{lint.stderr}")
        told = {line.split("{")[0].split(" ")[0] for line in text.splitlines() if not line.startswith("#")}
        check('boomgate_gate_decisions_total{result="allowed"} 1' in text, "the decision was counted")
        check(re.search(r'boomgate_http_requests_total\{code="2xx"\} [1-9]', text), "answers were counted")
        rules = (MONITORING / "boomgate.rules.yml").read_text()
        panels = json.loads((MONITORING / "grafana.json").read_text())["panels"]
        shown = " ".join(t["expr"] for p in panels for t in p["targets"])
        used = names_in(rules) | names_in(shown)
        check(used <= told, f"metrics that nobody tells: {used - told}")
        known = s.ctl("--help").stdout
        the_runbook_names_commands_that_exist(known)
    with_rule = {"groups": [{"name": "panels", "rules": [
        {"record": f"panel:{p['id']}:{i}", "expr": t["expr"]} for p in panels for i, t in enumerate(p["targets"])]}]}
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as f:
        json.dump(with_rule, f)
        f.flush()
        run("promtool", "check", "rules", f.name)


# ---- a real Prometheus, a real Alertmanager, a webhook ----

def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Webhook:
    """Keeps what is posted to it."""

    def __init__(self):
        heard = self.heard = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard.append((self.path, json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def alerts(self, path, status):
        return {a["labels"]["alertname"] for where, body in list(self.heard) if where == path
                for a in body["alerts"] if a["status"] == status}


def quickened(text, **replacements):
    """The shipped file with its addresses and with seconds instead of minutes."""
    for old, new in replacements.items():
        text = text.replace(old, new)
    text = re.sub(r"for: \d+m", "for: 1s", text)
    text = re.sub(r"(scrape|evaluation|group)_(interval|wait): \d+[sm]", r"\1_\2: 1s", text)
    return text


def an_alert_reaches_the_webhook_and_ends():
    with Stack(places=["a:5:in=in-1;out=out-1"]) as s:
        s.start()
        hook, prometheus, alertmanager = Webhook(), free_port(), free_port()
        replacements = {"127.0.0.1:8480": s.url.removeprefix("http://"), "127.0.0.1:9093": f"127.0.0.1:{alertmanager}",
                        "127.0.0.1:9095": f"127.0.0.1:{hook.port}"}
        for name in ("prometheus.yml", "boomgate.rules.yml", "alertmanager.yml"):
            text = (MONITORING / name).read_text()
            (s.dir / name).write_text(quickened(text, **replacements))
        commands = {
            "alertmanager": ["prometheus-alertmanager", f"--config.file={s.dir}/alertmanager.yml",
                             f"--storage.path={s.dir}/alerts", "--cluster.listen-address=",
                             f"--web.listen-address=127.0.0.1:{alertmanager}"],
            "prometheus": ["prometheus", f"--config.file={s.dir}/prometheus.yml", f"--storage.tsdb.path={s.dir}/tsdb",
                           f"--web.listen-address=127.0.0.1:{prometheus}"],
        }
        s.commands.update(commands)
        s.start("alertmanager", "prometheus")
        target = f"http://127.0.0.1:{prometheus}/api/v1/targets"
        s.until(lambda: '"health":"up"' in urllib.request.urlopen(target, timeout=5).read().decode(),
                "Prometheus reads the daemon's metrics", 60)
        check(hook.alerts("/page", "firing") == set(), "all is quiet")
        s.kill("cloud")
        s.until(lambda: "CloudDown" in hook.alerts("/page", "firing"), "the webhook hears of it", 60)
        told = [body for _, body in hook.heard][0]["alerts"][0]["annotations"]
        check("lanes decide by themselves" in told["summary"] and told["runbook"] == "RUNBOOK.md#clouddown",
              f"what happened and what to do is said: {told}")
        s.start("cloud")
        s.until(lambda: "CloudDown" in hook.alerts("/page", "resolved"), "and that it is over", 60)


main(the_rules_do_what_their_cases_say, every_alert_is_tested_and_in_the_runbook,
     rules_and_dashboard_use_metrics_that_exist, an_alert_reaches_the_webhook_and_ends)
