"""The read side of the cloud as the page sees it, with its strings pulled by a test: real HTTP and real
server-sent events from memory. test_page.py compares the members of these documents with those of the
real daemon, so that the two cannot drift apart."""
import datetime
import http.server
import json
import pathlib
import queue
import threading
import urllib.parse

DASHBOARD = pathlib.Path(__file__).resolve().parents[3] / "cloud" / "dashboard"
CHART = pathlib.Path("/usr/share/javascript/chart.js/chart.min.js")
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
CSP = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
       "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
TOKEN = "operator-token-for-the-page"

NOW = datetime.datetime(2026, 11, 20, 6, 31, 12, 345000, tzinfo=datetime.timezone.utc)


def stamp(seconds_ago=0.0):
    at = NOW - datetime.timedelta(seconds=seconds_ago)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


# Inputs of a lane where all is well: arm down and attached, beam clear, safety edge, local stop, mains,
# battery and cabinet as they should be.
QUIET = sum(1 << bit for bit in (4, 5, 6, 7, 9, 10, 11, 12))
LOOP_A, LOOP_B, BEAM_CLEAR = 1 << 0, 1 << 1, 1 << 6


def lane(edge, name, direction, arm="down", state="idle", online=True, age=1.0, inputs=QUIET):
    return {"edge": edge, "lane": name, "direction": direction, "state": state, "arm": arm,
            "online": online, "stale": False, "seen": stamp(age), "age_ms": int(age * 1000),
            "link_us": 480, "inputs": inputs}


def place(name, capacity, counted, pending=0, derived=None, title="", currency="KRW", zone="Asia/Seoul",
          lanes=(), edges=None, entered=0, left=0, status=None):
    derived = counted if derived is None else derived
    free = max(0, capacity - counted - pending)
    if edges is None:
        edges = [{"edge": e, "online": True, "stale": False, "seen": stamp(1), "age_ms": 1000, "epoch": 1,
                  "version": "0.1.0", "frozen": False, "outbox_depth": 0, "outbox_age_ms": 0, "free": 2, "overdraft": 0,
                  "clock": "synced"} for e in sorted({x["edge"] for x in lanes})]
    return {"place": name, "revision": "1", "parent": "", "hours": "", "stale_after_ms": 604800000, "zones": [],
            "title": title, "time": stamp(), "capacity": capacity, "zone": zone,
            "currency": currency, "tariff": "T3", "payment_policy": "defer", "hold_max_ms": 120000,
            "exit_grace_ms": 900000, "unmatched_exit": "open", "grant_size": 0, "closed": False,
            "status": status or ("full" if free == 0 else "open"), "offers_stopped": False,
            "occupied": {"counted": counted, "derived": derived, "difference": counted - derived},
            "pending": pending, "free": free, "held": 0, "overdraft": 0, "pool": free, "at_edges": 0,
            "anomalies": 0,
            "recent": {"window_ms": 900000, "entered": entered, "left": left},
            "edges": edges, "lanes": list(lanes)}


def movement(ident, where, lane_name, direction, plate, seconds_ago, outcome="drove_through", reason="",
             basis=""):
    return {"movement": f"{ident:016x}", "place": where, "edge": "e1", "lane": lane_name,
            "direction": direction, "plate": plate, "outcome": outcome, "reason": reason, "basis": basis,
            "time": stamp(seconds_ago), "completed": stamp(seconds_ago) if outcome else None}


def stay(ident, where, plate, state, start_ago, end_ago, amount, paid, payment, currency="KRW"):
    return {"session": f"{ident:016x}", "place": where, "plate": plate, "state": state,
            "start": stamp(start_ago), "end": stamp(end_ago) if end_ago else None,
            "elapsed_s": start_ago - end_ago, "zone": "Asia/Seoul", "currency": currency,
            "amount_minor": amount, "paid_minor": paid, "due_minor": amount - paid,
            "paid_at": stamp(end_ago) if paid else None, "payment": payment, "payment_reason": "",
            "debt_minor": 0, "exit_basis": "", "entry_lane": "in-1", "exit_lane": "", "stale": False}


