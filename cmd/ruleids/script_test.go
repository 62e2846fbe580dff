package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestMain makes this test binary the command ruleids too, in scripts and for exec.Command.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ruleids": main})
}

// TestScripts runs the scripts in testdata/script, which use every command as a user does. Besides the
// commands of testscript they have
//
//	synscan FILE COUNT     writes a capture of COUNT SYN packets, 100 ms apart, from 198.51.100.7 to
//	                       the ports 1000, 1001, … of 192.0.2.10
//	gz FILE                writes FILE.gz
//	cut FILE BYTES         keeps the first BYTES bytes of FILE
//	put FILE BYTE VALUE    writes VALUE as four bytes, little-endian, at the offset BYTE of FILE
//	status N COMMAND...    runs COMMAND and holds its exit status to N; stdout and stderr match it
//	await FILE [REGEXP]    waits until FILE is there, and a line of it matches
//	npz FILE ROWS          writes a set of samples of two features, every 50th odd
//	usual FILE MINUTES     writes a capture of what 20 hosts send in so many minutes; with odd behind it 10.0.0.5 sends to
//	                       420 ports in the last but one
//	jsonlines FILE KEYS    holds every line of FILE to be a JSON object with at least these keys
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			root, err := filepath.Abs("../..")
			if err != nil {
				return err
			}
			env.Setenv("ROOT", root)
			env.Setenv("TERM", "xterm")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"synscan":   cmdSynscan,
			"gz":        cmdGz,
			"cut":       cmdCut,
			"put":       cmdPut,
			"status":    cmdStatus,
			"await":     cmdAwait,
			"jsonlines": cmdJSONLines,
			"npz":       cmdNPZ,
			"usual":     cmdUsual,
			"hours":     cmdHours,
		},
	})
}

func cmdSynscan(ts *testscript.TestScript, _ bool, args []string) {
	count, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), synscan(count), 0o644))
}

// synscan is a capture of count SYN packets to as many ports.
func synscan(count int) []byte {
	var out bytes.Buffer
	w := pcapgo.NewWriter(&out)
	must(w.WriteFileHeader(65535, layers.LinkTypeEthernet))
	start := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for i := range count {
		ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP, SrcIP: net.IP{198, 51, 100, 7}, DstIP: net.IP{192, 0, 2, 10}}
		tcp := &layers.TCP{SrcPort: 40000, DstPort: layers.TCPPort(1000 + i), SYN: true, Window: 1024}
		must(tcp.SetNetworkLayerForChecksum(ip))
		eth := &layers.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 7}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 10}, EthernetType: layers.EthernetTypeIPv4}
		buf := gopacket.NewSerializeBuffer()
		must(gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, eth, ip, tcp))
		must(w.WritePacket(gopacket.CaptureInfo{
			Timestamp: start.Add(time.Duration(i) * 100 * time.Millisecond), CaptureLength: len(buf.Bytes()), Length: len(buf.Bytes()),
		}, buf.Bytes()))
	}
	return out.Bytes()
}

// must panics: the packets of tests are made of constants, to memory.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func cmdGz(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.Create(ts.MkAbs(args[0]) + ".gz")
	ts.Check(err)
	defer f.Close()
	z := gzip.NewWriter(f)
	_, err = z.Write([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	ts.Check(z.Close())
}

func cmdCut(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}

func cmdPut(ts *testscript.TestScript, _ bool, args []string) {
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	v, err := strconv.ParseUint(args[2], 0, 32)
	ts.Check(err)
	data := []byte(ts.ReadFile(args[0]))
	binary.LittleEndian.PutUint32(data[at:], uint32(v))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o644))
}

func cmdStatus(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

func cmdAwait(ts *testscript.TestScript, _ bool, args []string) {
	file, pattern := ts.MkAbs(args[0]), regexp.MustCompile("")
	if len(args) > 1 {
		pattern = regexp.MustCompile("(?m)" + args[1])
	}
	w, err := fsnotify.NewWatcher()
	ts.Check(err)
	defer w.Close()
	ts.Check(w.Add(filepath.Dir(file)))
	deadline := time.After(30 * time.Second)
	for {
		text, err := os.ReadFile(file)
		switch {
		case err == nil && pattern.Match(text):
			return
		case len(args) == 1 && !errors.Is(err, fs.ErrNotExist): // a socket cannot be read
			return
		}
		select {
		case <-w.Events:
		case err := <-w.Errors:
			ts.Fatalf("%v", err)
		case <-deadline:
			ts.Fatalf("%s never comes to match: %s", args[0], text)
		}
	}
}

func cmdJSONLines(ts *testscript.TestScript, _ bool, args []string) {
	text := strings.TrimSuffix(ts.ReadFile(args[0]), "\n")
	for i, line := range strings.Split(text, "\n") {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			ts.Fatalf("line %d is no JSON object: %v: %q", i+1, err, line)
		}
		for _, key := range args[1:] {
			if _, ok := object[key]; !ok {
				ts.Fatalf("line %d lacks %q: %s", i+1, key, line)
			}
		}
	}
}

