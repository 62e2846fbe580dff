package window

// Clear drops all rows, and with them all that the windows hold. It is for tables of what one stretch of time has, whose rows
// do not expire one by one.
func (t *Table) Clear() {
	for r := range Row(t.used) {
		if t.row(r)[rowHash] != 0 {
			t.drop(r)
		}
	}
}
