#!/usr/bin/env python3
"""Captures for the lab of attacks on a link, and by protocols that no socket has: link.py NAME FILE. See made.py."""
import made
from made import BRUTE, CLIENT, DNS_SERVER, FILES, INTRUDER, SCAN, SERVER, WEB, mac, put, rnd
from scapy.all import ARP, BOOTP, DHCP, DNS, DNSQR, DNSRR, GRE, ICMP, IP, TCP, UDP, Dot1Q, Ether, ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6ND_RA, ICMPv6NDOptPrefixInfo, ICMPv6NDOptRDNSS, ICMPv6NDOptSrcLLAddr, IPOption_LSRR, IPv6, IPv6ExtHdrRouting, Raw

GATEWAY, EVERYONE = "10.0.0.1", "ff:ff:ff:ff:ff:ff"


def frame(p, wait):
    """Appends a frame, the time after the one before it."""
    made.now += wait
    p.time = made.now
    made.packets.append(p)


def arp(operation, claims, card, asked, target=EVERYONE, wait=0.0):
    frame(Ether(src=card, dst=target) / ARP(op=operation, hwsrc=card, psrc=claims, hwdst="00:00:00:00:00:00" if operation == 1 else target, pdst=asked), wait)


# --- ARP --------------------------------------------------------------------------------------


def arp_requests():
    """The intruder asks in the gateway's name, which hosts learn from as well as from answers."""
    for _ in range(4):
        arp(1, GATEWAY, mac(GATEWAY), CLIENT, wait=5)
        arp(2, CLIENT, mac(CLIENT), GATEWAY, mac(GATEWAY), wait=0.001)
    for _ in range(20):
        arp(1, GATEWAY, mac(INTRUDER), CLIENT, wait=2)
        arp(2, CLIENT, mac(CLIENT), GATEWAY, mac(INTRUDER), wait=0.001)


def arp_takedown():
    """Each address of the network is claimed, so that every host sees a conflict: gratuitous answers for 254 addresses."""
    for _ in range(3):
        for last in range(1, 255):
            arp(2, f"10.0.0.{last}", mac(INTRUDER), f"10.0.0.{last}", wait=0.02)


def arp_null_gateway():
    """netcut: the client hears that the gateway is at an address that nobody has, again and again."""
    for _ in range(3):
        arp(1, CLIENT, mac(CLIENT), GATEWAY, wait=10)
        arp(2, GATEWAY, mac(GATEWAY), CLIENT, mac(CLIENT), wait=0.001)
    for _ in range(30):
        arp(2, GATEWAY, "00:11:22:33:44:55", CLIENT, mac(CLIENT), wait=1)


# --- DHCP, neighbors, names -------------------------------------------------------------------


def dhcp_release():
    """The leases of 60 clients are given back in their names."""
    for last in range(100, 160):
        card = rnd.randbytes(6)
        frame(Ether(src=mac(INTRUDER), dst=mac(GATEWAY)) / IP(src=f"10.0.0.{last}", dst=GATEWAY) / UDP(sport=68, dport=67) / BOOTP(ciaddr=f"10.0.0.{last}", chaddr=card, xid=rnd.randrange(1 << 32)) / DHCP(options=[("message-type", "release"), ("server_id", GATEWAY), "end"]), 0.1)


def rogue_dhcp_acks():
    """A second server answers each request before the first does, with itself as router and resolver."""
    for number in range(4):
        card, xid = bytes([2, 0, 0, 0, 5, number]), rnd.randrange(1 << 32)
        name = ":".join(f"{b:02x}" for b in card)
        frame(Ether(src=name, dst=EVERYONE) / IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=68, dport=67) / BOOTP(chaddr=card, xid=xid) / DHCP(options=[("message-type", "discover"), "end"]), 20)
        for kind, server in (("offer", INTRUDER), ("offer", GATEWAY), ("ack", INTRUDER)):
            if kind == "ack":
                frame(Ether(src=name, dst=EVERYONE) / IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=68, dport=67) / BOOTP(chaddr=card, xid=xid) / DHCP(options=[("message-type", "request"), ("server_id", INTRUDER), ("requested_addr", "10.0.0.210"), "end"]), 0.01)
            frame(Ether(src=mac(server), dst=name) / IP(src=server, dst="10.0.0.210") / UDP(sport=67, dport=68) / BOOTP(op=2, yiaddr="10.0.0.210", siaddr=server, chaddr=card, xid=xid) / DHCP(options=[("message-type", kind), ("server_id", server), ("router", server), ("name_server", server), ("lease_time", 3600), "end"]), 0.02)