// TestHelpNamesEveryFlag walks the tree of commands: each command says in a line what it does, and each
// flag what it means. Debug switches alone are hidden.
func TestHelpNamesEveryFlag(t *testing.T) {
	root := (&app{}).command()
	var commands []string
	for _, cmd := range root.Commands() {
		commands = append(commands, cmd.Name())
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: the short help is %q", cmd.Name(), cmd.Short)
		}
		usage := cmd.UsageString()
		for _, f := range flagsOf(cmd) {
			if f.Usage == "" {
				t.Errorf("%s --%s has no help", cmd.Name(), f.Name)
			}
			if hidden := strings.HasPrefix(f.Name, "debug-"); f.Hidden != hidden {
				t.Errorf("%s --%s: hidden is %v", cmd.Name(), f.Name, f.Hidden)
			}
			if !f.Hidden && !strings.Contains(usage, "--"+f.Name) {
				t.Errorf("%s: help does not name --%s", cmd.Name(), f.Name)
			}
		}
	}
	want := []string{"assets", "block", "completion", "config", "decisions", "demo", "diff", "doctor", "explain", "fetch", "fields", "firewall", "fmt", "functions", "import", "init", "join", "lint", "lists", "lsp", "macros", "man", "model", "new", "notify", "pause", "plan", "quarantine", "reload", "report", "resume", "rules", "run", "selftest", "server", "service", "status", "stdlib", "test", "top", "tray", "tune", "unblock", "variables", "version"}
	slices.Sort(commands)
	if !slices.Equal(commands, want) {
		t.Errorf("commands %v, want %v", commands, want)
	}
}

// flagsOf returns the flags that cmd itself declares, and those it has from the root.
func flagsOf(cmd *cobra.Command) []*pflag.Flag {
	var out []*pflag.Flag
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) { out = append(out, f) })
	cmd.InheritedFlags().VisitAll(func(f *pflag.Flag) { out = append(out, f) })
	return out
}

func cmdNPZ(ts *testscript.TestScript, _ bool, args []string) {
	rows, err := strconv.Atoi(args[1])
	ts.Check(err)
	var x, y bytes.Buffer
	head := func(b *bytes.Buffer, descr, shape string) {
		text := "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }\n"
		b.WriteString("\x93NUMPY\x01\x00" + string([]byte{byte(len(text)), 0}) + text)
	}
	head(&x, "<f8", fmt.Sprintf("(%d, 2)", rows))
	head(&y, "|u1", fmt.Sprintf("(%d,)", rows))
	for i := range rows {
		row, odd := []float64{float64(i * 7 % 11), float64(i * 5 % 13)}, byte(0)
		if i%50 == 49 {
			row, odd = []float64{float64(100 + i%3), 60}, 1
		}
		ts.Check(binary.Write(&x, binary.LittleEndian, row))
		y.WriteByte(odd)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, b := range map[string]*bytes.Buffer{"X.npy": &x, "y.npy": &y} {
		w, err := z.Create(name)
		ts.Check(err)
		_, err = w.Write(b.Bytes())
		ts.Check(err)
	}
	ts.Check(z.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), out.Bytes(), 0o644))
}

// cmdHours writes a table of logins of some days from Monday on, one each minute of an hour of work: hours FILE DAYS.
func cmdHours(ts *testscript.TestScript, _ bool, args []string) {
	days, err := strconv.Atoi(args[1])
	ts.Check(err)
	out := "timestamp,username,ip_address,status\n"
	for d := range days {
		for m := range 600 {
			if d%7 < 5 {
				at := time.Date(2026, 11, 2+d, 8, m, 0, 0, time.UTC)
				out += fmt.Sprintf("%s,user%d,10.0.0.%d,success\n", at.Format(time.RFC3339), m%20, 1+m%20)
			}
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(out), 0o644))
}

func cmdUsual(ts *testscript.TestScript, _ bool, args []string) {
	minutes, err := strconv.Atoi(args[1])
	ts.Check(err)
	var out bytes.Buffer
	w := pcapgo.NewWriter(&out)
	ts.Check(w.WriteFileHeader(65536, layers.LinkTypeRaw))
	send := func(at time.Duration, host, port, size int) {
		ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: net.IP{10, 0, 0, byte(host)}, DstIP: net.IP{192, 0, 2, byte(1 + port%7)}}
		udp := &layers.UDP{SrcPort: 40000, DstPort: layers.UDPPort(port)}
		ts.Check(udp.SetNetworkLayerForChecksum(ip))
		b := gopacket.NewSerializeBuffer()
		ts.Check(gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, ip, udp, gopacket.Payload(make([]byte, size))))
		ts.Check(w.WritePacket(gopacket.CaptureInfo{Timestamp: time.Unix(1_700_000_040, 0).Add(at), CaptureLength: len(b.Bytes()), Length: len(b.Bytes())}, b.Bytes()))
	}
	for m := range minutes {
		for i := range 60 {
			send(time.Duration(m)*time.Minute+time.Duration(i)*time.Second, 1+i%20, 440+(i*7+m)%5, 60+(i*37+m*11)%300)
			if len(args) > 2 && m == minutes-2 {
				for k := range 7 {
					send(time.Duration(m)*time.Minute+time.Duration(i)*time.Second+time.Millisecond, 5, 1000+7*i+k, 100)
				}
			}
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), out.Bytes(), 0o644))
}
