package window

import "math/bits"

// Odd constants with about as many ones as zeros, from wyhash (Wang Yi, public domain).
const (
	mix0 = 0xa0761d6478bd642f
	mix1 = 0xe7037ed1a0b428db
	mix2 = 0x8ebc6af09c88c6e3
	mix3 = 0x589965cc75374cc3
)

// mum multiplies to 128 bits and folds the halves.
func mum(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// Hash hashes a key. The seed belongs to one process and must be random and secret: every word of the key
// is masked with something made of it, so that nobody outside can choose keys that collide. A table is
// given the hashes of one seed only.
func Hash(seed uint64, key []uint64) uint64 {
	mask := mum(seed^mix0, mix1)
	h := seed ^ mix2
	for _, w := range key {
		h = mum(w^mask, h^mix3)
		mask = bits.RotateLeft64(mask, 23)
	}
	return mum(h^mask, mix1)
}

// Hash2 hashes a key as Hash does, and once more under another mask: two hashes that have nothing in common but
// the seed.
func Hash2(seed uint64, key []uint64) (uint64, uint64) {
	mask := mum(seed^mix0, mix1)
	other := mum(seed^mix2, mix3)
	h, k := seed^mix2, seed^mix0
	for _, w := range key {
		h, k = mum(w^mask, h^mix3), mum(w^other, k^mix1)
		mask, other = bits.RotateLeft64(mask, 23), bits.RotateLeft64(other, 29)
	}
	return mum(h^mask, mix1), mum(k^other, mix3)
}

// remix hashes a value for the set of one row; the row's own hash, which is secret, is the seed.
func remix(v, seed uint64) uint64 {
	return mum(mum(v^seed, mix0)^mix2, seed^mix3)
}