def mitm6():
    """A server of DHCPv6 gives clients its own address as their resolver: what mitm6 does to Windows."""
    for number in range(12):
        host, card = f"fe80::ff:fe00:{0x500 + number:x}", f"02:00:00:00:05:{number:02x}"
        xid = rnd.randbytes(3)
        ids = b"\0\1\0\x0e\0\1\0\1\x2a\x2a\x2a\x2a" + bytes.fromhex(card.replace(":", ""))[:6]
        served = b"\0\2\0\x0a\0\3\0\1\x02\0\0\0\1\x66"
        given = b"\0\3\0\x28" + b"\0\0\0\1\0\0\0\xc8\0\0\0\xfa" + b"\0\5\0\x18" + bytes.fromhex("fe80000000000000000000000000") + bytes([0x66, number]) + b"\0\0\1\x2c\0\0\1\x2c" + b"\0\x17\0\x10" + bytes.fromhex("fe80000000000000000000fffe000166")
        for kind, answer in ((1, 2), (3, 7)):
            frame(Ether(src=card, dst="33:33:00:01:00:02") / IPv6(src=host, dst="ff02::1:2", hlim=1) / UDP(sport=546, dport=547) / Raw(bytes([kind]) + xid + ids + (served if kind == 3 else b"") + b"\0\3\0\x0c\0\0\0\1\0\0\0\0\0\0\0\0"), 2)
            frame(Ether(src=mac(INTRUDER), dst=card) / IPv6(src="fe80::ff:fe00:166", dst=host) / UDP(sport=547, dport=546) / Raw(bytes([answer]) + xid + ids + served + given), 0.01)


def second_router():
    """Beside the router of the network another one advertises itself, with higher preference and its own resolver."""
    for number in range(20):
        frame(Ether(src=mac(GATEWAY), dst="33:33:00:00:00:01") / IPv6(src="fe80::ff:fe00:101", dst="ff02::1", hlim=255) / ICMPv6ND_RA(routerlifetime=1800) / ICMPv6NDOptSrcLLAddr(lladdr=mac(GATEWAY)) / ICMPv6NDOptPrefixInfo(prefix="fd00:10::", prefixlen=64), 5)
        if number >= 5:
            frame(Ether(src=mac(INTRUDER), dst="33:33:00:00:00:01") / IPv6(src="fe80::ff:fe00:166", dst="ff02::1", hlim=255) / ICMPv6ND_RA(routerlifetime=1800, prf=1) / ICMPv6NDOptSrcLLAddr(lladdr=mac(INTRUDER)) / ICMPv6NDOptPrefixInfo(prefix="2001:db8:bad::", prefixlen=64) / ICMPv6NDOptRDNSS(dns=["2001:db8:bad::53"], lifetime=600), 1)


def mdns_poison():
    """The intruder is everything that is asked for by multicast DNS."""
    for number in range(12):
        name = f"{rnd.choice(('wpad', 'printer', 'nas', 'filer', 'intranet'))}{number}.local."
        put(CLIENT, "224.0.0.251", UDP(sport=5353, dport=5353) / DNS(rd=0, qd=DNSQR(qname=name)), wait=3)
        put(INTRUDER, "224.0.0.251", UDP(sport=5353, dport=5353) / DNS(qr=1, aa=1, qd=None, an=DNSRR(rrname=name, rdata=INTRUDER, ttl=120)), wait=0.02)


def hsrp_takeover():
    """The intruder says that it is the active router of a group of HSRP, with the highest priority there is."""
    def hello(card, source, state, priority, wait):
        frame(Ether(src=card, dst="01:00:5e:00:00:02") / IP(src=source, dst="224.0.0.2", ttl=1) / UDP(sport=1985, dport=1985) / Raw(bytes([0, 0, state, 3, 10, priority, 1, 0]) + b"cisco\0\0\0" + bytes([10, 0, 0, 254])), wait)

    for number in range(30):
        if number < 8:
            hello("00:00:0c:07:ac:01", "10.0.0.2", 16, 110, 1.5)
            hello("02:00:00:00:00:03", "10.0.0.3", 8, 100, 1.5)
        else:
            if number == 8:
                frame(Ether(src=mac(INTRUDER), dst="01:00:5e:00:00:02") / IP(src=INTRUDER, dst="224.0.0.2", ttl=1) / UDP(sport=1985, dport=1985) / Raw(bytes([0, 1, 4, 3, 10, 255, 1, 0]) + b"cisco\0\0\0" + bytes([10, 0, 0, 254])), 0.1)
            hello("00:00:0c:07:ac:01", INTRUDER, 16, 255, 3)


