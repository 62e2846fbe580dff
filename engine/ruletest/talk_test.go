package ruletest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/packet"
)

// said writes the packets of blocks with what they say, one a line.
func said(t *testing.T, text string) (got []string) {
	t.Helper()
	d := packet.Decoder{NeedDNS: true, Need: packet.AllNeeds, Single: true}
	var p packet.Packet
	diags := replay(blocksOf(t, text), player{frames: func(frames []packet.Frame) {
		for i := range frames {
			d.Decode(&p, &frames[i])
			if f, _ := p.Faults(true); f != 0 || p.Malformed {
				t.Errorf("a frame that no host takes: %v", f)
			}
			var b strings.Builder
			fmt.Fprintf(&b, "%d %s:%d>%s:%d", (p.Time-epoch)/1e6, p.Src, p.SrcPort, p.Dst, p.DstPort)
			if p.Has(packet.LayerTCP) {
				for i, c := range "FSRPA" {
					if p.TCPFlags>>i&1 != 0 {
						fmt.Fprintf(&b, " %c", c)
					}
				}
			}
			for _, name := range []string{"http.request.method", "http.request.uri", "http.host", "http.user_agent", "http.response.code", "http.content_type",
				"tls.handshake.type", "tls.handshake.extensions_server_name", "tls.handshake.extensions_alpn_str", "tls.handshake.ja4",
				"dns.qry.name", "dns.a", "dns.aaaa", "dns.cname", "dns.ns", "dns.txt", "dns.resp.ttl", "dhcp.type", "dhcp.hw.mac_addr", "icmp.ident", "icmp.seq"} {
				f := packet.FieldByName(name)
				if !p.Has(f.Layer) {
					continue
				}
				var vs []string
				value := func(n int64, a packet.Addr, s []byte) {
					switch f.Kind {
					case packet.KindInt:
						vs = append(vs, fmt.Sprint(n))
					case packet.KindMAC:
						vs = append(vs, packet.MAC(n).String())
					case packet.KindIP:
						vs = append(vs, a.String())
					default:
						vs = append(vs, string(s))
					}
				}
				switch {
				case f.Many():
					var c packet.Cursor
					for c.Begin(f, &p); c.Next(); {
						value(c.Int, c.Addr, c.Bytes)
					}
				case f.Kind == packet.KindString:
					value(0, packet.Addr{}, f.Bytes(&p))
				default:
					value(f.Int(&p), packet.Addr{}, nil)
				}
				fmt.Fprintf(&b, " %s=%s", name[strings.LastIndexByte(name, '.')+1:], strings.Join(vs, ","))
			}
			got = append(got, b.String())
		}
	}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return got
}

func TestTalks(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`packets {
    count = 2
    every = "1s"
    http {
      src = "198.51.100.7"
      dst = "192.0.2.10"
      uri = "/${i}"
      user_agent = "sqlmap"
    }
  }`, `0 198.51.100.7:40000>192.0.2.10:80 S
0 192.0.2.10:80>198.51.100.7:40000 S A
0 198.51.100.7:40000>192.0.2.10:80 A
0 198.51.100.7:40000>192.0.2.10:80 P A method=GET uri=/0 host=192.0.2.10 user_agent=sqlmap
1000 198.51.100.7:40001>192.0.2.10:80 S
1000 192.0.2.10:80>198.51.100.7:40001 S A
1000 198.51.100.7:40001>192.0.2.10:80 A
1000 198.51.100.7:40001>192.0.2.10:80 P A method=GET uri=/1 host=192.0.2.10 user_agent=sqlmap`},
		{`packets {
    http {
      src     = "2001:db8::7"
      dst     = "2001:db8::1"
      srcport = 5
      dstport = 8080
      method  = "POST"
      code    = 403
      content_type = "text/html"
    }
  }`, `0 2001:db8::7:5>2001:db8::1:8080 S
0 2001:db8::1:8080>2001:db8::7:5 S A
0 2001:db8::7:5>2001:db8::1:8080 A
0 2001:db8::7:5>2001:db8::1:8080 P A method=POST uri=/ host=[2001:db8::1]:8080
0 2001:db8::1:8080>2001:db8::7:5 P A code=403 content_type=text/html`},
		{`packets {
    http {
      src  = "192.0.2.10"
      dst  = "198.51.100.7"
      code = 404
    }
  }`, `0 198.51.100.7:40000>192.0.2.10:80 S
0 192.0.2.10:80>198.51.100.7:40000 S A
0 198.51.100.7:40000>192.0.2.10:80 A
0 192.0.2.10:80>198.51.100.7:40000 P A code=404`},
		{`packets {
    http {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      dstport = 80
      code    = 404
    }
  }`, `0 198.51.100.7:40000>192.0.2.10:80 S
0 192.0.2.10:80>198.51.100.7:40000 S A
0 198.51.100.7:40000>192.0.2.10:80 A
0 198.51.100.7:40000>192.0.2.10:80 P A method=GET uri=/ host=192.0.2.10
0 192.0.2.10:80>198.51.100.7:40000 P A code=404`},
		{`packets {
    tls {
      src  = "198.51.100.7"
      dst  = "192.0.2.10"
      sni  = "c2.example"
      alpn = ["h2", "http/1.1"]
    }
  }
  packets {
    start = "1s"
    tls {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      dstport = 8443
      alpn    = "h2"
    }
  }`, `0 198.51.100.7:40000>192.0.2.10:443 S
0 192.0.2.10:443>198.51.100.7:40000 S A
0 198.51.100.7:40000>192.0.2.10:443 A
0 198.51.100.7:40000>192.0.2.10:443 P A type=1 extensions_server_name=c2.example extensions_alpn_str=h2,http/1.1 ja4=t13d0707h2_04ca88ad2b9b_5e6a61e7dae5
1000 198.51.100.7:40000>192.0.2.10:8443 S
1000 192.0.2.10:8443>198.51.100.7:40000 S A
1000 198.51.100.7:40000>192.0.2.10:8443 A
1000 198.51.100.7:40000>192.0.2.10:8443 P A type=1 extensions_alpn_str=h2 ja4=t13i0706h2_04ca88ad2b9b_5e6a61e7dae5`},
		{`packets {
    dns {
      src   = "192.0.2.53"
      dst   = "10.0.0.1"
      qname = "a.example"
      a     = ["198.51.100.1", "198.51.100.2"]
      aaaa  = "2001:db8::1"
      cname = "b.example"
      ns    = ["ns1.example"]
      txt   = ["one", "two"]
      record_ttl = 7
    }
  }`, `0 192.0.2.53:53>10.0.0.1:40000 name=a.example a=198.51.100.1,198.51.100.2 aaaa=2001:db8::1 cname=b.example ns=ns1.example txt=one,two ttl=7,7,7,7,7,7,7`},
		{`packets {
    dhcp { mac = "02:00:00:00:00:09" }
  }
  packets {
    dhcp {
      type = "ack"
      src  = "10.0.0.1"
      dst  = "10.0.0.9"
    }
  }`, `0 0.0.0.0:68>255.255.255.255:67 type=discover mac_addr=02:00:00:00:00:09
0 10.0.0.1:67>10.0.0.9:68 type=ack mac_addr=02:00:00:00:00:01`},
		{`packets {
    icmp {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      ident = 3
      seq   = 4
    }
  }`, `0 198.51.100.7:0>192.0.2.10:0 ident=3 seq=4`},
	} {
		if diff := cmp.Diff(strings.Split(c.want, "\n"), said(t, c.text)); diff != "" {
			t.Errorf("%s\n%s", c.text, diff)
		}
	}
}

