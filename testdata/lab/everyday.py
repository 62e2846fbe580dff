#!/usr/bin/env python3
"""Everyday traffic for the lab that no small tool makes: everyday.py WHAT ARGUMENT...

names KIND SERVER...   names as offices, mail servers and virus scanners ask for them, by each of the servers in turn
group                  searches of mDNS, LLMNR, NetBIOS, WS-Discovery and SSDP, as Windows and printers send them
dhcp SERVER            a room of 25 hosts that start together, then a renewal of each
sockets HOST           40 WebSocket clients that talk for half a minute, beside 20 long polls
sockets-serve          the other side of that
grpc HOST              calls and a stream of gRPC
grpc-serve             the other side of that
syslog HOST            lines of 30 senders by UDP
idle HOST PORT         40 connections with keep-alives that nobody uses
call HOST              two calls: RTP both ways, 50 packets a second, and RTCP
"""
import asyncio
import concurrent.futures
import hashlib
import random
import socket
import struct
import sys
import threading
import time

what, arguments = sys.argv[1], sys.argv[2:]
rnd = random.Random(2)


def digits(n, alphabet="0123456789abcdef"):
    return "".join(rnd.choice(alphabet) for _ in range(n))


def office():
    site = f"site{rnd.randrange(400)}.example"
    yield f"www.{site}", 1
    yield f"www.{site}", 28
    yield f"www.{site}", 65
    yield f"d{digits(13)}.cloudfront.net", 1
    yield f"e{rnd.randrange(10000)}.dscb.akamaiedge.net", 1
    yield f"r{rnd.randrange(1, 8)}---sn-{digits(8)}.googlevideo.com", 1
    yield f"ec2-203-0-113-{rnd.randrange(255)}.eu-central-1.compute.amazonaws.com", 1
    yield f"prod-frontend-{digits(10)}.{digits(4)}-{rnd.randrange(9)}.eu-west-1.elb.amazonaws.com", 1
    yield f"{digits(32)}.clo.footprintdns.com", 1
    yield f"a{rnd.randrange(2000)}.w{rnd.randrange(99)}.akamai.net", 1
    yield f"{digits(8)}-{digits(4)}-{digits(4)}-{digits(4)}-{digits(12)}.pdmv2.prod-{rnd.randrange(4)}.cdn.{site}", 1
    yield f"_https._tcp.{site}", 33


def suffixes():
    word = digits(rnd.randrange(7, 15), "abcdefghijklmnopqrstuvwxyz")
    for suffix in ("corp.example", "eu.corp.example", "example", "home.arpa"):
        yield f"{rnd.choice(('wpad', 'isatap', 'printer-3', 'files-old', word))}.{suffix}", 1
    yield "_ldap._tcp.Default-First-Site-Name._sites.dc._msdcs.corp.example", 33
    yield f"{digits(8)}-{digits(4)}-{digits(4)}-{digits(4)}-{digits(12)}._msdcs.corp.example", 5


def mailserver():
    a, b, c, d = (rnd.randrange(1, 255) for _ in range(4))
    for zone in ("zen.spamhaus.org", "bl.spamcop.net", "b.barracudacentral.org", "list.dnswl.org"):
        yield f"{d}.{c}.{b}.{a}.{zone}", 1
    domain = f"firm{rnd.randrange(3000)}.example"
    yield f"{d}.{c}.{b}.{a}.in-addr.arpa", 12
    yield domain, 15
    yield domain, 16
    yield f"_dmarc.{domain}", 16
    yield f"selector{rnd.randrange(3)}._domainkey.{domain}", 16
    yield f"_25._tcp.mx.{domain}", 52
    yield f"{domain}.dbl.spamhaus.org", 1
    yield f"{hashlib.sha1(domain.encode()).hexdigest()}.hashbl.spamhaus.org", 1


def scanner():
    digest = hashlib.sha256(rnd.randbytes(8)).hexdigest()
    yield f"0.0.0.0.1.0.0.4e.{digits(26, 'abcdefghijklmnopqrstuvwxyz234567')}.avqs.mcafee.com", 1
    yield f"4.{digest[:16]}.{digest[16:48]}.i.02.s.sophosxl.net", 16
    yield f"{digest[:32]}.lookup.threats.example", 1


