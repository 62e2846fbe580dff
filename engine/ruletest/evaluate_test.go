package ruletest

import (
	"math"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

var expressions = []string{
	`i`, `7`, `1.5`, `i + 1`, `1000 + i * 2`, `(i + 3) % 7`, `i - 10`, `i * i`, `i / 2`, `floor(i / 250)`, `floor(i / 0)`, `floor(i - 10)`, `floor(i / 2 + 1)`,
	`i % 0`, `i == 3`, `-i`, `"${i}"`, `"10.0.${floor(i / 250)}.${i % 250}"`, `"a"`, `"${"b"}c"`, `"${i % 2 == 0 ? "01" : "66"}"`, `"x${i / 3}y"`,
	`"${null}"`, `"${true}-${i}"`, `"%{ if i > 2 }big%{ endif }"`, `"${"${i + 1}"}."`, `[1, 2, 3][i % 3]`, `"${[1, 2][i % 2]}"`, `format("%03d", i)`,
	`9223372036854775807 + i`, `9223372036854775807 * (i + 2)`, `99999999999999999999`, `"${99999999999999999999}"`, `floor([i / 2]...)`, `max(i, 3)`, `i.x`,
	`(i - 5) % 3`, `floor((i - 5) / 2)`, `"${(i - 5) * 2}"`,
}

// agree holds evaluate against HCL.
func agree(t *testing.T, text string, i int64) {
	t.Helper()
	e, diags := hclsyntax.ParseExpression([]byte(text), "x", hcl.InitialPos)
	if diags.HasErrors() {
		return
	}
	ctx := &hcl.EvalContext{Variables: map[string]cty.Value{"i": cty.NumberIntVal(i)}, Functions: functions}
	want, wantDiags := e.Value(ctx)
	got, gotDiags := evaluate(e, i, ctx)
	if wantDiags.HasErrors() != gotDiags.HasErrors() {
		t.Fatalf("%s with i = %d: diagnostics %v, HCL has %v", text, i, gotDiags, wantDiags)
	}
	if !wantDiags.HasErrors() && !got.RawEquals(want) {
		t.Fatalf("%s with i = %d: got %#v, HCL says %#v", text, i, got, want)
	}
}

func TestEvaluateAgreesWithHCL(t *testing.T) {
	for _, text := range expressions {
		for _, i := range []int64{0, 1, 2, 3, 249, 250, 999, 100_000_000, math.MaxInt64} {
			agree(t, text, i)
		}
	}
}

func FuzzEvaluateAgreesWithHCL(f *testing.F) {
	for n, text := range expressions {
		f.Add(text, int64(n))
	}
	f.Fuzz(func(t *testing.T, text string, i int64) {
		if len(text) < 200 && i >= 0 {
			agree(t, text, i)
		}
	})
}
