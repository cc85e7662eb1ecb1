package main

import (
	"fmt"
	"net/netip"
	"strings"
)

// prefixes is a flag: networks with commas between.
type prefixes []netip.Prefix

// String writes them as Set reads them.
func (p *prefixes) String() string {
	words := make([]string, len(*p))
	for i, network := range *p {
		words[i] = network.String()
	}
	return strings.Join(words, ",")
}

// Set reads networks; an empty text is none.
func (p *prefixes) Set(text string) error {
	*p = nil
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		network, err := netip.ParsePrefix(word)
		if err != nil {
			return fmt.Errorf("%w; write networks like 10.0.0.0/8,fd00::/8", err)
		}
		*p = append(*p, network.Masked())
	}
	return nil
}
