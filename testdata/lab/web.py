#!/usr/bin/env python3
"""A web server for the lab: GET /N answers with N bytes of text, other pages are not there, PUT and POST throw away what they get."""
import http.server
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        try:
            size = min(int(self.path.strip("/") or "512"), 1 << 20)
        except ValueError:
            self.send_error(404)
            return
        self.answer((b"ruleids lab " * (size // 12 + 1))[:size])

    def do_PUT(self):
        left = int(self.headers.get("Content-Length", 0))
        while left > 0:
            chunk = self.rfile.read(min(left, 65536))
            if not chunk:
                break
            left -= len(chunk)
        self.answer(b"thanks\n")

    do_POST = do_PUT

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        if self.headers.get("Connection", "").lower() == "keep-alive":
            self.send_header("Connection", "keep-alive")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


Server((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
