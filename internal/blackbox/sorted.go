package blackbox

import "sort"

// sorted sorts by a number, and leaves those in their order that have the same one. The functions of package slices are made anew for each type,
// 6 KiB of a program for each.
func sorted[T any](list []T, key func(*T) uint64) { sort.Stable(&byKey[T]{list, key}) }

type byKey[T any] struct {
	list []T
	key  func(*T) uint64
}

func (b *byKey[T]) Len() int           { return len(b.list) }
func (b *byKey[T]) Less(i, j int) bool { return b.key(&b.list[i]) < b.key(&b.list[j]) }
func (b *byKey[T]) Swap(i, j int)      { b.list[i], b.list[j] = b.list[j], b.list[i] }
