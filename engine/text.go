package engine

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"
	"unsafe"

	"github.com/ruleids/ruleids/internal/publicsuffix"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/domain"
)

func (b *builder) textFunc(e *ast.TextExpr) (func(*scope) bool, uint16) {
	test, cost := bytes.Contains, uint16(60)
	switch e.Op {
	case ast.OpStartsWith:
		test, cost = bytes.HasPrefix, 8
	case ast.OpEndsWith:
		test, cost = bytes.HasSuffix, 8
	}
	x := b.bytesFunc(e.X)
	if c, ok := e.Y.(*ast.ConstExpr); ok {
		y := []byte(c.Value.Str)
		if call, ok := e.X.(*ast.CallExpr); ok && e.Op == ast.OpContains && !b.tuning.NoIndex && (call.Func.ID == ast.FnLower || call.Func.ID == ast.FnUpper) {
			if look := lookFor(domain.NeedOf(e)); look != nil { // sooner done than to write all of it in other letters
				return func(s *scope) bool { return look(s) && test(x(s), y) }, cost
			}
		}
		if call, ok := e.X.(*ast.CallExpr); ok && (call.Func.ID == ast.FnLower || call.Func.ID == ast.FnUpper) && e.Op != ast.OpContains {
			first, v, atEnd := firstLetter(call.Func.ID), b.bytesFunc(call.Args[0]), e.Op == ast.OpEndsWith
			return func(s *scope) bool {
				if ok, known := foldedAt(v(s), y, first, atEnd); known {
					return ok
				}
				return test(x(s), y)
			}, cost
		}
		return func(s *scope) bool { return test(x(s), y) }, cost
	}
	y := b.bytesFunc(e.Y)
	return func(s *scope) bool {
		xv := x(s)
		keep := len(s.text)
		xv = s.hold(xv)
		ok := test(xv, y(s))
		s.text = s.text[:keep]
		return ok
	}, cost + 10
}

// hold copies bytes to the scope's scratch, so that a second expression may be evaluated.
func (s *scope) hold(v []byte) []byte {
	at := len(s.text)
	s.text = append(s.text, v...)
	return s.text[at:len(s.text):len(s.text)]
}

// bytesFunc returns a function for a string or bytes.
func (b *builder) bytesFunc(e ast.Expr) bytesFunc {
	switch e := e.(type) {
	case *ast.ConstExpr:
		v := []byte(e.Value.Str)
		return func(*scope) []byte { return v }
	case *ast.FieldExpr:
		f := e.Field
		if f.Many() {
			return func(s *scope) []byte { return s.value(f).Bytes }
		}
		return func(s *scope) []byte { return f.Bytes(s.p) }
	case *ast.CondExpr:
		return either(b.lower(e.If), b.bytesFunc(e.Then), b.bytesFunc(e.Else))
	case *ast.ArithExpr: // + of strings
		x, y := b.bytesFunc(e.X), b.bytesFunc(e.Y)
		return func(s *scope) []byte {
			keep := len(s.text)
			s.hold(x(s))
			s.hold(y(s))
			v := s.text[keep:]
			s.text = s.text[:keep]
			return v
		}
	case *ast.SliceExpr:
		x, from, to := b.bytesFunc(e.X), e.From, e.To
		return func(s *scope) []byte {
			v := x(s)
			end := len(v)
			if to >= 0 {
				end = min(to, end)
			}
			return v[min(from, end):end]
		}
	case *ast.CallExpr:
		if e.Func.Asks() {
			return b.placeText(e)
		}
		x := b.bytesFunc(e.Args[0])
		switch e.Func.ID {
		case ast.FnLower:
			if ast.OnBytes(e.Args[0]) {
				return func(s *scope) []byte { return s.foldBytes(x(s), 'A') }
			}
			return func(s *scope) []byte { return s.fold(x(s), 'A', unicode.ToLower) }
		case ast.FnUpper:
			if ast.OnBytes(e.Args[0]) {
				return func(s *scope) []byte { return s.foldBytes(x(s), 'a') }
			}
			return func(s *scope) []byte { return s.fold(x(s), 'a', unicode.ToUpper) }
		case ast.FnRegisteredDomain:
			return func(s *scope) []byte { return publicsuffix.RegisteredDomain(x(s)) }
		}
	case *ast.ColumnExpr:
		row, column := b.rowFunc(e), e.List.Columns[e.Column]
		return func(s *scope) []byte {
			if r := row(s); r >= 0 {
				t := column.Text(r)
				return unsafe.Slice(unsafe.StringData(t), len(t))
			}
			return nil
		}
	case *ast.OpaqueExpr:
		o := b.opaque(e)
		return func(s *scope) []byte { return text(o.value(s)) }
	case *ast.ClosureExpr:
		if e.Quantifier == ast.Find {
			return found(b.loop(e), b.bytesFunc(e.Value))
		}
	case *ast.ElementExpr:
		if depth := e.Depth; e.Field != nil {
			return func(s *scope) []byte { return s.elems[depth].cursor.Bytes }
		}
		x := element(e)
		return func(s *scope) []byte { return text(x(s)) }
	case *ast.AbsentExpr:
		return func(*scope) []byte { return nil }
	}
	panic("engine: not a string: " + b.canon(e))
}

// foldBytes gives the letters of ASCII from first on, which is A or a, the other case; all other bytes stay as they are.
func (s *scope) foldBytes(v []byte, first byte) []byte {
	at := len(s.text)
	s.text = append(s.text, v...)
	out := s.text[at:]
	for i, b := range out {
		if b-first < 26 {
			out[i] = b ^ 0x20
		}
	}
	s.text = s.text[:at]
	return out
}

// fold maps every letter of v, those of ASCII as foldBytes does; bytes that are no UTF-8 stay as they are.
func (s *scope) fold(v []byte, first byte, letter func(rune) rune) []byte {
	if n := slices.IndexFunc(v, func(b byte) bool { return b >= utf8.RuneSelf }); n < 0 {
		return s.foldBytes(v, first)
	}
	keep := len(s.text)
	at := keep
	for i := 0; i < len(v); {
		r, n := utf8.DecodeRune(v[i:])
		if r == utf8.RuneError && n == 1 {
			s.text = append(s.text, v[i])
		} else {
			s.text = utf8.AppendRune(s.text, letter(r))
		}
		i += n
	}
	out := s.text[at:]
	s.text = s.text[:keep]
	return out
}

// firstLetter is the first of the letters of ASCII that lower or upper gives the other case.
func firstLetter(id ast.FuncID) byte {
	if id == ast.FnLower {
		return 'A'
	}
	return 'a'
}

// foldedAt reports whether v begins or ends with y once its letters have the other case from first on, see foldBytes; known is false where
// that takes letters beyond ASCII.
func foldedAt(v, y []byte, first byte, atEnd bool) (ok, known bool) {
	for i := range y {
		at, of := i, i
		if atEnd {
			at, of = len(v)-1-i, len(y)-1-i
		}
		if at < 0 || at >= len(v) {
			return false, true
		}
		b := v[at]
		switch {
		case b >= utf8.RuneSelf:
			return false, false
		case b-first < 26:
			b ^= 0x20
		}
		if b != y[of] {
			return false, true
		}
	}
	return true, true
}