def mac_frames():
    """2,500 frames that hold no IP, each of another hardware address, to fill a switch's table."""
    for _ in range(2500):
        card = "02:" + ":".join(f"{b:02x}" for b in rnd.randbytes(5))
        frame(Ether(src=card, dst=EVERYONE, type=0x88B5) / Raw(bytes(46)), 0.002)


def double_tag():
    """Frames with two tags of IEEE 802.1Q, the outer one that of the trunk: VLAN hopping."""
    for number in range(20):
        frame(Ether(src=mac(INTRUDER), dst=EVERYONE) / Dot1Q(vlan=1) / Dot1Q(vlan=20) / IP(src=INTRUDER, dst="10.20.0.5") / UDP(sport=4000, dport=161) / Raw(bytes(30)), 0.5)


# --- tunnels, and packets that are odd --------------------------------------------------------


def icmp_replies():
    """LOKI2: a shell in echo replies alone, in both directions."""
    for number in range(150):
        put(SERVER, CLIENT, ICMP(type=0, id=0x1ABC, seq=0xF001) / Raw(rnd.randbytes(64)), wait=0.4)
        put(CLIENT, SERVER, ICMP(type=0, id=0x1ABC, seq=0xF001) / Raw(rnd.randbytes(rnd.randrange(64, 900))), wait=0.05)


def icmpv6_tunnel():
    """Packets of another network in ICMPv6 echo."""
    for number in range(200):
        a, b = Ether(src=mac(CLIENT), dst=mac(GATEWAY)) / IPv6(src="fd00:10::30", dst="2001:db8:2::80"), Ether(src=mac(GATEWAY), dst=mac(CLIENT)) / IPv6(src="2001:db8:2::80", dst="fd00:10::30")
        frame(a / ICMPv6EchoRequest(id=77, seq=number, data=rnd.randbytes(rnd.randrange(60, 1200))), 0.2)
        frame(b / ICMPv6EchoReply(id=77, seq=number, data=rnd.randbytes(rnd.randrange(60, 1200))), 0.02)


def ipip_tunnel():
    """IP in IP (RFC 2003) from a client to a host outside."""
    for number in range(40):
        put(CLIENT, SERVER, IP(src="10.99.0.1", dst="10.99.0.2") / UDP(sport=5000, dport=5001) / Raw(rnd.randbytes(200)), wait=0.3)
        put(SERVER, CLIENT, IP(src="10.99.0.2", dst="10.99.0.1") / UDP(sport=5001, dport=5000) / Raw(rnd.randbytes(300)), wait=0.03)


def teredo():
    """IPv6 in UDP (RFC 4380) from a client to a server outside."""
    for number in range(40):
        inner = IPv6(src="2001:0:c000:250::1", dst="2001:db8:99::5") / TCP(sport=40000, dport=80, flags="A", seq=number) / Raw(rnd.randbytes(100))
        put(CLIENT, SERVER, UDP(sport=50000, dport=3544) / inner, wait=0.3)


def gre_flood():
    """6,000 packets of GRE in four seconds, from everywhere: a bot's attack of that name."""
    for _ in range(6000):
        put(f"{rnd.randrange(11, 200)}.{rnd.randrange(255)}.{rnd.randrange(255)}.{rnd.randrange(1, 255)}", WEB, GRE() / Raw(bytes(400)), wait=0.0006)


def source_route():
    """SYN with a loose source route (RFC 791, 3.1), by way of the intruder."""
    for number in range(10):
        made.now += 0.5
        frame(Ether(src=mac(SCAN), dst=mac(WEB)) / IP(src=BRUTE, dst=WEB, options=[IPOption_LSRR(routers=[INTRUDER, FILES])]) / TCP(sport=40000 + number, dport=22, flags="S"), 0)


def routing_header():
    """Routing headers of type 0 (RFC 5095 forbids them)."""
    for number in range(10):
        frame(Ether(src=mac(SCAN), dst=mac(WEB)) / IPv6(src="2001:db8:51::7", dst="fd00:10::10") / IPv6ExtHdrRouting(type=0, addresses=["fd00:10::20", "fd00:10::10"] * 8) / ICMPv6EchoRequest(seq=number), 0.5)


if __name__ == "__main__":
    made.write(globals())
