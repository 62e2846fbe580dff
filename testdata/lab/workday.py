#!/usr/bin/env python3
"""A working day's traffic for the lab that no small tool makes: workday.py WHAT ARGUMENT...

repository DIR        a Debian repository of 60 small packages
image DIR             an OCI image of eight layers
serve KIND            what the others talk to: KIND is internet (40 hosts outside), services or pods
logon SERVER          25 Windows workstations that log on within a minute
cluster               a kubelet and an agent of a monitoring system that look after 30 pods, a few of which restart
queues                clients of Kafka, AMQP and a time series database, in 12 processes
pool SERVER           three programs with a pool of 20 connections to PostgreSQL, which is restarted under them
phones SERVER         15 SIP phones that register with a password, and two calls
meeting               a video call of four over relays outside
rooms                 printers, televisions and workstations that look for each other by mDNS, SSDP, LLMNR, WS-Discovery and NetBIOS
clocks                20 clients of pools of NTP
resolver              a resolver that asks the name servers of 400 names
wireguard             a road warrior's tunnel: handshakes, data, keepalives
things HOST           60 sensors that connect to an MQTT broker again after it was restarted
files HOST            NFS and iSCSI of six hosts
"""
import asyncio
import gzip
import hashlib
import io
import json
import os
import random
import socket
import struct
import subprocess
import sys
import tarfile
import threading
import time

what, arguments = sys.argv[1], sys.argv[2:]
rnd = random.Random(7)
outside = [f"192.0.2.{n}" for n in range(100, 140)]
workstations = [f"10.0.0.{n}" for n in range(100, 125)]


