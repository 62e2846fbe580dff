package alert

import "strconv"

// An object is a JSON object that is being written: its members come in the order of the calls, and what is in it begins and ends
// as a member does. Text is always safe (package printable); HTML characters stay as they are.
type object struct {
	b     []byte
	comma bool // something of the same object or array is before what comes next
}

// next begins what comes next in an object or an array.
func (o *object) next() {
	if o.comma {
		o.b = append(o.b, ',')
	}
	o.comma = true
}

// key begins a member; in an array, where there are no keys, it is "".
func (o *object) key(key string) {
	o.next()
	if key != "" {
		o.b = append(appendString(o.b, key), ':')
	}
}

// begin begins a member that is an object, with '{', or an array, with '['.
func (o *object) begin(key string, bracket byte) {
	o.key(key)
	o.b = append(o.b, bracket)
	o.comma = false
}

// end ends what begin began.
func (o *object) end(bracket byte) {
	o.b = append(o.b, bracket)
	o.comma = true
}

func (o *object) text(key, s string) {
	o.key(key)
	o.b = appendString(o.b, s)
}

// some is text, but nothing for "".
func (o *object) some(key, s string) {
	if s != "" {
		o.text(key, s)
	}
}

func (o *object) texts(key string, ss []string) {
	o.begin(key, '[')
	for _, s := range ss {
		o.text("", s)
	}
	o.end(']')
}

func (o *object) count(key string, n uint64) {
	o.key(key)
	o.b = strconv.AppendUint(o.b, n, 10)
}

func (o *object) integer(key string, n int) {
	o.key(key)
	o.b = strconv.AppendInt(o.b, int64(n), 10)
}

func (o *object) number(key string, x float64) {
	o.key(key)
	o.b = appendFloat(o.b, x)
}

// named writes values as an object, in their order.
func (o *object) named(key string, vs []Named) {
	o.begin(key, '{')
	for _, v := range vs {
		o.next()
		o.b = append(appendString(o.b, v.Name), ':')
		switch x := v.Value.(type) {
		case int64:
			o.b = strconv.AppendInt(o.b, x, 10)
		case float64:
			before := len(o.b)
			o.b = appendFloat(o.b, x)
			// A float stays one for readers that tell 5 from 5.0, as typed indexes do.
			if isWhole(x) && !hasPoint(o.b[before:]) {
				o.b = append(o.b, ".0"...)
			}
		case string:
			o.b = appendString(o.b, x)
		case bool:
			o.b = strconv.AppendBool(o.b, x)
		default:
			o.b = append(o.b, "null"...)
		}
	}
	o.end('}')
}