func TestTalksThatCannotBe(t *testing.T) {
	for text, want := range map[string]string{
		`http { 
      src = "10.0.0.1"
      dst = "10.0.0.2"
      code = 99
    }`: "status from 100 to 999",
		`http {
      src = "10.0.0.1"
      dst = "10.0.0.2"
      uri = "/\r\nX: y"
    }`: "one line",
		`http {
      src = "10.0.0.1"
      dst = "2001:db8::1"
    }`: "must both be IPv4 or both IPv6",
		`tls {
      src = "10.0.0.1"
      dst = "10.0.0.2"
      alpn = ["h2", ""]
    }`: "1 to 255 bytes",
		`dns {
      src = "10.0.0.1"
      dst = "10.0.0.2"
      qname = "x"
      a = "2001:db8::1"
    }`: "IPv4 addresses",
		`dhcp { type = "hello" }`: "type of DHCP message",
	} {
		tests, diags := parse([]byte("test \"x\" {\n  packets {\n    "+text+"\n  }\n  quiet = true\n}\n"), "x_test.hcl")
		for _, x := range tests {
			diags = append(diags, x.Mistakes...)
		}
		if !diags.HasErrors() || !strings.Contains(diags.Error(), want) {
			t.Errorf("%s: %v, want %q", text, diags, want)
		}
	}
}
