package fleet

import "testing"

// What a heartbeat leaves out below counts for the least class that it tells of.
func TestNearBounded(t *testing.T) {
	var n Near
	for i := range 3 * MaxNearValues {
		n.Values = append(n.Values, NearValue{float64(i), 1})
	}
	b := n.Bounded()
	if len(b.Values) != MaxNearValues || b.Values[0] != (NearValue{2 * MaxNearValues, 2*MaxNearValues + 1}) || b.Values[1].Keys != 1 || n.Values[2*MaxNearValues].Keys != 1 {
		t.Errorf("%+v", b)
	}
	if few := (Near{Values: n.Values[:3]}).Bounded(); len(few.Values) != 3 || few.Values[0].Keys != 1 {
		t.Errorf("%+v", few)
	}
}
