#!/usr/bin/env python3
"""Everyday traffic for the lab that no small tool makes: talk.py peers|checks|video|ntp|ssdp HOST...

peers    connections to many hosts at many ports, as BitTorrent makes them, some of which nobody takes
checks   an HTTP request to each host every two seconds, as a cluster's health checks and a metrics collector make them
video    datagrams of 1,200 bytes, 400 a second, as a call or a stream makes them
ntp      a question to each host, four times
ssdp     searches to the multicast group of UPnP
"""
import random
import socket
import sys
import time

what, hosts = sys.argv[1], sys.argv[2:]
rnd = random.Random(1)


def connect(host, port, said=b"", wait=0.5):
    try:
        with socket.create_connection((host, port), timeout=wait) as s:
            s.sendall(said)
            s.settimeout(wait)
            s.recv(4096)
    except OSError:
        pass


udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if what == "peers":
    for i in range(60):
        host = rnd.choice(hosts)
        udp.sendto(b"d1:ad2:id20:" + rnd.randbytes(20), (host, 6881 + rnd.randrange(20)))
        connect(host, 6881 if rnd.random() < 0.8 else 50000 + rnd.randrange(10000), b"\x13BitTorrent protocol" + bytes(48), 0.3)
        time.sleep(0.5)
elif what == "checks":
    for _ in range(20):
        for host in hosts:
            connect(host, 8080, b"GET /healthz HTTP/1.0\r\n\r\n")
        time.sleep(2)
elif what == "video":
    for i in range(8000):
        udp.sendto(bytes([0x80, 96]) + i.to_bytes(2, "big") + rnd.randbytes(1196), (hosts[0], 5004))
        time.sleep(0.0025)
elif what == "ntp":
    for _ in range(4):
        for host in hosts:
            udp.sendto(b"\x23" + bytes(47), (host, 123))
            time.sleep(0.2)
elif what == "ssdp":
    for _ in range(20):
        for kind in ("ssdp:all", "upnp:rootdevice", "urn:dial-multiscreen-org:service:dial:1"):
            udp.sendto(f'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: {kind}\r\n\r\n'.encode(), ("239.255.255.250", 1900))
        time.sleep(1)
