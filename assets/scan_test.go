package assets

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/packet"
)

const scanXML = `<?xml version="1.0"?>
<nmaprun scanner="nmap" start="1800000000">
<host><status state="up"/><address addr="10.0.0.20" addrtype="ipv4"/><address addr="52:54:00:00:00:14" addrtype="mac"/>
<hostnames><hostname name="web.example" type="PTR"/></hostnames>
<ports><port protocol="tcp" portid="22"><state state="open"/><service name="ssh" product="OpenSSH" version="9.2p1"/></port>
<port protocol="tcp" portid="443"><state state="open"/><service name="http" tunnel="ssl"/></port>
<port protocol="tcp" portid="81"><state state="closed"/></port>
<port protocol="udp" portid="53"><state state="open"/><service name="domain"/></port>
<port protocol="udp" portid="161"><state state="open|filtered"/><service name="snmp"/></port></ports>
<os><osmatch name="Linux 5.0"/></os></host>
<host><status state="down"/><address addr="10.0.0.21" addrtype="ipv4"/></host>
`

func TestReadScan(t *testing.T) {
	s, err := ReadScan(strings.NewReader(scanXML + `<runstats><finished time="1800000100"/></runstats></nmaprun>`))
	if err != nil || len(s.Hosts) != 1 || len(s.Hosts[0].Services) != 3 || s.Time.Unix() != 1800000100 {
		t.Fatalf("%+v, %v", s, err)
	}
	if s, err := ReadScan(strings.NewReader(scanXML)); err == nil || len(s.Hosts) != 1 {
		t.Errorf("of one that was broken off: %+v, %v", s, err)
	}
	if _, err := ReadScan(strings.NewReader("<html/>")); err == nil {
		t.Error("anything is taken for a scan")
	}
	l := newLesson(Limits{})
	l.talk("10.0.0.5:40000", "10.0.0.20:22", "SSH-2.0-x\r\n", "SSH-2.0-OpenSSH_9.9\r\n")
	if fresh := l.Import(s); fresh != 0 {
		t.Errorf("%d new", fresh)
	}
	h := l.host(t, "10.0.0.20")
	var got []string
	for _, v := range h.Services {
		got = append(got, v.Service+" "+v.Product)
	}
	if strings.Join(got, ", ") != "ssh SSH-2.0-OpenSSH_9.9, tls , dns " || h.System != "Linux 5.0" || h.Name() != "web.example" || h.MAC == "" || !h.Scanned {
		t.Errorf("%q %+v", got, h)
	}
}

func FuzzReadScan(f *testing.F) {
	f.Add(scanXML)
	f.Fuzz(func(t *testing.T, text string) {
		s, _ := ReadScan(strings.NewReader(text))
		l := newLesson(Limits{Hosts: 16, Services: 16, PerHost: 4})
		l.Import(s)
		if n := l.Stats(); n.Hosts > 16 || n.Services > 16 {
			t.Errorf("%+v", n)
		}
	})
}

func TestVendors(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"oui.csv":   "Registry,Assignment,Organization Name,Organization Address\nMA-L,002272,\"American, Inc.\",x\n",
		"mam.csv":   "Registry,Assignment,Organization Name,Organization Address\nMA-M,0022721,Smaller,x\n",
		"oui36.csv": "Registry,Assignment,Organization Name,Organization Address\nMA-S,002272123,Smallest,x\n",
		"oui.txt":   "OUI/MA-L    Organization\ncompany_id  Organization\n\n00-22-72   (hex)\t\tAmerican\n002272     (base 16)\t\tAmerican\n\t\t\t\tstreet\n",
		"nmap":      "# comment\n002272 American\n0022721 Smaller\n",
		"manuf":     "# comment\n00:22:72\tAmerica\tAmerican\n00:22:72:10:00:00/28\tSmall\tSmaller\n",
		"none":      "nothing here",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string][3]string{"": {"American, Inc.", "Smaller", "Smallest"}, "oui.txt": {"American", "American", "American"}, "nmap": {"American", "Smaller", "Smaller"}, "manuf": {"American", "Smaller", "Smaller"}} {
		v, err := ReadVendors(filepath.Join(dir, name))
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		for i, mac := range []packet.MAC{0x002272ffffff, 0x0022721fffff, 0x002272123fff} {
			if got := v.Of(mac); got != want[i] {
				t.Errorf("%q: %s is %q, want %q", name, mac, got, want[i])
			}
		}
		if got := v.Of(0x525400000001); got != "locally administered" {
			t.Errorf("%q", got)
		}
	}
	for _, name := range []string{"none", "absent"} {
		if _, err := ReadVendors(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if got := (*Vendors)(nil).Of(0x002272ffffff); got != "" {
		t.Errorf("none knows %q", got)
	}
}

func TestReverse(t *testing.T) {
	for name, want := range map[string]string{"9.113.0.203.in-addr.arpa": "203.0.113.9", "5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa": "2001:db8::5",
		"113.0.203.in-addr.arpa": "", "x.ip6.arpa": "", "example.com": ""} {
		a, ok := reverse(name)
		if ok != (want != "") || ok && a.Netip() != netip.MustParseAddr(want) {
			t.Errorf("%s: %v %v", name, a, ok)
		}
	}
}

func TestSystemOf(t *testing.T) {
	for text, want := range map[string]string{
		"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3": "Debian 12", "SSH-2.0-OpenSSH_8.9p1 Ubuntu-3": "Ubuntu", "SSH-2.0-OpenSSH_for_Windows_8.1": "Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64)": "Windows 10 or later", "Mozilla/5.0 (Linux; Android 13; SM-A515F)": "Android 13", "android-dhcp-14": "Android 14",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)": "iOS 17", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)": "macOS", "Apache/2.4.57 (Debian)": "Debian",
		"Microsoft-IIS/10.0": "Windows", "MSFT 5.0": "Windows", "nginx/1.22.1": "", "": "", "udhcp 1.36": "Linux",
	} {
		if got := systemOf(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
