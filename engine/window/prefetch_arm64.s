#include "textflag.h"

// func prefetch(p *uint64)
TEXT ·prefetch(SB), NOSPLIT|NOFRAME, $0-8
	MOVD p+0(FP), R0
	PRFM (R0), PLDL1KEEP
	RET

// func prefetchByte(p *byte)
TEXT ·prefetchByte(SB), NOSPLIT|NOFRAME, $0-8
	MOVD p+0(FP), R0
	PRFM (R0), PLDL1KEEP
	RET

// func prefetchWords(from, to *uint64)
TEXT ·prefetchWords(SB), NOSPLIT|NOFRAME, $0-16
	MOVD from+0(FP), R0
	MOVD to+8(FP), R1
	AND  $~63, R0
next:
	PRFM (R0), PLDL1KEEP
	ADD  $64, R0
	CMP  R1, R0
	BLS  next
	RET
