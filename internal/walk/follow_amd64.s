//go:build !krunk_nowalk && !go1.28

#include "textflag.h"

// func follow(dist uintptr, skip int, dst *uintptr, n int, exit, barred uintptr) (got int, kind uint64, first, top uintptr, e end)
//
// BX is a frame: at 0 the frame around it, at 8 the return address. R8 and R9 bound it by the goroutine's stack, whose limits
// are the first two words of g. No call, no stack of its own and no safe point, so the stack does not move meanwhile.
TEXT ·follow(SB), NOSPLIT|NOFRAME, $0-81
	MOVQ skip+8(FP), R10
	MOVQ dst+16(FP), DI
	MOVQ n+24(FP), CX
	MOVQ $0x9e3779b97f4a7c15, R11
	MOVQ (TLS), R13
	MOVQ 0(R13), R8
	MOVQ 8(R13), R9
	MOVQ R9, top+72(FP)
	MOVQ BP, BX
	MOVQ dist+0(FP), AX
	TESTQ AX, AX
	JEQ  bounded
	MOVQ R9, BX
	SUBQ AX, BX

bounded:
	SUBQ $16, R9
	XORQ AX, AX
	XORQ R12, R12
	XORQ R13, R13
	MOVQ R13, first+64(FP)

frame:
	CMPQ BX, R8
	JCS  done
	CMPQ BX, R9
	JHI  done
	TESTQ $7, BX
	JNE  done
	MOVQ 8(BX), DX
	CMPQ DX, barred+40(FP)
	JEQ  done
	TESTQ R10, R10
	JEQ  keep
	DECQ R10
	JMP  next

keep:
	CMPQ AX, CX
	JGE  full
	TESTQ AX, AX
	JNE  mix
	MOVQ BX, first+64(FP)

mix:
	XORQ DX, R12
	IMULQ R11, R12
	ROLQ $29, R12
	TESTQ DI, DI
	JEQ  counted
	MOVQ DX, (DI)(AX*8)

counted:
	INCQ AX

next:
	CMPQ DX, exit+32(FP)
	JEQ  last
	MOVQ (BX), SI
	CMPQ SI, BX
	JLS  done
	MOVQ SI, BX
	JMP  frame

last:
	MOVL $1, R13
	JMP  done

full:
	MOVL $2, R13

done:
	MOVQ AX, got+48(FP)
	MOVQ R12, kind+56(FP)
	MOVB R13, e+80(FP)
	RET
