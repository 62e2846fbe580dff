package window

// Words of a Changes: the last value and its time, then a ring of one time for each change.
const (
	changesValue = 0
	changesTime  = 1
	changesRing  = 2
)

// change compares a value with the one before it, in order of arrival. A change counts while both its
// events are in the window, that is until the older of them leaves.
func (t *Table) change(r Row, c *cell, w []uint64, value uint64, at, clock int64) {
	if at <= clock-c.span {
		return
	}
	if w[changesValue] != value {
		t.push(r, c, w[changesRing:], min(int64(w[changesTime]), at), clock)
	}
	w[changesValue], w[changesTime] = value, uint64(at)
}
