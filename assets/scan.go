package assets

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/packet"
)

// A Scan is what nmap's XML says: hosts that are up, and their open ports.
type Scan struct {
	Hosts []ScannedHost
	Time  time.Time // of its end, or of its start where it was broken off
}

// A ScannedHost is one of them.
type ScannedHost struct {
	Addrs    []netip.Addr
	MAC      packet.MAC // 0 where the scanner did not see it
	Names    []string
	System   string
	Services []ScannedService
}

// A ScannedService is an open port.
type ScannedService struct {
	Proto         uint8
	Port          uint16
	Name, Product string
}

// nmapRun is the part of nmap's XML that is read (https://nmap.org/book/nmap-dtd.html).
type nmapHost struct {
	Status struct {
		State string `xml:"state,attr"`
	} `xml:"status"`
	Addresses []struct {
		Addr string `xml:"addr,attr"`
		Type string `xml:"addrtype,attr"`
	} `xml:"address"`
	Names []struct {
		Name string `xml:"name,attr"`
	} `xml:"hostnames>hostname"`
	Ports []struct {
		Protocol string `xml:"protocol,attr"`
		Port     string `xml:"portid,attr"`
		State    struct {
			State string `xml:"state,attr"`
		} `xml:"state"`
		Service struct {
			Name      string `xml:"name,attr"`
			Product   string `xml:"product,attr"`
			Version   string `xml:"version,attr"`
			ExtraInfo string `xml:"extrainfo,attr"`
			Tunnel    string `xml:"tunnel,attr"`
		} `xml:"service"`
	} `xml:"ports>port"`
	Matches []struct {
		Name string `xml:"name,attr"`
	} `xml:"os>osmatch"`
}

// ReadScan reads the XML that nmap -oX writes. What a scan that was broken off has written is read as far as it goes, and the
// error says so.
func ReadScan(r io.Reader) (*Scan, error) {
	s := &Scan{}
	dec := xml.NewDecoder(r)
	seen := false
	for {
		t, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return s, fmt.Errorf("it is not whole: %w", err)
		}
		e, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "nmaprun":
			seen = true
			s.at(e, "start")
		case "finished":
			s.at(e, "time")
		case "host":
			var h nmapHost
			if err := dec.DecodeElement(&h, &e); err != nil {
				return s, fmt.Errorf("it is not whole: %w", err)
			}
			s.add(&h)
		}
	}
	if !seen {
		return s, errors.New("it is no output of nmap; write one with nmap -oX FILE")
	}
	return s, nil
}

// at takes a time of an attribute, in seconds since 1970.
func (s *Scan) at(e xml.StartElement, attr string) {
	for _, a := range e.Attr {
		if n, err := strconv.ParseInt(a.Value, 10, 64); a.Name.Local == attr && err == nil {
			s.Time = time.Unix(n, 0).UTC()
		}
	}
}

func (s *Scan) add(h *nmapHost) {
	if h.Status.State != "" && h.Status.State != "up" {
		return
	}
	var out ScannedHost
	for _, a := range h.Addresses {
		if a.Type == "mac" {
			digits := strings.ReplaceAll(a.Addr, ":", "")
			if n, err := strconv.ParseUint(digits, 16, 48); err == nil {
				out.MAC = packet.MAC(n)
			}
		} else if ip, err := netip.ParseAddr(a.Addr); err == nil {
			out.Addrs = append(out.Addrs, ip.WithZone("").Unmap())
		}
	}
	for _, n := range h.Names {
		out.Names = append(out.Names, n.Name)
	}
	if len(h.Matches) > 0 {
		out.System = clean([]byte(h.Matches[0].Name))
	}
	for _, p := range h.Ports {
		n, err := strconv.ParseUint(p.Port, 10, 16)
		if err != nil || p.State.State != "open" || p.Protocol != "tcp" && p.Protocol != "udp" {
			continue
		}
		v := ScannedService{Proto: protoTCP, Port: uint16(n), Name: clean([]byte(p.Service.Name))}
		if p.Protocol == "udp" {
			v.Proto = protoUDP
		}
		if p.Service.Tunnel == "ssl" {
			v.Name = "tls"
		}
		v.Product = clean([]byte(strings.TrimSpace(p.Service.Product + " " + p.Service.Version)))
		out.Services = append(out.Services, v)
	}
	s.Hosts = append(s.Hosts, out)
}

// words are what nmap calls services that have another word here.
var words = map[string]string{"domain": "dns", "microsoft-ds": "smb", "netbios-ssn": "smb", "ms-wbt-server": "rdp", "postgresql": "postgres", "ms-sql-s": "mssql",
	"http-proxy": "http", "http-alt": "http", "https": "tls", "mongod": "mongodb", "kerberos-sec": "kerberos", "socks5": "socks", "dhcps": "dhcp",
	"nfs_acl": "nfs", "upnp": "ssdp"}

// Word returns conn.service for the name that nmap gives a service; the name itself where there is none.
func Word(nmap string) string {
	if w, ok := words[nmap]; ok {
		return w
	}
	return nmap
}

// Import adds what a scan found. What hosts say themselves stays, and stands before it. It returns how many hosts were new.
func (m *Map) Import(s *Scan) (fresh int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.started {
		m.tick(s.Time.UnixNano())
	}
	for i := range s.Hosts {
		sh := &s.Hosts[i]
		for _, ip := range sh.Addrs {
			a := packet.AddrFromNetip(ip)
			if m.at[a] == nil {
				fresh++
			}
			h := m.touch(a)
			if h == nil {
				fresh--
				continue
			}
			h.flags |= imported | answered
			if sh.MAC != 0 && h.flags&claimed == 0 {
				m.setMAC(h, sh.MAC, claimed)
			}
			for _, n := range sh.Names {
				m.nameHost(h, n, SourceScan)
			}
			m.system(h, byScan, sh.System)
			for _, v := range sh.Services {
				o := m.offer(h, v.Proto, v.Port, nil)
				if o.named = Word(v.Name); o.speaks == packet.ServiceUnknown {
					o.speaks, _ = packet.ServiceByName(o.named)
				}
				o.product = cmp.Or(o.product, v.Product)
			}
			m.change(h)
		}
	}
	return fresh
}