def repository(path):
    os.makedirs(path)
    for n in range(60):
        root = f"{path}/p{n}"
        os.makedirs(f"{root}/DEBIAN")
        os.makedirs(f"{root}/usr/share/p{n}")
        with open(f"{root}/DEBIAN/control", "w") as f:
            f.write(f"Package: lab-p{n}\nVersion: 1.{n}\nArchitecture: all\nMaintainer: Lab <lab@example.com>\nDescription: package {n}\n")
        with open(f"{root}/usr/share/p{n}/data", "wb") as f:
            f.write(rnd.randbytes(rnd.randrange(2000, 400000)))
        subprocess.run(["dpkg-deb", "-Znone", "-b", root, f"{path}/lab-p{n}_1.{n}_all.deb"], check=True, stdout=subprocess.DEVNULL)
    with open(f"{path}/Packages", "wb") as f:
        f.write(subprocess.run(["dpkg-scanpackages", "."], cwd=path, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)


def image(path):
    os.makedirs(f"{path}/blobs/sha256")

    def blob(data, kind):
        digest = hashlib.sha256(data).hexdigest()
        with open(f"{path}/blobs/sha256/{digest}", "wb") as f:
            f.write(data)
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(data)}

    layers, plain = [], []
    for n in range(8):
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w") as t:
            data = rnd.randbytes(400000)
            info = tarfile.TarInfo(f"layer{n}")
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
        plain.append("sha256:" + hashlib.sha256(tar.getvalue()).hexdigest())
        layers.append(blob(gzip.compress(tar.getvalue()), "layer.v1.tar+gzip"))
    config = blob(json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": plain}, "config": {}}).encode(), "config.v1+json")
    manifest = blob(json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": layers}).encode(), "manifest.v1+json")
    manifest["annotations"] = {"org.opencontainers.image.ref.name": "latest"}
    with open(f"{path}/index.json", "w") as f:
        json.dump({"schemaVersion": 2, "manifests": [manifest]}, f)
    with open(f"{path}/oci-layout", "w") as f:
        f.write('{"imageLayoutVersion":"1.0.0"}')


# --- the other side ---


class Answer(asyncio.DatagramProtocol):
    def __init__(self, port):
        self.port = port

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        if self.port == 53:
            data = data[:2] + b"\x81\x80" + data[4:6] + b"\0\1" + data[8:12] + data[12:] + b"\xc0\x0c\0\1\0\1\0\0\x0e\x10\0\4" + bytes([203, 0, 113, rnd.randrange(1, 255)])
        elif self.port == 123:
            data = b"\x24\2\6\xec" + data[4:24] + data[40:48] + rnd.randbytes(16)
        self.transport.sendto(data, address)


async def echo(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data[:4000])
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def health(reader, writer):
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    except (OSError, asyncio.IncompleteReadError):
        pass
    writer.close()


async def serve(kind):
    loop = asyncio.get_running_loop()
    hosts, udp, tcp = {
        "internet": (outside, [53, 123, 3478, 3479, 3480, 3481, 51820], [8883, 5228]),
        "services": (["0.0.0.0"], [88, 389], [88, 135, 389, 3268, 49668, 9092, 5671, 5672, 8086, 2049, 3260]),
        "pods": (["0.0.0.0"], [], [9200, 10050]),
    }[kind]
    for host in hosts:
        for port in udp:
            await loop.create_datagram_endpoint(lambda port=port: Answer(port), local_addr=(host, port))
        for port in tcp:
            await asyncio.start_server(echo, host, port)
    if kind == "pods":
        await asyncio.start_server(health, "0.0.0.0", 8089)
    await asyncio.Event().wait()


# --- the clients ---


async def talk(host, port, own=None, says=(b"hello",), wait=0.05):
    try:
        reader, writer = await asyncio.open_connection(host, port, local_addr=(own, 0) if own else None)
        for said in says:
            writer.write(said)
            await asyncio.wait_for(reader.read(65536), 3)
            await asyncio.sleep(wait)
        writer.close()
        return True
    except (OSError, asyncio.TimeoutError):
        return False


def ask(host, port, data, own="", answers=True):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((own, 0))
        s.settimeout(1)
        s.sendto(data, (host, port))
        try:
            return s.recv(4096) if answers else None
        except OSError:
            return None


def question(name, kind=1):
    return struct.pack(">HHHHHH", rnd.randrange(65536), 0x0100, 1, 0, 0, 0) + b"".join(bytes([len(x)]) + x.encode() for x in name.split(".")) + b"\0" + struct.pack(">HH", kind, 1)


async def logon(server):
    def words(own):
        for name, kind in (("_ldap._tcp.Default-First-Site-Name._sites.dc._msdcs.corp.example", 33), ("_kerberos._tcp.dc._msdcs.corp.example", 33), ("dc1.corp.example", 1), ("dc1.corp.example", 28), ("wpad.corp.example", 1), ("_ldap._tcp.gc._msdcs.corp.example", 33), ("settings-win.data.microsoft.com", 1), ("ctldl.windowsupdate.com", 1)):
            ask("10.0.0.53", 53, question(name, kind), own)
        ask(server, 389, b"\x30\x84\0\0\0\x9c\x02\1\1\x63\x84" + bytes(140), own)
        for _ in range(3):
            ask(server, 88, b"\x6a\x81\xd0" + bytes(220), own)

    async def one(own):
        await asyncio.sleep(rnd.uniform(0, 40))
        await asyncio.to_thread(words, own)
        for port, count in ((88, 4), (135, 2), (49668, 3), (389, 3), (3268, 1), (445, 2)):
            for _ in range(count):
                await talk(server if port != 445 else "10.0.0.25", port, own, [rnd.randbytes(rnd.randrange(80, 1500)) for _ in range(3)] if port != 445 else [])
        ask(server, 123, b"\xe3" + bytes(47), own, False)

    await asyncio.gather(*(one(own) for own in workstations))


async def cluster():
    end = time.time() + 50

    async def probe(host, port, every, say):
        await asyncio.sleep(rnd.uniform(0, every))
        while time.time() < end:
            await talk(host, port, None, [say] if say else [])
            await asyncio.sleep(every)

    probes = []
    for n in range(110, 140):
        host = f"10.0.0.{n}"
        probes += [probe(host, 8089, 10, b"GET /healthz HTTP/1.1\r\nHost: pod\r\nUser-Agent: kube-probe/1.27\r\nConnection: close\r\n\r\n"), probe(host, 9200, 5, None), probe(host, 10050, 10, b"ZBXD\1\x0a\0\0\0\0\0\0\0agent.ping")]
        if n % 10 == 0:  # not ready yet
            probes += [probe(host, 8099, 5, b"GET /ready HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n")]
    await asyncio.gather(*probes)


async def queues():
    async def one(n):
        host = "10.0.0.26"
        for _ in range(3):  # metadata, then a connection for each of the things that a client does
            await talk(host, 9092, f"10.0.0.{100 + n}", [struct.pack(">IHHI", 40, 18, 3, i) + rnd.randbytes(34) for i in range(4)])
        await asyncio.gather(*(talk(host, 9092, f"10.0.0.{100 + n}", [struct.pack(">IHHI", 200, 0, 9, i) + rnd.randbytes(194) for i in range(60)], 0.4) for _ in range(4)), talk(host, 5672, f"10.0.0.{100 + n}", [b"AMQP\0\0\x09\1"] + [b"\1\0\1\0\0\0\x50" + rnd.randbytes(81) for _ in range(40)], 0.5), *(talk(host, 8086, f"10.0.0.{100 + n}", [b"POST /write?db=t HTTP/1.1\r\nHost: t\r\nContent-Length: 20\r\n\r\ncpu,host=a value=0.5\n"] * 4, 5) for _ in range(2)))

    await asyncio.gather(*(one(n) for n in range(12)))


def pool(server):
    startup = b"user\0postgres\0database\0postgres\0\0"
    startup = struct.pack(">II", 8 + len(startup), 196608) + startup
    end = time.time() + 45

    def connection(own):
        while time.time() < end:
            try:
                with socket.create_connection((server, 5432), 3, (own, 0)) as s:
                    s.sendall(startup)
                    s.recv(4096)
                    while time.time() < end:
                        s.sendall(b"Q\0\0\0\x0dselect 1\0")
                        if not s.recv(4096):
                            break
                        time.sleep(rnd.uniform(0.2, 2))
            except OSError:
                pass
            time.sleep(rnd.uniform(0.5, 1.5))

    threads = [threading.Thread(target=connection, args=(f"10.0.0.{100 + n % 3}",)) for n in range(60)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def phones(server):
    def say(s, method, n, extra="", seq=1):
        s.sendto(f"{method} sip:10.0.0.20 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.{n};branch=z9hG4bK{rnd.random()}\r\nFrom: <sip:{n}@10.0.0.20>;tag={n}\r\nTo: <sip:{n}@10.0.0.20>\r\nCall-ID: {n}-lab\r\nCSeq: {seq} {method}\r\n{extra}Content-Length: 0\r\n\r\n".encode(), (server, 5060))
        time.sleep(0.2)

    def phone(n):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((f"10.0.0.{n}", 5060))
        time.sleep(rnd.uniform(0, 10))
        for round in range(3):
            say(s, "REGISTER", n, seq=2 * round)
            say(s, "REGISTER", n, f'Authorization: Digest username="{n}", response="{rnd.random()}"\r\n', 2 * round + 1)
            say(s, "OPTIONS", n)
            time.sleep(10)

    threads = [threading.Thread(target=phone, args=(100 + n,)) for n in range(15)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def media(own_port, host, port, seconds, size, every):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("0.0.0.0", own_port))
    for i in range(int(seconds / every)):
        if i % 200 == 0:
            s.sendto(b"\0\1\0\0\x21\x12\xa4\x42" + rnd.randbytes(12), (host, port))
        s.sendto(struct.pack(">BBHII", 0x80, 96, i & 0xFFFF, i * 160, own_port) + rnd.randbytes(rnd.randrange(size // 2, size)), (host, port))
        time.sleep(every)


def meeting():
    for host in outside[:8]:  # which relay is near
        for port in range(3478, 3482):
            ask(host, port, b"\0\1\0\0\x21\x12\xa4\x42" + rnd.randbytes(12))
    relay = outside[3]
    streams = [threading.Thread(target=media, args=(50000 + n, relay, 3478 + n, 40, size, every)) for n, (size, every) in enumerate(((160, 0.02), (900, 0.02), (300, 0.05)))]
    for t in streams:
        t.start()
    for t in streams:
        t.join()


def rooms():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    for i in range(60):
        for service in ("_ipp._tcp", "_airplay._tcp", "_googlecast._tcp", "_spotify-connect._tcp"):
            s.sendto(struct.pack(">HHHHHH", 0, 0, 1, 0, 0, 0) + b"".join(bytes([len(x)]) + x.encode() for x in f"{service}.local".split(".")) + b"\0\0\x0c\0\1", ("224.0.0.251", 5353))
        own = f"10.0.0.{100 + i % 30}"
        ask("224.0.0.252", 5355, question(f"PC-{i % 20}"), own, False)
        ask("239.255.255.250", 1900, b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: upnp:rootdevice\r\n\r\n', own, False)
        ask("239.255.255.250", 3702, b"<soap:Envelope><wsd:Probe/></soap:Envelope>", own, False)
        s.sendto(b"\x11\x0e" + rnd.randbytes(180), ("10.0.0.255", 138))
        s.sendto(b'{"version":[2,0],"port":17500}', ("10.0.0.255", 17500))
        # A device that was found is asked for its description.
        asyncio.run(talk("10.0.0.10", 8080, own, [b"GET /1.bin HTTP/1.1\r\nHost: tv\r\nConnection: close\r\n\r\n"]))
        time.sleep(0.6)


def clocks():
    for n in range(20):
        for host in rnd.sample(outside, 4):
            for _ in range(4):
                ask(host, 123, b"\x23" + bytes(47), f"10.0.0.{100 + n}")
        time.sleep(0.5)


def resolver():
    for n in range(400):
        name = rnd.choice(("www", "mail", "cdn-3.static", "api", "img.assets", "a1b2c3.edge")) + f".site{rnd.randrange(150)}.example"
        for host in rnd.sample(outside, 3):
            ask(host, 53, question(name, rnd.choice((1, 28, 65))), answers=rnd.random() < 0.95)


def wireguard():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("0.0.0.0", 51820))
    host = (outside[5], 51820)
    for i in range(900):
        if i % 300 == 0:
            s.sendto(b"\1\0\0\0" + rnd.randbytes(144), host)
        s.sendto(b"\4\0\0\0" + rnd.randbytes(28 if i % 10 else 12) + rnd.randbytes(rnd.randrange(16, 1400)), host)
        time.sleep(rnd.expovariate(25))


async def things(host):
    async def thing(n):
        name = f"thing-{n}".encode()
        connect = b"\x10" + bytes([12 + len(name)]) + b"\0\4MQTT\4\2\0\x3c" + struct.pack(">H", len(name)) + name
        for _ in range(3):  # cut off, and all come back at once
            await talk(host, 1883, f"10.0.0.{100 + n % 40}", [connect] + [b"\xc0\0"] * 8, 1)
            await asyncio.sleep(rnd.uniform(0, 3))

    await asyncio.gather(*(thing(n) for n in range(60)))


async def files(host):
    await asyncio.gather(*(talk(host, port, f"10.0.0.{100 + n}", [struct.pack(">I", 0x80000000 | 120) + rnd.randbytes(120) for _ in range(150)], 0.1) for n in range(6) for port in (2049, 2049, 3260)))


run = globals()[what](*arguments)
if asyncio.iscoroutine(run):
    asyncio.run(run)
