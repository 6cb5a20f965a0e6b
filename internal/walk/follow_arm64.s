//go:build !krunk_nowalk && !go1.28

#include "textflag.h"

// func follow(dist uintptr, skip int, dst *uintptr, n int, exit, barred uintptr) (got int, kind uint64, first, top uintptr, e end)
//
// R4 is a frame: at 0 the frame around it, at 8 the return address. R2 and R3 bound it by the goroutine's stack, whose limits
// are the first two words of g. No call, no stack of its own and no safe point, so the stack does not move meanwhile.
TEXT ·follow(SB), NOSPLIT|NOFRAME, $0-81
	MOVD skip+8(FP), R10
	MOVD dst+16(FP), R0
	MOVD n+24(FP), R1
	MOVD exit+32(FP), R11
	MOVD barred+40(FP), R12
	MOVD $0x9e3779b97f4a7c15, R13
	MOVD 0(g), R2
	MOVD 8(g), R3
	MOVD R3, top+72(FP)
	MOVD R29, R4
	MOVD dist+0(FP), R6
	CBZ  R6, bounded
	SUB  R6, R3, R4

bounded:
	SUB  $16, R3
	MOVD $0, R5
	MOVD $0, R8
	MOVD $0, R9
	MOVD R9, first+64(FP)

frame:
	CMP  R2, R4
	BLO  done
	CMP  R3, R4
	BHI  done
	TST  $7, R4
	BNE  done
	MOVD 8(R4), R6
	CMP  R12, R6
	BEQ  done
	CBZ  R10, keep
	SUB  $1, R10
	B    next

keep:
	CMP  R1, R5
	BGE  full
	CBNZ R5, mix
	MOVD R4, first+64(FP)

mix:
	EOR  R6, R9
	MUL  R13, R9
	ROR  $35, R9
	CBZ  R0, counted
	MOVD R6, (R0)(R5<<3)

counted:
	ADD  $1, R5

next:
	CMP  R11, R6
	BEQ  last
	MOVD (R4), R7
	CMP  R4, R7
	BLS  done
	MOVD R7, R4
	B    frame

last:
	MOVD $1, R8
	B    done

full:
	MOVD $2, R8

done:
	MOVD R5, got+48(FP)
	MOVD R9, kind+56(FP)
	MOVB R8, e+80(FP)
	RET
