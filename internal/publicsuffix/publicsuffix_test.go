package publicsuffix

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	library "golang.org/x/net/publicsuffix"
)

var update = flag.Bool("update", false, "write the tables in data")

// suffixRules returns the rules of golang.org/x/net/publicsuffix, in ASCII form, from the test data
// of the version in go.mod: the package itself does not tell them.
func suffixRules(tb testing.TB) []string {
	tb.Helper()
	const pkg = "golang.org/x/net/publicsuffix"
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", pkg).Output()
	if err != nil {
		tb.Fatalf("cannot find the source of %s: %v; the tests need the go command", pkg, err)
	}
	file := filepath.Join(strings.TrimSpace(string(dir)), "table_test.go")
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		tb.Fatalf("cannot read the rules of %s: %v", pkg, err)
	}
	var rules []string
	for _, d := range tree.Decls {
		gen, ok := d.(*ast.GenDecl)
		if !ok || gen.Tok != token.VAR {
			continue
		}
		value := gen.Specs[0].(*ast.ValueSpec)
		list, ok := value.Values[0].(*ast.CompositeLit)
		if !ok || value.Names[0].Name != "rules" {
			continue
		}
		for _, e := range list.Elts {
			rule, err := strconv.Unquote(e.(*ast.BasicLit).Value)
			if err != nil {
				tb.Fatalf("%s: %v", file, err)
			}
			rules = append(rules, rule)
		}
	}
	if len(rules) < 9000 {
		tb.Fatalf("%s: %d rules in the variable rules; the list has more than 9,000", file, len(rules))
	}
	return rules
}

// listNode is a node of the list while the tables are made.
type listNode struct {
	name   string // its label and all after it
	label  string
	parent string // name of its parent, "" for none
	flags  uint64
	bucket uint64
}

// tables returns what the files of data have to be for a list of rules.
func tables(rules []string) (map[string][]byte, error) {
	byName := map[string]*listNode{}
	for _, rule := range rules {
		name, flag := rule, normal
		if rest, ok := strings.CutPrefix(rule, "*."); ok {
			name, flag = rest, wildcard
		} else if rest, ok := strings.CutPrefix(rule, "!"); ok {
			name, flag = rest, exception
		}
		if strings.ContainsAny(name, "*!ABCDEFGHIJKLMNOPQRSTUVWXYZ\n`") || flag == exception && !strings.Contains(name, ".") {
			return nil, fmt.Errorf("rule %q: no such rule is provided for", rule)
		}
		for child := ""; ; { // the name, and the names that it ends in
			n := byName[name]
			label, parent, _ := strings.Cut(name, ".")
			if n == nil {
				n = &listNode{name: name, label: label, parent: parent, flags: leaf}
				byName[name] = n
			}
			n.flags |= flag
			if flag = 0; child != "" {
				n.flags &^= leaf
			}
			if len(label) == 0 || len(label) > maxLength {
				return nil, fmt.Errorf("rule %q: a label of %d octets", rule, len(label))
			}
			if parent == "" {
				break
			}
			child, name = name, parent
		}
	}
	nodes := make([]*listNode, 0, len(byName))
	for _, n := range byName {
		var hash uint64
		for dot := len(n.name); dot >= 0; {
			hash, dot = hashLabel(hash, []byte(n.name)[:dot])
		}
		n.bucket = bucketOf(hash)
		nodes = append(nodes, n)
	}
	slices.SortFunc(nodes, func(a, b *listNode) int {
		return cmp.Or(cmp.Compare(a.bucket, b.bucket), strings.Compare(a.name, b.name))
	})
	text := joinLabels(nodes)
	if len(nodes) >= noNode || len(text) >= 1<<offsetBits {
		return nil, fmt.Errorf("%d nodes, %d bytes of labels: too many for the layout of a node", len(nodes), len(text))
	}
	ids := map[string]uint64{"": noParent}
	var buckets [1<<bucketBits + 1]int
	for i, n := range nodes {
		ids[n.name] = uint64(i)
		buckets[n.bucket+1] = i + 1
	}
	for b := range buckets[1:] {
		buckets[b+1] = max(buckets[b+1], buckets[b])
	}

	files := map[string][]byte{"labels": []byte(text), "SOURCE": []byte(source)}
	for _, b := range buckets {
		files["buckets"] = binary.LittleEndian.AppendUint16(files["buckets"], uint16(b))
	}
	for _, n := range nodes {
		at := uint64(strings.Index(text, n.label))
		files["nodes"] = binary.LittleEndian.AppendUint64(files["nodes"], ids[n.parent]<<parentAt|n.flags|uint64(len(n.label))<<lengthAt|at)
	}
	return files, nil
}

