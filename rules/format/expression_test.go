package format

import (
	"strings"
	"testing"
)

func TestLayout(t *testing.T) {
	tests := []struct{ in, want string }{
		{"tcp.flags.syn&&!tcp.flags.ack", "tcp.flags.syn and not tcp.flags.ack"},
		{"a||b && c", "a or b and c"},
		{"a or ( b and c )", "a or (b and c)"},
		{"( a  and b ) or c", "(a and b) or c"},
		{"!( a )", "not (a)"},
		{"!!a", "not not a"},
		{"tcp . dstport==22", "tcp.dstport == 22"},
		{"tcp.dstport in[22,23 ,  25]", "tcp.dstport in [22, 23, 25]"},
		{"tcp.dstport in 6660 .. 6669", "tcp.dstport in 6660..6669"},
		{"ip.src not   in list.home_nets", "ip.src not in list.home_nets"},
		{`ip.src=="10.0.0.1"`, "ip.src == '10.0.0.1'"},
		{`payload contains "it's"`, `payload contains "it's"`},
		{`payload contains "a\"b"`, `payload contains 'a"b'`},
		{`payload contains "a\\"`, `payload contains 'a\\'`},
		{"payload contains `a  &&  b`", "payload contains `a  &&  b`"},
		{`payload contains 'a  &&  b'`, `payload contains 'a  &&  b'`},
		{`payload startsWith b"\x00\x01"`, `payload startsWith b"\x00\x01"`},
		{"count( )", "count()"},
		{"count (tcp.flags.syn)", "count(tcp.flags.syn)"},
		{"sum(ip.len,tcp.flags.push)", "sum(ip.len, tcp.flags.push)"},
		{"distinct( tcp.dstport,not tcp.flags.ack )", "distinct(tcp.dstport, not tcp.flags.ack)"},
		{"registered_domain( dns.qry.name )", "registered_domain(dns.qry.name)"},
		{"a-b", "a - b"},
		{"a--b", "a - -b"},
		{"-a*( -b )", "-a * (-b)"},
		{"a+ +b", "a + +b"},
		{"x[ - 1 ]", "x[-1]"},
		{"payload[ 0 : 4 ]=='GET '", "payload[0:4] == 'GET '"},
		{"payload [0]==0x16", "payload[0] == 0x16"},
		{"payload[1 :]", "payload[1:]"},
		{"payload[:a?1:2]", "payload[:a ? 1 : 2]"},
		{"a?b:c", "a ? b : c"},
		{"a?[1,2]:( b?c:d )", "a ? [1, 2] : (b ? c : d)"},
		{"a??b", "a ?? b"},
		{"any([1,2],#>tcp.dstport&&!b)", "any([1, 2], # > tcp.dstport and not b)"},
		{"count([1,2], #==1)>1", "count([1, 2], # == 1) > 1"},
		{"reduce([1,2],#acc+ #)", "reduce([1, 2], #acc + #)"},
		{"map(xs,{#.a [0]-1})", "map(xs, {#.a[0] - 1})"},
		{"any(xs,#[0]  ==-1)", "any(xs, #[0] == -1)"},
		{"2**3^4", "2 ** 3 ^ 4"},
		{"a/* why */and b", "a /* why */ and b"},
		{"a and(/* why */b)", "a and (/* why */ b)"},
		{"a // one\nand b", "a // one\nand b"},
		{"\n\n a\n\n\n and   b \n\n", "a\n\nand b"},
		{"a\nand ( b\n or c\n)", "a\nand (b\nor c\n)"},
		{"name matches '^[a-z]{ 2 }'", "name matches '^[a-z]{ 2 }'"},
		{"é == 'ü'and b", "é == 'ü' and b"},
	}
	for _, tt := range tests {
		lines, ok := layout(tt.in)
		if !ok {
			t.Errorf("layout(%q) refused", tt.in)
			continue
		}
		got := join(lines)
		if got != tt.want {
			t.Errorf("layout(%q) = %q, want %q", tt.in, got, tt.want)
		}
		again, ok := layout(got)
		if !ok || join(again) != got {
			t.Errorf("layout of its own result %q = %q, %v", got, join(again), ok)
		}
	}
}

func TestLayoutDepth(t *testing.T) {
	lines, ok := layout("a and (\nb or [\n1\n]\n)\nand c")
	if !ok {
		t.Fatal("refused")
	}
	var got []string
	for _, l := range lines {
		got = append(got, strings.Repeat(">", l.depth)+l.text)
	}
	want := "a and (|>b or [|>>1|>]|)|and c"
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("got %s, want %s", s, want)
	}
}

// What does not parse, or what the language does not have, is left alone.
func TestLayoutRefuses(t *testing.T) {
	for _, in := range []string{"", "a ==", "a b", "'open", "a /* open", "(a", "if a { b } else { c }"} {
		if lines, ok := layout(in); ok {
			t.Errorf("layout(%q) = %q, want refusal", in, join(lines))
		}
	}
}

func TestSameTree(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"a && !b", "a and not b", true},
		{"a or b and c", "(a or b) and c", false},
		{"a == 'x'", `a == "x"`, true},
		{"a == 'x'", "a == 'x '", false},
		{"a - b", "a + b", false},
		{"count()", "count(a)", false},
		{"a", "a ==", false},
	}
	for _, tt := range tests {
		if got := sameTree(tt.a, tt.b); got != tt.want {
			t.Errorf("sameTree(%q, %q) = %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}

func FuzzLayout(f *testing.F) {
	for _, s := range []string{
		"tcp.flags.syn&&!tcp.flags.ack", "a or ( b and c )", "tcp.dstport in[22,6660 .. 6669]", `x=="a\"b"`, "a ? -b : c[1:2]",
		"a /* x */ and // y\n b", "`a\nb` in [\n1]", "not a not in b", "a?.b ?? c", "{a: 1}.a", "let x = 1; x+2", "a|f(1)", "-1..+2", "1 .. 2", "a/ /**/b",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		lines, ok := layout(in)
		if !ok {
			return
		}
		got := join(lines)
		if !sameTree(in, got) {
			t.Fatalf("%q became %q, another tree", in, got)
		}
		again, ok := layout(got)
		if !ok || join(again) != got {
			t.Fatalf("%q became %q, then %q", in, got, join(again))
		}
		for _, l := range lines {
			if l.text != strings.TrimSpace(l.text) && !strings.ContainsAny(l.text, "`") {
				t.Fatalf("%q: line %q has space around it", in, l.text)
			}
		}
	})
}
