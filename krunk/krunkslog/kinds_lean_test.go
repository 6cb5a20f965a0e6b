//go:build (!(amd64 || arm64 || 386) || nintendosdk || playstation5 || microsoftgdk || krunk_lean) && !krunk_gojson

package krunkslog_test

// The lean encoder asks no method of a number and names the type of a list of the game's own.
const kindsOfAny = `f32=0.5 i32=-1 level=4 list=[]krunkslog_test.weapon nil=<nil> slot=3 u8=8 value=4 weapon=axe`
