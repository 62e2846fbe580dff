package packet

import "unsafe"

// Words is the number of 64-bit words that Put writes: 2 for an address, 1 for another number. Text has none.
func (f *Field) Words() int {
	switch f.Kind {
	case KindIP:
		return 2
	case KindBool, KindInt, KindMAC:
		return 1
	}
	return 0
}

// Put writes the value of a field to words and returns how many. The packet must have the field's layer.
func (f *Field) Put(p *Packet, words []uint64) int {
	switch f.Words() {
	case 2:
		a := f.Addr(p)
		words[0], words[1] = a.Hi, a.Lo
		return 2
	case 1:
		words[0] = uint64(f.Int(p))
		return 1
	}
	return 0
}

// Take gives a packet the value of a field that Put wrote, with the field's layer, and returns how many words that was. Fields
// that are bits of others cannot be taken.
func (f *Field) Take(p *Packet, words []uint64) int {
	at := unsafe.Add(unsafe.Pointer(p), f.Offset)
	switch f.Store {
	case StoreAddr:
		*(*Addr)(at) = Addr{Hi: words[0], Lo: words[1]}
	case StoreBool:
		*(*bool)(at) = words[0] != 0
	case StoreU8:
		*(*uint8)(at) = uint8(words[0])
	case StoreU16:
		*(*uint16)(at) = uint16(words[0])
	case StoreU32:
		*(*uint32)(at) = uint32(words[0])
	case StoreU64, StoreMAC:
		*(*uint64)(at) = words[0]
	default:
		panic("packet: Take of field " + f.Name)
	}
	p.Layers |= f.Layer
	return f.Words()
}
