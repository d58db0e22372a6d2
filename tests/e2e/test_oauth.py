"""Tokens: given out by the daemon, made by boomgatectl, or of another issuer; read by another implementation
(PyJWT), and refused when anything about them is wrong."""
import base64
import hashlib
import hmac
import http.server
import json
import pathlib
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from harness import BIN, Stack, check, http_json, main


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(n):
    return b64(n.to_bytes((n.bit_length() + 7) // 8, "big"))


def ask(s, form, basic=None):
    request = urllib.request.Request(s.url + "/oauth/token", data=urllib.parse.urlencode(form).encode())
    if basic:
        request.add_header("Authorization", "Basic " + base64.b64encode(basic.encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, json.load(error), error.headers


def client_add(s, ident, *options):
    done = subprocess.run([BIN / "boomgatectl", "client", "add", s.dir / "clients.yaml", ident, *options],
                          capture_output=True, text=True, timeout=20)
    check(done.returncode == 0, done.stderr)
    return done.stdout.strip()


def seen(s, token, path="/v1/places/a/summary"):
    """(status, WWW-Authenticate, code)"""
    request = urllib.request.Request(s.url + path, headers={"Authorization": "Bearer " + token})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, "", ""
    except urllib.error.HTTPError as error:
        problem = json.load(error)
        return error.code, error.headers.get("WWW-Authenticate", ""), problem["code"] + " " + problem["detail"]


def our_own_tokens(s):
    secret = (s.dir / "operator.secret").read_text().strip()
    status, answer, headers = ask(s, {"grant_type": "client_credentials"}, basic="operator:" + secret)
    check(status == 200 and answer["token_type"] == "Bearer" and answer["scope"] == "operator", f"{status} {answer}")
    check(headers["Cache-Control"] == "no-store", "tokens are not stored")
    check(seen(s, answer["access_token"])[0] == 200, "the token is taken")

    # another implementation reads it, with the published key
    keys = s.get("/oauth/jwks", expect=200)["keys"]
    kid = jwt.get_unverified_header(answer["access_token"])["kid"]
    key = jwt.algorithms.RSAAlgorithm.from_jwk(next(k for k in keys if k["kid"] == kid))
    claims = jwt.decode(answer["access_token"], key, algorithms=["RS256"], audience="boomgate", issuer="boomgate")
    check(claims["sub"] == "operator" and claims["roles"] == ["operator"], str(claims))

    # a refresh token is no access token, and gives new ones
    check(seen(s, answer["refresh_token"])[0] == 401, "a refresh token opens nothing")
    status, fresh, _ = ask(s, {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]})
    check(status == 200 and seen(s, fresh["access_token"])[0] == 200, f"{status} {fresh}")
    check(ask(s, {"grant_type": "refresh_token", "refresh_token": answer["access_token"]})[1]["error"] == "invalid_grant",
          "an access token refreshes nothing")

    for form, want in [({}, (400, "invalid_request")), ({"grant_type": "password"}, (400, "unsupported_grant_type")),
                       ({"grant_type": "client_credentials"}, (401, "invalid_client")),
                       ({"grant_type": "client_credentials", "client_id": "operator", "client_secret": "no"},
                        (401, "invalid_client")),
                       ({"grant_type": "client_credentials", "client_id": "nobody", "client_secret": secret},
                        (401, "invalid_client")),
                       ({"grant_type": "client_credentials", "client_id": "operator", "client_secret": secret,
                         "scope": "auditor"}, (400, "invalid_scope")),
                       ({"grant_type": "refresh_token", "refresh_token": "x.y.z"}, (400, "invalid_grant"))]:
        status, body, _ = ask(s, form)
        check((status, body["error"]) == want, f"{form}: {status} {body}, expected {want}")
    return secret, answer


def clients_come_and_go(s, secret, old):
    shop = client_add(s, "shop-1", "--role", "attendant,auditor", "--place", "b")
    driver = client_add(s, "kim", "--role", "driver", "--plate", "22아2222")
    form = {"grant_type": "client_credentials", "client_id": "shop-1", "client_secret": shop}
    check(ask(s, form)[0] == 401, "a new client is not known before the daemon reads the file again")
    s.running["cloud"].send_signal(signal.SIGHUP)
    s.until(lambda: ask(s, form)[0] == 200, "the new client is known")
    token = ask(s, form)[1]["access_token"]
    check(seen(s, token)[0] == 403 and "other_place" in seen(s, token)[2], "bound to another place")
    check(seen(s, token, "/v1/places/b/summary")[0] == 200, "bound to this place")
    only = ask(s, {**form, "scope": "auditor"})[1]
    check(only["scope"] == "auditor" and seen(s, only["access_token"], "/v1/sessions?plate=X1")[0] == 403, "one role of two")
    fresh = {"grant_type": "refresh_token", "refresh_token": only["refresh_token"]}
    check(ask(s, fresh)[1]["scope"] == "auditor", "a refresh token gives no more than was asked for")
    check(ask(s, {**fresh, "scope": "attendant"})[1]["error"] == "invalid_scope", "nor when told to")
    kim = ask(s, {"grant_type": "client_credentials", "client_id": "kim", "client_secret": driver})[1]["access_token"]
    check(seen(s, kim, "/v1/sessions?plate=" + urllib.parse.quote("22아2222"))[0] == 200, "a driver sees the own stays")
    check(seen(s, kim, "/v1/sessions?plate=X1")[0] == 403, "and no other")
    check(seen(s, kim)[0] == 403, "nor business")

    # removed: its refresh token ends, others' do not
    refresh = ask(s, form)[1]["refresh_token"]
    subprocess.run([BIN / "boomgatectl", "client", "remove", s.dir / "clients.yaml", "shop-1"], check=True, timeout=20)
    s.running["cloud"].send_signal(signal.SIGHUP)
    s.until(lambda: ask(s, {"grant_type": "refresh_token", "refresh_token": refresh})[0] == 400, "it may not refresh")
    check(ask(s, {"grant_type": "refresh_token", "refresh_token": old["refresh_token"]})[0] == 200, "others may")

    # a file that cannot be read changes nothing
    good = (s.dir / "clients.yaml").read_text()
    (s.dir / "clients.yaml").write_text(good + "  - {id: X, secret: y, roles: king}\n")
    s.running["cloud"].send_signal(signal.SIGHUP)
    s.until(lambda: "cloud.reload_failed" in (s.dir / "cloud.log").read_text(), "the fault is logged")
    check(ask(s, {"grant_type": "client_credentials"}, basic="operator:" + secret)[0] == 200, "the old file counts on")
    (s.dir / "clients.yaml").write_text(good)


def keys_are_rotated(s, old):
    """A new key first, the old one kept: old tokens go on, new ones are signed with the new key."""
    (s.dir / "oauth.pem").rename(s.dir / "old.pem")
    text = (s.dir / "cloud.yaml").read_text()
    (s.dir / "cloud.yaml").write_text(text.replace("oauth: {keys: [{file: %s/oauth.pem}]" % s.dir,
                                                   "oauth: {keys: [{file: %s/oauth.pem}, {file: %s/old.pem}]" % (s.dir, s.dir)))
    s.restart("cloud", signal.SIGTERM)
    s.until(lambda: s.get("/readyz", status=True) == 200, "the cloud is ready", 30)
    keys = s.get("/oauth/jwks", expect=200)["keys"]
    check(len(keys) == 2, "both are published")
    check(seen(s, old["access_token"])[0] == 200, "old tokens are taken")
    fresh = ask(s, {"grant_type": "refresh_token", "refresh_token": old["refresh_token"]})[1]
    check(jwt.get_unverified_header(fresh["access_token"])["kid"] == keys[0]["kid"], "the first key signs")
    made = s.ctl("token", "--key", str(s.dir / "oauth.pem"), "--role", "auditor", "--life", "60").stdout.strip()
    check(seen(s, made)[0] == 200, "boomgatectl token")


def wrong_tokens(s):
    key = serialization.load_pem_private_key((s.dir / "oauth.pem").read_bytes(), None)
    jwk = s.get("/oauth/jwks", expect=200)["keys"][0]
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    now = int(time.time())
    good = {"iss": "boomgate", "aud": "boomgate", "sub": "x", "exp": now + 60, "roles": ["operator"]}

    def made(changes=None, algorithm="RS256", with_key=None, kid=jwk["kid"]):
        return jwt.encode({**good, **(changes or {})}, with_key or key, algorithm=algorithm, headers={"kid": kid})

    def confused():  # HS256 with the public key as its secret: PyJWT refuses to make it
        head = b64(json.dumps({"alg": "HS256", "typ": "JWT", "kid": jwk["kid"]}).encode())
        text = head + "." + b64(json.dumps(good).encode())
        return text + "." + b64(hmac.new(public, text.encode(), hashlib.sha256).digest())

    check(seen(s, made())[0] == 200, "the good one is taken")
    stranger = rsa.generate_private_key(65537, 2048)
    for what, token in [("audience", made({"aud": "another"})), ("expired", made({"exp": now - 1})),
                        ("not yet", made({"nbf": now + 600})), ("issuer", made({"iss": "https://x"})),
                        ("none", b64(b'{"alg":"none"}') + "." + made().split(".")[1] + "."),
                        ("HS256", confused()), ("RS512", made(algorithm="RS512")),
                        ("stranger", made(with_key=stranger)), ("kid", made(kid="nothing")),
                        ("garbage", "a.b.c"), ("cut", made()[:-10])]:
        status, authenticate, code = seen(s, token)
        check(status == 401 and 'error="invalid_token"' in authenticate, f"{what}: {status} {authenticate} {code}")
    status, authenticate, _ = seen(s, made({"roles": ["driver"]}))
    check(status == 403 and 'error="insufficient_scope"' in authenticate, f"missing role: {status} {authenticate}")
    check(seen(s, made({"roles": []}))[0] == 403, "somebody without a role")


class Issuer(http.server.BaseHTTPRequestHandler):
    keys, fetched = [], 0

    def do_GET(self):
        Issuer.fetched += 1
        body = json.dumps({"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}] + Issuer.keys}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def another_issuer(s, port):
    """Its keys are fetched at the start, and again for one that is not known."""
    def new(kid):
        key = rsa.generate_private_key(65537, 2048)
        n = key.public_key().public_numbers()
        return key, {"kty": "RSA", "use": "sig", "kid": kid, "n": number(n.n), "e": number(n.e)}

    claims = {"iss": "https://issuer", "aud": "parking", "sub": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
              "exp": int(time.time()) + 600, "realm_access": {"roles": ["auditor", "offline_access"]}}
    first, jwk = new("k1")
    Issuer.keys = [jwk]
    text = (s.dir / "cloud.yaml").read_text()
    (s.dir / "cloud.yaml").write_text(text.replace(
        "clients.yaml}", "clients.yaml, external: {jwks_url: 'http://127.0.0.1:%d/keys', issuer: 'https://issuer', "
        "audience: parking, roles_claim: realm_access.roles, refetch_min_s: 1}}" % port))
    s.restart("cloud", signal.SIGTERM)
    token = jwt.encode(claims, first, algorithm="RS256", headers={"kid": "k1"})
    s.until(lambda: seen(s, token)[0] == 200, "its token is taken", 30)
    check(seen(s, jwt.encode({**claims, "iss": "boomgate", "aud": "boomgate", "roles": ["operator"]}, first,
                             algorithm="RS256", headers={"kid": "k1"}))[0] == 401, "it cannot speak for us")
    second, jwk = new("k2")
    Issuer.keys.append(jwk)
    token = jwt.encode(claims, second, algorithm="RS256", headers={"kid": "k2"})
    before = Issuer.fetched
    check(seen(s, token)[0] == 401, "a key that was not fetched yet")
    s.until(lambda: seen(s, token)[0] == 200, "the new key is fetched")
    check(Issuer.fetched == before + 1, f"one fetch, not {Issuer.fetched - before}, however often it was asked for")


def tokens_of_all_kinds():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Issuer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Stack(places=["a:3:in=in-1;out=out-1", "b:3:in=in-1"]) as s:
        s.start("broker", "cloud")
        s.until(lambda: s.get("/readyz", status=True) == 200, "the cloud is ready", 30)
        secret, tokens = our_own_tokens(s)
        clients_come_and_go(s, secret, tokens)
        keys_are_rotated(s, tokens)
        wrong_tokens(s)
        another_issuer(s, server.server_address[1])
    server.shutdown()


main(tokens_of_all_kinds)
