package main

import (
	"flag"

	"github.com/krunk-go/krunk/sampling"
)

// compiled is a flag that says what programs compile in, which holds under what a policy does not state.
type compiled struct{ name string }

// cautious is how sampling.Cautious is called.
const cautious = "cautious"

func compiledFlag(f *flag.FlagSet) *compiled {
	c := new(compiled)
	c.flag(f)
	return c
}

func (c *compiled) flag(f *flag.FlagSet) {
	f.StringVar(&c.name, "default", "", "`FILE` of the policy that programs compile in (sampling.Options.Default), which holds under what this one does not state; \""+cautious+"\": that of sampling.Cautious")
}

// read returns the policy and its text, nil for none.
func (c *compiled) read(s *streams) (*sampling.Policy, []byte, error) {
	switch c.name {
	case "":
		return nil, nil, nil
	case cautious:
		b := sampling.Cautious()
		p, err := s.strict("-default "+cautious, b)
		return p, b, err
	}
	src, p, err := s.policy(c.name)
	if err != nil {
		return nil, nil, err
	}
	return p, src.doc, nil
}