// source says where the tables come from.
var source = `The rules in these tables are those of the Public Suffix List, https://publicsuffix.org/, in the form
that golang.org/x/net/publicsuffix has them. go generate ./internal/publicsuffix writes them.

` + library.List.String() + `

This Source Code Form is subject to the terms of the Mozilla Public
License, v. 2.0. If a copy of the MPL was not distributed with this
file, You can obtain one at https://mozilla.org/MPL/2.0/.
`

// joinLabels returns a text that has each label of nodes in it: a label that is a part of another takes
// no place of its own, and one that starts as the text ends shares that end.
func joinLabels(nodes []*listNode) string {
	var labels []string
	for _, n := range nodes {
		labels = append(labels, n.label)
	}
	slices.SortFunc(labels, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
	})
	var text []byte
	for _, label := range slices.Compact(labels) {
		if bytes.Contains(text, []byte(label)) {
			continue
		}
		shared := min(len(label), len(text))
		for !bytes.HasSuffix(text, []byte(label[:shared])) {
			shared--
		}
		text = append(text, label[shared:]...)
	}
	return string(text)
}

func TestTables(t *testing.T) {
	want, err := tables(suffixRules(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range want {
		file := filepath.Join("data", name)
		if *update {
			if err := os.WriteFile(file, data, 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, data) {
			t.Fatalf("%s is not what the public suffix list of golang.org/x/net in go.mod makes; run go generate ./internal/publicsuffix", file)
		}
	}
	most, before := uint16(0), uint16(0)
	for b := 2; b < len(buckets); b += 2 {
		end := binary.LittleEndian.Uint16([]byte(buckets[b:]))
		most, before = max(most, end-before), end
	}
	if most > 12 { // 2.6 on average, 10 or 11 at most where the hash is as good as chance
		t.Errorf("a bucket has %d nodes; the hash of labels is bad for this list", most)
	}
}

// libraryDomain is RegisteredDomain by publicsuffix.PublicSuffix: the definition.
func libraryDomain(name []byte) []byte {
	trimmed := bytes.TrimSuffix(name, []byte{'.'})
	if len(trimmed) == 0 || len(trimmed) > maxName {
		return name
	}
	lower, owned := trimmed, false
	for i, b := range trimmed {
		if b < 'A' || b > 'Z' {
			continue
		}
		if !owned {
			lower, owned = bytes.Clone(trimmed), true
		}
		lower[i] = b + 'a' - 'A'
	}
	suffix, _ := library.PublicSuffix(unsafe.String(&lower[0], len(lower)))
	dot := len(trimmed) - len(suffix) - 1
	if dot < 1 || trimmed[dot] != '.' {
		return name
	}
	return trimmed[1+bytes.LastIndexByte(trimmed[:dot], '.'):]
}

// checkDomain compares RegisteredDomain and suffix with the library.
func checkDomain(tb testing.TB, name string) {
	if got, want := RegisteredDomain([]byte(name)), libraryDomain([]byte(name)); !bytes.Equal(got, want) {
		tb.Fatalf("registered domain of %q is %q, and %q by publicsuffix; has the list changed? run go generate ./internal/publicsuffix", name, got, want)
	}
	lower := strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, strings.ToValidUTF8(name, "?"))
	want, _ := library.PublicSuffix(lower)
	if got := lower[suffix([]byte(lower)):]; got != want {
		tb.Fatalf("public suffix of %q is %q, and %q by publicsuffix; has the list changed? run go generate ./internal/publicsuffix", lower, got, want)
	}
}

func TestRegisteredDomainOfRules(t *testing.T) {
	for _, rule := range suffixRules(t) {
		name := strings.TrimPrefix(strings.TrimPrefix(rule, "!"), "*.")
		_, parent, _ := strings.Cut(name, ".")
		for _, base := range []string{name, parent, "city." + name, "www." + name, "x" + name, name[1:]} {
			for _, front := range []string{"", ".", "a.", "a.b.", "a..", "com."} {
				checkDomain(t, front+base)
				checkDomain(t, front+base+".")
			}
			for _, back := range []string{"..", ".com", ".1"} {
				checkDomain(t, "a.b."+base+back)
			}
			checkDomain(t, "A.b."+strings.ToUpper(base))
			checkDomain(t, "A.B."+strings.ToUpper(base[:len(base)/2])+base[len(base)/2:])
		}
	}
}

func TestRegisteredDomain(t *testing.T) {
	for name, want := range map[string]string{
		"":                        "",
		"example.com":             "example.com",
		"a.b.example.com":         "example.com",
		"A.B.Example.COM":         "Example.COM",
		"a.b.example.co.uk":       "example.co.uk",
		"x.y.duckdns.org":         "y.duckdns.org",
		"co.uk":                   "co.uk",
		"com":                     "com",
		"<Root>":                  "<Root>",
		"host.unknown-tld":        "host.unknown-tld",
		"a.host.unknown-tld":      "host.unknown-tld",
		".com":                    ".com",
		"..":                      "..",
		"4.3.2.1.in-addr.arpa":    "1.in-addr.arpa",
		"www.city.kawasaki.jp":    "city.kawasaki.jp",
		"a.b.c.other.kawasaki.jp": "c.other.kawasaki.jp",
		"example.com.":            "example.com",
		"www.example.com.":        "example.com",
		"A.OTHER.Kawasaki.jp":     "A.OTHER.Kawasaki.jp",
		"1.2.3.4":                 "1.2.3.4",
		"::ffff:1.2.3.4":          "::ffff:1.2.3.4",
	} {
		if got := string(RegisteredDomain([]byte(name))); got != want {
			t.Errorf("registered domain of %q is %q, want %q", name, got, want)
		}
	}
}

// addressNames are names that are addresses, or nearly.
func addressNames() []string {
	names := []string{
		"1.2.3.4", "1.2.3.4.", "255.255.255.255", "256.1.1.1", "1.2.3.256", "01.2.3.4", "0.0.0.0", "00.0.0.0", "1.2.3", "1.2.3.4.5",
		"1..2.3", ".1.2.3", "1.2.3.", "1.2.3.4a", "1.2.3.a", "1.2.3.0004", "1.2.3.999", "-1.2.3.4", "1.2.3.4%eth0", "1.2.3.4:53",
		"::", "::1", "1::", ":", ":::", ":1", "1:", "::1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7::",
		"::2:3:4:5:6:7:8", "1::2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8::", "12345::", "g::", "FE80::ABCD", "::ffff:1.2.3.4", "::1.2.3.4",
		"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5::1.2.3.4", "1:2:3:4:5:6::1.2.3.4",
		"::1.2.3", "::1.2.3.4.5", "::1.2.3.4:5", "::01.2.3.4", "::1.2.3.4%a.b.com", "fe80::1%", "fe80::1%eth0", "fe80::1%a.b.c",
		"FE80::1%A.B.Example.COM", "fe80::1%%", "%", "%a", "a%b::1", "::%a.b", "1%::", "a:b.c.com", "a::b.c.com", "::a.com", "1:2.3.4.5",
	}
	for _, n := range names {
		names = append(names, "x."+n, n+".com", n+".", "a"+n)
	}
	return names
}

func TestRegisteredDomainOfAddresses(t *testing.T) {
	addresses := 0
	for _, name := range addressNames() {
		checkDomain(t, name)
		_, err := netip.ParseAddr(name)
		if got := isAddress([]byte(name)); got != (err == nil) {
			t.Errorf("isAddress(%q) is %v; ParseAddr: %v", name, got, err)
		}
		if err == nil {
			addresses++
		}
	}
	if addresses < 20 {
		t.Errorf("%d of the names are addresses", addresses)
	}
}

func TestRegisteredDomainOfOddNames(t *testing.T) {
	label := strings.Repeat("a", 63)
	for _, name := range []string{
		".", "..", "...", ".com.", "..com", "com..", "a..com", "a...com", "@om", "c`m", "cOM", "a.b.@om", "a.[om", "a.b.co.u[", "\x00", "\xff.com",
		"a\x00.com", "a.c\xf6m", "a.com\n", "\n", "\n.\n", "a b.co uk", "*.ck", "!www.ck", "*.com", "_dmarc.example.com", "a.b.C\xcfM",
		label + ".com", label + "a.com", label + "." + label, "x." + label + "a", label + "." + label + "." + label + "." + label,
		label + "." + label + "." + label + ".com." + label[:59], label + "." + label + "." + label + ".com." + label[:60],
	} {
		checkDomain(t, name)
	}
}

// newNames returns n names that no call has seen before.
func newNames(n int) [][]byte {
	suffixes := []string{"com", "co.uk", "city.kawasaki.jp", "other.kawasaki.jp", "duckdns.org", "unknown-tld", "in-addr.arpa", "COM", "Co.Uk",
		"s3.dualstack.eu-west-1.amazonaws.com"}
	var names [][]byte
	for i := range n {
		name := fmt.Sprintf("w%d.A%d.example%d.%s", i, i*7, i*i, suffixes[i%len(suffixes)])
		if i%11 == 0 {
			name = fmt.Sprintf("fe80::%x.%d", i, i%300)
		}
		names = append(names, []byte(name))
	}
	return names
}

func TestRegisteredDomainAllocates(t *testing.T) {
	const runs = 2000
	names := append(newNames(runs), []byte("the.first.run.is.not.counted.example.org"))
	i := 0
	if n := testing.AllocsPerRun(runs, func() {
		RegisteredDomain(names[i])
		i++
	}); n != 0 {
		t.Errorf("%v allocations a name", n)
	}
	for _, name := range names {
		checkDomain(t, string(name))
	}
}

func FuzzRegisteredDomain(f *testing.F) {
	for _, s := range []string{"", "www.example.com", "A.B.City.Kawasaki.JP.", "a.b.c.ck", "x..co.uk", "1.2.3.4", "::ffff:1.2.3.4%a.b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		checkDomain(t, name)
		_, err := netip.ParseAddr(name)
		if got := isAddress([]byte(name)); got != (err == nil) {
			t.Errorf("isAddress(%q) is %v; ParseAddr: %v", name, got, err)
		}
	})
}

func BenchmarkRegisteredDomain(b *testing.B) {
	for _, name := range []string{"www.example.com", "a.b.example.co.uk", "WwW.ExAmPlE.cOm", "d111111abcdef8.cloudfront.net",
		"4.3.2.1.in-addr.arpa", "printer.local", "fe80::1.2.3.4.com"} {
		for _, by := range []struct {
			name string
			f    func([]byte) []byte
		}{{"library", libraryDomain}, {"own", RegisteredDomain}} {
			b.Run(name+"/"+by.name, func(b *testing.B) {
				b.ReportAllocs()
				s := []byte(name)
				for b.Loop() {
					by.f(s)
				}
			})
		}
	}
}
