#!/usr/bin/env python3
"""Services for the lab that refuse every password, and know no extension: refuse.py SMTP-PORT TELNET-PORT [SIP-PORT]."""
import socketserver
import sys
import threading


class SMTP(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 lab ESMTP")
        for line in self.rfile:
            word = line.strip().upper()
            if word.startswith((b"EHLO", b"HELO")):
                self.say("250-lab\r\n250 AUTH LOGIN PLAIN")
            elif word == b"AUTH LOGIN":
                self.say("334 VXNlcm5hbWU6")
                self.rfile.readline()
                self.say("334 UGFzc3dvcmQ6")
                self.rfile.readline()
                self.say("535 5.7.8 Authentication failed")
            elif word.startswith(b"AUTH"):
                self.say("535 5.7.8 Authentication failed")
            elif word == b"QUIT":
                self.say("221 Bye")
                return
            else:
                self.say("502 Command not implemented")

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")


class Telnet(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"\xff\xfb\x01\xff\xfb\x03\r\nlab\r\n")
        for _ in range(3):
            self.wfile.write(b"login: ")
            if not self.rfile.readline():
                return
            self.wfile.write(b"Password: ")
            if not self.rfile.readline():
                return
            self.wfile.write(b"\r\nLogin incorrect\r\n")


class SIP(socketserver.DatagramRequestHandler):
    """Answers 404 to every extension but two, which it wants a password of (RFC 3261)."""

    def handle(self):
        head = self.rfile.read().decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
        kept = [line for line in head[1:] if line.lower().startswith(("via:", "from:", "to:", "call-id:", "cseq:"))]
        known = any(line.lower().startswith("to:") and ("sip:101@" in line or "sip:200@" in line) for line in kept)
        status = ["SIP/2.0 401 Unauthorized", 'WWW-Authenticate: Digest realm="lab", nonce="1"'] if known else ["SIP/2.0 404 Not Found"]
        self.wfile.write("\r\n".join(status[:1] + kept + status[1:] + ["Content-Length: 0", "", ""]).encode("latin-1"))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


servers = [Server(("0.0.0.0", int(port)), kind) for port, kind in zip(sys.argv[1:], (SMTP, Telnet))]
if len(sys.argv) > 3:
    servers.append(socketserver.UDPServer(("0.0.0.0", int(sys.argv[3])), SIP))
for s in servers[1:]:
    threading.Thread(target=s.serve_forever, daemon=True).start()
servers[0].serve_forever()
