package host

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func conn(peer string) connection {
	return connection{netip.MustParseAddrPort("192.0.2.10:22"), netip.MustParseAddrPort(peer)}
}

func TestSessions(t *testing.T) {
	clock, start := time.Unix(1_800_000_000, 0), time.Unix(1_800_000_000, 0)
	s := sessions{grace: 2 * time.Minute}
	look := func(want string, conns ...connection) {
		t.Helper()
		if got := fmt.Sprint(s.peers(clock, conns)); got != "["+want+"]" {
			t.Errorf("at %v peers are %s, want [%s]", clock.Sub(start), got, want)
		}
	}
	old, admin := conn("203.0.113.5:40000"), conn("203.0.113.6:40000")
	look("203.0.113.5", old)
	clock = clock.Add(5 * time.Second)
	look("203.0.113.5 203.0.113.6", old, admin) // at once
	// Someone guesses passwords, on a new connection each time.
	for i := range 60 {
		guess := conn(fmt.Sprintf("198.51.100.7:%d", 1000+i))
		want := "198.51.100.7 203.0.113.5 203.0.113.6"
		if i*5 > 130 {
			want = "203.0.113.5 203.0.113.6"
		}
		look(want, old, admin, guess)
		clock = clock.Add(5 * time.Second)
	}
	// One that he holds open for longer than anyone may who has not logged in.
	held := conn("198.51.100.7:2000")
	look("203.0.113.5 203.0.113.6", held, old, admin)
	clock = clock.Add(131 * time.Second)
	look("198.51.100.7 203.0.113.5 203.0.113.6", held, old, admin)
	look("")
	clock = clock.Add(20 * time.Minute)
	look("198.51.100.7", conn("198.51.100.7:1")) // as good as new

	// What the log says leaves nothing to doubt, of one who has no session.
	guesser, typist := netip.MustParseAddr("198.51.100.8"), netip.MustParseAddr("203.0.113.9")
	for n := range refusals {
		look("198.51.100.8 203.0.113.9", conn("198.51.100.8:1"), conn("203.0.113.9:1"))
		s.told(guesser, false)
		s.told(typist, n == refusals-1)
	}
	look("203.0.113.9", conn("198.51.100.8:1"), conn("203.0.113.9:1"))
	clock = clock.Add(131 * time.Second)
	look("198.51.100.8 203.0.113.9", conn("198.51.100.8:1"), conn("203.0.113.9:1")) // sshd would have ended a connection without a session

	s = sessions{}
	s.peers(clock, nil)
	for range 3 {
		clock = clock.Add(time.Hour)
		look("203.0.113.6", admin)
	}
}

func TestSSHDPorts(t *testing.T) {
	dir := t.TempDir()
	main := filepath.Join(dir, "sshd_config")
	if got, err := sshdPorts(main); err != nil || !slices.Equal(got, []uint16{22}) {
		t.Errorf("without a file: %v", got)
	}
	write(t, main, []byte("# Port 1\nPort 2222\nport=2200\nInclude conf.d/*.conf\nListenAddress 192.0.2.10:2022\nListenAddress [2001:db8::1]:2022\n"+
		"ListenAddress 192.0.2.11\nPort x\nInclude "+main+"\nMatch User x\nPort 9\n"))
	if err := os.Mkdir(filepath.Join(dir, "conf.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "conf.d", "a.conf"), []byte("Port \"2201\"\n"))
	if got, err := sshdPorts(main); err != nil || !slices.Equal(got, []uint16{2022, 2200, 2201, 2222}) {
		t.Errorf("%v", got)
	}
	if err := os.Mkdir(filepath.Join(dir, "conf.d", "b.conf"), 0o755); err != nil { // a file that cannot be read, by root either
		t.Fatal(err)
	}
	if got, err := sshdPorts(main); err == nil || !slices.Equal(got, []uint16{2022, 2200, 2201, 2222}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestResolvers(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	write(t, a, []byte("# nameserver 192.0.2.1\nnameserver 127.0.0.53\nsearch example.com\nnameserver\nnameserver x\n"))
	write(t, b, []byte("nameserver 192.0.2.53 # ours\nnameserver fe80::1%eth0\nnameserver 127.0.0.53\n"))
	got := fmt.Sprint(readResolvers([]string{a, b, filepath.Join(dir, "none")}))
	if want := "[127.0.0.53 192.0.2.53 fe80::1]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestProcNet(t *testing.T) {
	// As little-endian machines have it; the words are turned around where this one is not.
	const text = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0A0200C0:0016 057100CB:9C40 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 24 10 -1
   2: 0A0200C0:0050 067100CB:9C40 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 20 4 24 10 -1
   3: 0A0200C0:0016 077100CB:9C40 08 00000000:00000000 00:00000000 00000000     0        0 4 1 0 20 4 24 10 -1
   4: B80D0120000000000000000010000000:0016 B80D0120000000000000000005000000:9C41 01 0:0 0:0 0 0 0 5
   5: 0000000000000000FFFF00000A0200C0:0016 0000000000000000FFFF0000087100CB:9C42 01 0:0 0:0 0 0 0 6
   6: nonsense
`
	conns, err := parseProcNet(strings.NewReader(text), []uint16{22})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range conns {
		got = append(got, c.peer.String())
	}
	if want := []string{"203.0.113.5:40000", "[2001:db8::5]:40001", "203.0.113.8:40002"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
