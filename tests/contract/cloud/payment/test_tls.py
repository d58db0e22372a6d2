"""https endpoints of a provider: nothing is sent to one whose certificate is not good for its name."""
import http.server
import pathlib
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

PROBE = sys.argv.pop(1)
BODY = b'{"id":"pi_1","status":"succeeded","amount":350,"currency":"eur"}'


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard += 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_):
        pass


class Tls(unittest.TestCase):
    def serve(self, names):
        folder = tempfile.TemporaryDirectory(prefix="boomgate-tls-")
        self.addCleanup(folder.cleanup)
        key, certificate = pathlib.Path(folder.name, "key"), pathlib.Path(folder.name, "certificate")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=test",
                        "-addext", "subjectAltName=" + names], check=True, capture_output=True)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.heard = 0
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server, f"https://127.0.0.1:{server.server_port}", str(certificate)

    def probe(self, *arguments):
        return subprocess.run([PROBE, *arguments], capture_output=True, text=True, timeout=60).stdout.strip()

    def test_an_authority_that_is_named(self):
        server, url, certificate = self.serve("IP:127.0.0.1")
        self.assertEqual(self.probe(url, certificate), "succeeded")
        self.assertEqual(server.heard, 1)

    def test_an_unknown_authority_gets_nothing(self):
        server, url, _ = self.serve("IP:127.0.0.1")
        self.assertTrue(self.probe(url).startswith("not_sent "), "certainly never received")
        self.assertEqual(server.heard, 0)

    def test_a_certificate_for_another_name_gets_nothing(self):
        server, url, certificate = self.serve("DNS:elsewhere.example")
        self.assertTrue(self.probe(url, certificate).startswith("not_sent "))
        self.assertEqual(server.heard, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
