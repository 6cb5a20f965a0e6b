package krunk

import (
	"errors"
	"io/fs"
	"math"
	"reflect"
	"testing"
)

type (
	aBool        bool
	anInt        int
	anInt8       int8
	anInt16      int16
	anInt32      int32
	anInt64      int64
	aUint        uint
	aUint8       uint8
	aUint16      uint16
	aUint32      uint32
	aUint64      uint64
	anAddr       uintptr
	aFloat32     float32
	aFloat64     float64
	aComplex     complex128
	aSmall       complex64
	aString      string
	aPair[T any] struct{ _, _ T }
)

// Both builds name types and print panic values alike, whatever way they learn of them.
func TestPrinted(t *testing.T) {
	for _, tt := range []struct {
		v    any
		want string
	}{
		{true, "true"}, {aBool(false), "krunk.aBool(false)"},
		{-1, "-1"}, {int8(-128), "-128"}, {int16(-300), "-300"}, {int32(math.MinInt32), "-2147483648"}, {int64(math.MinInt64), "-9223372036854775808"},
		{anInt(7), "krunk.anInt(7)"}, {anInt8(-7), "krunk.anInt8(-7)"}, {anInt16(-7), "krunk.anInt16(-7)"}, {anInt32(-7), "krunk.anInt32(-7)"},
		{anInt64(-7), "krunk.anInt64(-7)"},
		{uint(1), "1"}, {uint8(255), "255"}, {uint16(65535), "65535"}, {uint32(math.MaxUint32), "4294967295"}, {uint64(math.MaxUint64), "18446744073709551615"},
		{uintptr(9), "9"}, {aUint(7), "krunk.aUint(7)"}, {aUint8(200), "krunk.aUint8(200)"}, {aUint16(7), "krunk.aUint16(7)"},
		{aUint32(7), "krunk.aUint32(7)"}, {aUint64(math.MaxUint64), "krunk.aUint64(18446744073709551615)"}, {anAddr(7), "krunk.anAddr(7)"},
		{0.1, "0.1"}, {float32(0.1), "0.1"}, {aFloat32(1e-7), "krunk.aFloat32(1e-07)"}, {aFloat64(math.Inf(1)), "krunk.aFloat64(+Inf)"},
		{1 - 2i, "(1-2i)"}, {complex64(0.1 + 2i), "(0.1+2i)"}, {aComplex(complex(1, math.Inf(1))), "krunk.aComplex(1+Infi)"},
		{aSmall(0.1i), "krunk.aSmall(0+0.1i)"}, {complex(math.NaN(), math.NaN()), "(NaN+NaNi)"},
		{aString("down"), `krunk.aString("down")`},
		{[]int{1}, "([]int)"}, {aPair[int]{}, "(krunk.aPair[int])"}, {&aPair[aString]{}, "(*krunk.aPair[github.com/krunk-go/krunk/krunk.aString])"},
		{struct{}{}, "(struct {})"}, {func() {}, "(func())"}, {t, "(*testing.T)"}, {make(chan int), "(chan int)"}, {map[string]any{}, "(map[string]interface {})"},
		{errors.New("x"), "(*errors.errorString)"}, {(*fs.PathError)(nil), "(*fs.PathError)"},
		{struct {
			A int `x:", not *krunk.nobody"`
		}{}, `(struct { A int "x:\", not *krunk.nobody\"" })`},
	} {
		if got := printed(tt.v, typeName(tt.v)); got != tt.want {
			t.Errorf("printed: got %s, want %s", got, tt.want)
		}
		var known typeNames
		for range 2 {
			if got, want := known.of(tt.v), reflect.TypeOf(tt.v).String(); got != want {
				t.Errorf("named: got %s, want %s", got, want)
			}
		}
	}
	if got := typeName(nil); got != "nil" {
		t.Errorf("got %s, want nil", got)
	}
}

// A type is named in a deferred function of what panics as well.
func TestNamedWhilePanicking(t *testing.T) {
	defer func() {
		if got := recover(); got != "outer" {
			t.Errorf("got the panic %v, want outer", got)
		}
	}()
	defer func() {
		if got := typeName(aString("")); got != "krunk.aString" {
			t.Errorf("got %s, want krunk.aString", got)
		}
	}()
	panic("outer")
}

func BenchmarkTypeName(b *testing.B) {
	err := error(&fs.PathError{})
	b.Run("known", func(b *testing.B) {
		var known typeNames
		for b.Loop() {
			known.of(err)
		}
	})
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			typeName(err)
		}
	})
}