def reverse():
    yield ".".join(str(rnd.randrange(1, 255)) for _ in range(4)) + ".in-addr.arpa", 12
    yield ".".join(digits(1) for _ in range(24)) + ".8.b.d.0.1.0.0.2.ip6.arpa", 12


def names(kind, *servers):
    kinds = {"office": (office, 60), "suffixes": (suffixes, 60), "mailserver": (mailserver, 60), "scanner": (scanner, 100), "reverse": (reverse, 200)}
    make, count = kinds[kind]
    asked = 0
    for _ in range(count):
        for name, number in make():
            query = struct.pack(">HHHHHH", rnd.randrange(65536), 0x0120, 1, 0, 0, 1)
            query += b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0" + struct.pack(">HH", number, 1)
            query += b"\0\0\x29\x04\xd0\0\0\x80\0\0\0"
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(0.5)
                s.sendto(query, (servers[asked % len(servers)], 53))
                try:
                    s.recv(4096)
                except OSError:
                    pass
            asked += 1
            time.sleep(rnd.expovariate(40))


def group():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 4)
    for i in range(40):
        host = f"printer-{rnd.randrange(30)}"
        label = bytes([len(host)]) + host.encode()
        one = struct.pack(">HHHHHH", rnd.randrange(65536), 0, 1, 0, 0, 0)
        s.sendto(one + label + b"\x05local\0" + struct.pack(">HH", 255, 1), ("224.0.0.251", 5353))
        s.sendto(one + b"\x09_services\x07_dns-sd\x04_udp\x05local\0\0\x0c\0\x01", ("224.0.0.251", 5353))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
            own.sendto(one + label + b"\0\0\x01\0\x01", ("224.0.0.252", 5355))
            own.sendto(b"<e:Envelope><e:Body><d:Probe/></e:Body></e:Envelope>", ("239.255.255.250", 3702))
            own.sendto(b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 3\r\nST: ssdp:all\r\n\r\n', ("239.255.255.250", 1900))
        coded = b"".join(bytes([65 + (c >> 4), 65 + (c & 15)]) for c in host.upper().ljust(15).encode() + b"\0")
        s.sendto(struct.pack(">HHHHHH", i, 0x0110, 1, 0, 0, 0) + b"\x20" + coded + b"\0\0\x20\0\x01", ("10.0.0.255", 137))
        time.sleep(0.5)


def dhcp(server):
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    raw.bind(("eth0", 0))

    def send(mac, xid, kind, own, options, to="255.255.255.255", to_mac=b"\xff" * 6):
        body = struct.pack(">BBBBIHH4s4s4s4s16s192x", 1, 1, 6, 0, xid, 0, 0x8000, socket.inet_aton(own), bytes(4), bytes(4), bytes(4), mac) + b"\x63\x82\x53\x63\x35\x01" + bytes([kind]) + options + b"\xff"
        body = body.ljust(300, b"\0")
        udp = struct.pack(">HHHH", 68, 67, 8 + len(body), 0) + body
        head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), xid & 0xFFFF, 0, 64, 17, 0, socket.inet_aton(own), socket.inet_aton(to))
        total = sum(struct.unpack(">10H", head))
        total = (total & 0xFFFF) + (total >> 16)
        head = head[:10] + struct.pack(">H", ~(total + (total >> 16)) & 0xFFFF) + head[12:]
        raw.send(to_mac + mac + b"\x08\0" + head + udp)

    room = [(bytes([0x3C, 0x52, 0x82, 1, 2, n]), 0x1000 + n, f"10.0.0.{150 + n}") for n in range(25)]
    gateway = socket.inet_aton(server)
    for mac, xid, own in room:
        send(mac, xid, 1, "0.0.0.0", b"\x0c\x04room\x37\x03\x01\x03\x06")
        time.sleep(rnd.uniform(0.2, 0.8))
        send(mac, xid, 3, "0.0.0.0", b"\x36\x04" + gateway + b"\x32\x04" + socket.inet_aton(own))
        for _ in range(2):  # RFC 5227: probes, then announcements
            raw.send(b"\xff" * 6 + mac + b"\x08\x06\0\x01\x08\0\x06\x04\0\x01" + mac + bytes(4) + bytes(6) + socket.inet_aton(own))
        for _ in range(2):
            raw.send(b"\xff" * 6 + mac + b"\x08\x06\0\x01\x08\0\x06\x04\0\x01" + mac + socket.inet_aton(own) + bytes(6) + socket.inet_aton(own))
    time.sleep(10)
    for mac, xid, own in room:
        send(mac, xid + 0x100, 3, own, b"", server, b"\xff" * 6)
        time.sleep(0.4)


