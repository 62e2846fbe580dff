package ruletest

import (
	"fmt"
	"math/big"
	"net/netip"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// functions are what expressions of a test file can call: those of HCL's own that make sense for
// packets, by the names that Terraform gives them, and repeat.
var functions = map[string]function.Function{
	"abs":      stdlib.AbsoluteFunc,
	"ceil":     stdlib.CeilFunc,
	"cidrhost": cidrhost,
	"concat":   stdlib.ConcatFunc,
	"element":  stdlib.ElementFunc,
	"floor":    stdlib.FloorFunc,
	"format":   stdlib.FormatFunc,
	"join":     stdlib.JoinFunc,
	"length":   stdlib.LengthFunc,
	"lower":    stdlib.LowerFunc,
	"max":      stdlib.MaxFunc,
	"min":      stdlib.MinFunc,
	"parseint": stdlib.ParseIntFunc,
	"range":    stdlib.RangeFunc,
	"repeat":   repeat,
	"replace":  stdlib.ReplaceFunc,
	"split":    stdlib.SplitFunc,
	"strlen":   stdlib.StrlenFunc,
	"substr":   stdlib.SubstrFunc,
	"upper":    stdlib.UpperFunc,
}

// maxText bounds what repeat makes: more than any packet holds.
const maxText = 1 << 16

// repeat(s, n) is s written n times.
var repeat = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "s", Type: cty.String}, {Name: "n", Type: cty.Number}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		s := args[0].AsString()
		n, err := wholeNumber(args[1], int64(maxText/max(1, len(s))))
		if err != nil {
			return cty.NilVal, function.NewArgError(1, fmt.Errorf("n %w", err))
		}
		return cty.StringVal(strings.Repeat(s, int(n))), nil
	},
})

// cidrhost(prefix, n) is the address that is n after the first of a prefix, as in Terraform.
var cidrhost = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "prefix", Type: cty.String}, {Name: "n", Type: cty.Number}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		prefix, err := netip.ParsePrefix(args[0].AsString())
		if err != nil {
			return cty.NilVal, function.NewArgError(0, fmt.Errorf("%q is not a prefix such as 10.0.0.0/8", args[0].AsString()))
		}
		n, acc := args[1].AsBigFloat().Int(nil)
		addr := new(big.Int).SetBytes(prefix.Masked().Addr().AsSlice())
		out := make([]byte, prefix.Addr().BitLen()/8)
		if sum := addr.Add(addr, n); acc == big.Exact && n.Sign() >= 0 && sum.BitLen() <= prefix.Addr().BitLen() {
			a, _ := netip.AddrFromSlice(sum.FillBytes(out))
			if prefix.Contains(a) {
				return cty.StringVal(a.String()), nil
			}
		}
		return cty.NilVal, function.NewArgError(1, fmt.Errorf("%s has no address number %s", prefix, args[1].AsBigFloat().Text('f', -1)))
	},
})
