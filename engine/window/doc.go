// Package window keeps the state of sliding windows: for each key a row, in each row a cell for each
// aggregate. Its memory has a bound that is known before it starts, it allocates nothing once it is warm, and
// the garbage collector finds no pointer in it.
//
// # What is exact
//
// The window of span W at clock c holds the events with times in (c-W, c], to the nanosecond. Events may come
// late; they count at their own time while the window covers it. Time is what the caller says it is: there is
// no other clock here.
//
// A rule asks "is the count at least N?". The N newest times answer that: with N or more events in the window
// the N newest are all in it, and with fewer no event was ever pushed out by newer ones. So a ring of N times is
// as good as keeping every event, and exponential histograms (Datar, Gionis, Indyk, Motwani, "Maintaining
// stream statistics over sliding windows", 2002), which are the usual answer for counts without an
// upper end, are not needed. In the same way the N values seen last answer "are there at least N different
// values?"; each is kept once, with its newest time.
//
//   - Count and Changes: a ring of times. It is exact up to 2*Need, at least 64 and at most 8192; up to 8192 for
//     Need 0 and 1024 for a Need above 4096. Events beyond the ring are counted in panes: equal parts of at
//     most W/64, each leaving as soon as its oldest event may have left. So Value never counts an event that
//     has left the window, and what it misses is at most a pane of time at the window's old end.
//   - Distinct: values in order of time. It is exact up to 4*Need, at least 64 and at most 4097, beyond which
//     the oldest values make room; a value above Need says "at least". With Need 0 or above 4097 it
//     is exact up to 21845 values and then an estimate from a sample, with a standard error of about 1%.
//   - Series: exact while a window holds up to 64 events, or 128 or more where more than a sum is kept: as many
//     as take the room of the panes; then in panes until it is empty. Sums of whole numbers are
//     exact below 2^53 whatever comes and goes.
//   - Quantile: exact while a window holds up to 128 events; then within 5%, from a histogram in panes, until it is empty.
//
// # Layout
//
// Rows are of one size and lie in chunks; a row holds the hash, the key and the first one to three events of each
// cell, and the index, open addressing over 64-bit slots, holds half of the hash. A lookup is one miss in the
// index and one in the row. Windows that outgrow their row have blocks of powers of two words, which a buddy
// allocator cuts from larger chunks, so that memory moves between small and large windows. Keys are to be
// hashed with a secret seed; sets inside a row are hashed with the row's hash, so they cannot be flooded either.
//
// # Room
//
// A row outlives its last event by the longest span; then the hand, which moves on a little with each
// new row, frees it. When MaxKeys rows are live, a new row takes the place of another: of the rows that the hand
// comes to, those that have expired go, else those with the least progress, which is the largest Value/Need
// of their cells, the one not seen for longest among equals. A source that is on its way to an alert stays, whatever
// number of new sources appear.
//
// A source that has shown but one event looks like every source of a flood, and its row goes. Therefore the newest
// events of an evicted row go to a memory of 24 bytes an event, see [Config.Spill], and come back with the key. When
// that is full as well, events that have left their windows make room, then those of rules that need many,
// then the oldest. So a flood of new keys hides nobody, as long as the memory has room for about one event of
// each key that the flood uses in a span. For the same reason a key that has come no further has no row at all while the table
// is full: it is a guest, in one row that is kept for all of these, with what is remembered of it, for as long as its event
// is looked at.
//
// When the blocks have used up MaxBytes, a row that asks for one takes it from rows that have got less far; if there are
// none it keeps what fits, which is always the newest, and [Stats] counts it.
package window