async def websockets_serve():
    import websockets

    async def talk(socket):
        async for said in socket:
            await socket.send(said)

    async def poll(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(rnd.uniform(2, 9))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")
        await writer.drain()
        writer.close()

    await websockets.serve(talk, "0.0.0.0", 8090)
    await asyncio.start_server(poll, "0.0.0.0", 8091)
    await asyncio.Event().wait()


async def websockets_talk(host):
    import websockets

    async def talk():
        await asyncio.sleep(rnd.uniform(0, 5))
        async with websockets.connect(f"ws://{host}:8090/feed") as s:
            for _ in range(25):
                await s.send(digits(40))
                await s.recv()
                await asyncio.sleep(1)

    async def poll():
        end = time.time() + 30
        while time.time() < end:
            reader, writer = await asyncio.open_connection(host, 8091)
            writer.write(b"GET /events HTTP/1.1\r\nHost: app.example.com\r\nUser-Agent: Mozilla/5.0\r\n\r\n")
            await reader.read()
            writer.close()

    await asyncio.gather(*(talk() for _ in range(40)), *(poll() for _ in range(20)))


def grpc_serve():
    import grpc

    def stream(request, _):
        for _ in range(20):
            yield request
            time.sleep(0.5)

    server = grpc.server(concurrent.futures.ThreadPoolExecutor(16))
    methods = {"Get": grpc.unary_unary_rpc_method_handler(lambda request, _: request * 20), "Watch": grpc.unary_stream_rpc_method_handler(stream)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("lab.Store", methods),))
    server.add_insecure_port("0.0.0.0:50051")
    server.start()
    server.wait_for_termination()


def grpc_talk(host):
    import grpc

    def client(_):
        with grpc.insecure_channel(f"{host}:50051", options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            for _ in range(60):
                channel.unary_unary("/lab.Store/Get")(b"key-0001")
            for _ in channel.unary_stream("/lab.Store/Watch")(b"key-0002"):
                pass

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(client, range(16)))


def syslog(host):
    senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(30)]
    for _ in range(40):
        for n, s in enumerate(senders):
            s.sendto(f"<38>Nov 30 09:00:00 app{n} sshd[{rnd.randrange(9999)}]: Connection closed by 10.0.0.{n}".encode(), (host, 514))
        time.sleep(0.5)


def idle(host, port):
    held = []
    for _ in range(40):
        s = socket.create_connection((host, int(port)))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 5)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
        held.append(s)
        time.sleep(0.3)
    time.sleep(40)


def call(host):
    def rtp(port, seconds):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("0.0.0.0", port))
        for i in range(seconds * 50):
            s.sendto(struct.pack(">BBHII", 0x80, 0, i & 0xFFFF, i * 160, port) + rnd.randbytes(160), (host, port))
            if i % 250 == 0:
                s.sendto(struct.pack(">BBHIIIIII", 0x80, 200, 6, port, 0, 0, i * 160, i, i * 160), (host, port + 1))
            time.sleep(0.02)

    ports = random.Random(host)  # other ones for each host: several run at once
    calls = [threading.Thread(target=rtp, args=(ports.randrange(8000, 16000) * 2, 25)) for _ in range(4)]
    for one in calls:
        one.start()
    for one in calls:
        one.join()


if what == "sockets":
    asyncio.run(websockets_talk(*arguments))
elif what == "sockets-serve":
    asyncio.run(websockets_serve())
else:
    {"names": names, "group": group, "dhcp": dhcp, "grpc": grpc_talk, "grpc-serve": grpc_serve, "syslog": syslog, "idle": idle, "call": call}[what](*arguments)
