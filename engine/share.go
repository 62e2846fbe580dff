package engine

// memoCost is the cost in nanoseconds from which a predicate that several groups test is remembered
// for the packet; cheaper ones are quicker evaluated again.
const memoCost = 8

// share makes predicates that several groups test evaluate at most once a packet.
func (p *Plan) share() {
	users := make([]map[int]struct{}, len(p.preds))
	var mark func(i int32, g int)
	mark = func(i int32, g int) {
		n := &p.preds[i]
		if n.cost < memoCost || n.op == opAddrs && n.addrs.Len() <= maxGuardRanges { // of few networks the first octet mostly tells
			return
		}
		if users[i] == nil {
			users[i] = map[int]struct{}{}
		}
		if _, seen := users[i][g]; seen {
			return
		}
		users[i][g] = struct{}{}
		for _, k := range n.kids {
			mark(k, g)
		}
	}
	p.branches(func(br *branch) {
		for _, e := range br.always {
			mark(e.cond, e.group.index)
		}
	})
	for i := range users {
		if len(users[i]) < 2 || p.preds[i].op == opAnd || p.preds[i].op == opNot {
			continue // of a conjunction the parts are shared, and its first part mostly decides
		}
		p.preds = append(p.preds, p.preds[i])
		moved := &p.preds[i]
		*moved = predicate{op: opMemo, cost: moved.cost, slot: int32(p.memos), kids: []int32{int32(len(p.preds) - 1)}, text: moved.text, field: moved.field}
		p.memos++
	}
}
