//go:build ((amd64 || arm64 || 386) && !(nintendosdk || playstation5 || microsoftgdk || krunk_lean)) || krunk_gojson

package krunkslog_test

const kindsOfAny = `f32=0.5 i32=-1 level=WARN list=["a"] nil=<nil> slot=3 u8=8 value=4 weapon=axe`
