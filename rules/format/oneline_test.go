package format

import "testing"

// TestOneLineBlocks gives each attribute of a block on one line a line of its own, and leaves a block with one as it is.
func TestOneLineBlocks(t *testing.T) {
	const src = "list \"x\" { append = true  values = [1] }   # ours\nrule \"r\" {\n  sequence \"10m\" {\n    step \"a\" { on = \"alert\" where = \"tcp  or udp\" by = [\"ip.src\"] }\n  }\n  except \"e\" { where = \"tcp\" }\n}\n"
	const want = "list \"x\" {\n  append = true\n  values = [1]\n} # ours\n\nrule \"r\" {\n  sequence \"10m\" {\n    step \"a\" {\n      on    = \"alert\"\n      where = \"tcp or udp\"\n      by    = [\"ip.src\"]\n    }\n  }\n  except \"e\" { where = \"tcp\" }\n}\n"
	for _, s := range []string{src, want} {
		got, diags := Source("x.hcl", []byte(s))
		if diags.HasErrors() || string(got) != want {
			t.Errorf("%v\n%s", diags, got)
		}
	}
}
