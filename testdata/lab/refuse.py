#!/usr/bin/env python3
"""Services for the lab that refuse every password, and know no extension: refuse.py NAME=PORT...

The names are smtp, telnet, sip, vnc, ldap, postgres, proxy and socks.
"""
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


class VNC(socketserver.StreamRequestHandler):
    """RFB 3.8 with the password of RFC 6143, 7.2.2."""

    def handle(self):
        self.wfile.write(b"RFB 003.008\n")
        if self.rfile.read(12) == b"RFB 003.003\n":
            self.wfile.write(b"\0\0\0\2")
        else:
            self.wfile.write(b"\1\2")
            self.rfile.read(1)
        self.wfile.write(bytes(range(16)))
        self.rfile.read(16)
        self.wfile.write(b"\0\0\0\1\0\0\0\x16Authentication failed.")


class LDAP(socketserver.BaseRequestHandler):
    """Answers each bind with invalidCredentials, which is 49 (RFC 4511, 4.2.2)."""

    def handle(self):
        while asked := self.request.recv(4096):
            at = asked.find(b"\2\1")
            self.request.sendall(b"\x30\x0c\2\1" + asked[at + 2:at + 3] + b"\x61\x07\x0a\1\x31\4\0\4\0")


class Postgres(socketserver.StreamRequestHandler):
    """Version 3 of the protocol: it has no TLS, wants a password in the clear, and refuses it."""

    def handle(self):
        while True:
            size = int.from_bytes(self.rfile.read(4), "big")
            if size < 8:
                return
            if self.rfile.read(size - 4)[:4] != b"\x04\xd2\x16\x2f":
                break
            self.wfile.write(b"N")
        self.wfile.write(b"R\0\0\0\x08\0\0\0\3")
        if self.rfile.read(1):
            self.rfile.read(int.from_bytes(self.rfile.read(4), "big") - 4)
            said = b'SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "postgres"\0\0'
            self.wfile.write(b"E" + (len(said) + 4).to_bytes(4, "big") + said)


class Proxy(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            if not line.strip():
                self.wfile.write(b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="lab"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
                return


class Socks(socketserver.StreamRequestHandler):
    """SOCKS 5 with the password of RFC 1929."""

    def handle(self):
        head = self.rfile.read(2)
        if len(head) == 2 and self.rfile.read(head[1]):
            self.wfile.write(b"\5\2")
            self.rfile.read(1)
            for _ in range(2):  # a name, and a password, each behind its length
                self.rfile.read((self.rfile.read(1) or b"\0")[0])
            self.wfile.write(b"\1\1")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


handlers = {"smtp": SMTP, "telnet": Telnet, "vnc": VNC, "ldap": LDAP, "postgres": Postgres, "proxy": Proxy, "socks": Socks}
servers = []
for name, port in (word.split("=") for word in sys.argv[1:]):
    address = ("0.0.0.0", int(port))
    servers.append(socketserver.UDPServer(address, SIP) if name == "sip" else Server(address, handlers[name]))
for s in servers[1:]:
    threading.Thread(target=s.serve_forever, daemon=True).start()
servers[0].serve_forever()
