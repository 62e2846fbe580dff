#!/usr/bin/env python3
"""Services for the lab that refuse every password: refuse.py SMTP-PORT TELNET-PORT."""
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
        for _ in range(3):
            self.wfile.write(b"login: ")
            if not self.rfile.readline():
                return
            self.wfile.write(b"Password: ")
            if not self.rfile.readline():
                return
            self.wfile.write(b"\r\nLogin incorrect\r\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


servers = [Server(("0.0.0.0", int(port)), kind) for port, kind in zip(sys.argv[1:], (SMTP, Telnet))]
for s in servers[1:]:
    threading.Thread(target=s.serve_forever, daemon=True).start()
servers[0].serve_forever()