def flow(where, occupied, window_ms=86400000):
    return {"place": where, "from": stamp(window_ms / 1000), "window_ms": window_ms,
            "step_ms": window_ms // 96, "entered": [0] * 96, "left": [0] * 96, "occupied": occupied}


def summary(where, charged=0, debts=0, debts_minor=0, turned_away=0, currency="KRW"):
    business = {"entered": 96, "left": 80, "turned_away": turned_away, "charged_minor": charged,
                "payments_succeeded": 60, "payments_declined": 1}
    return {"place": where, "time": stamp(), "currency": currency, **business, "sessions_open": 16,
            "debts_open": debts, "debts_open_minor": debts_minor, "payments_open": 0,
            "payments_manual": 0, "today": {"since": stamp(50000), **business}}


class FakeApi:
    """State and streams; `url` is where it listens. up=False refuses the stream with 503."""

    def __init__(self):
        self.places = {}
        self.moves = []
        self.flows = {}
        self.summaries = {}
        self.sessions = {}
        self.reports = {}
        self.breakers = []
        self.streams = set()
        self.up = True
        self.lock = threading.Lock()
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                api.serve(self)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.cut()
        self.server.shutdown()
        self.server.server_close()

    # --- strings to pull ---------------------------------------------------------------------------
    def put(self, value):
        with self.lock:
            self.places[value["place"]] = value
        self.send("place", value)

    def move(self, value):
        with self.lock:
            self.moves.insert(0, value)
        self.send("movement", value)

    def send(self, event, value):
        with self.lock:
            for stream in self.streams:
                stream.put((event, value))

    def cut(self):
        with self.lock:
            for stream in self.streams:
                stream.put(None)

    # --- answers -------------------------------------------------------------------------------------
    def serve(self, request):
        path, _, query = request.path.partition("?")
        parts = [urllib.parse.unquote(p) for p in path.split("/")[1:]]
        if path == "/v1/stream":
            return self.stream(request)
        if parts[:2] == ["v1", "places"] and len(parts) == 4 and parts[2] in self.places:
            if parts[3] == "flow":
                return self.json(request, 200, self.flows.get(parts[2], {"occupied": []}))
            if parts[3] == "summary":
                if not self.allowed(request):
                    return self.json(request, 401, {"status": 401, "code": "unauthorized"})
                found = self.summaries.get(parts[2])
                return self.json(request, 200 if found else 404, found or {"status": 404})
        if path == "/v1/sessions":
            if not self.allowed(request):
                return self.json(request, 401, {"status": 401, "code": "unauthorized"})
            plate = urllib.parse.parse_qs(query)["plate"][0]
            return self.json(request, 200, {"plate": plate, "sessions": self.sessions.get(plate, [])})
        if parts[:2] == ["v1", "reports"]:
            if not self.allowed(request):
                return self.json(request, 401, {"status": 401, "code": "unauthorized"})
            return self.json(request, 200, self.report(parts[2], urllib.parse.parse_qs(query)))
        file = DASHBOARD / ("index.html" if path == "/" else path[1:])
        if path == "/chart.min.js":
            file = CHART
        if len(parts) == 1 and file.is_file():
            return self.send_bytes(request, 200, TYPES[file.suffix], file.read_bytes())
        return self.json(request, 404, {"status": 404, "code": "not_found"})

    def report(self, name, query):
        """Rows of self.reports[name], those of the time that was asked for."""
        begin, end = query["from"][0], query["to"][0]
        by = query.get("by", [""])[0]
        rows = self.reports.get(name + ("/" + by if by else ""), [])
        return {"place": query["place"][0], "from": begin, "to": end, "step_s": 900,
                "as_of": {"cursor": "1", "behind": 0, "age_ms": 0},
                "rows": [row for row in rows if begin <= row["time"] < end]}

    def allowed(self, request):
        return request.headers.get("Authorization") == f"Bearer {TOKEN}"

    def json(self, request, status, value):
        self.send_bytes(request, status, "application/json", json.dumps(value).encode())

    def send_bytes(self, request, status, kind, data):
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(data)))
        request.send_header("Content-Security-Policy", CSP)
        request.send_header("Cache-Control", "no-store")
        request.end_headers()
        request.wfile.write(data)

    def stream(self, request):
        if not self.up:
            return self.json(request, 503, {"status": 503, "code": "unavailable"})
        mine = queue.Queue()
        with self.lock:
            for value in self.places.values():
                mine.put(("place", value))
            for value in reversed(self.moves):
                mine.put(("movement", value))
            mine.put(("beat", {"now": stamp(), "rate": 1, "places": sorted(self.places),
                               "breakers": self.breakers}))
            self.streams.add(mine)
        request.close_connection = True
        try:
            request.send_response(200)
            request.send_header("Content-Type", "text/event-stream")
            request.send_header("Cache-Control", "no-store")
            request.send_header("Connection", "close")
            request.end_headers()
            while (item := mine.get()) is not None:
                event, value = item
                text = f"event: {event}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n"
                request.wfile.write(text.encode())
                request.wfile.flush()
        except OSError:
            pass
        finally:
            with self.lock:
                self.streams.discard(mine)
