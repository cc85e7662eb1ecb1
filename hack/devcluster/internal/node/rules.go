package node

import (
	"strings"
)

// chainPrefixes are those of the chains that this tool, kube-proxy, the
// kubelet and CNI plugins make. Nobody else's are on the machine: "up"
// refuses one that already is some other cluster's node.
var chainPrefixes = []string{"KUBE-", "CNI-", "SHEQU-"}

func ours(chain string) bool {
	for _, prefix := range chainPrefixes {
		if strings.HasPrefix(chain, prefix) {
			return true
		}
	}
	return false
}

// ownChains lists our chains in the output of iptables-save.
func ownChains(saved string) []string {
	var chains []string
	for line := range strings.Lines(saved) {
		if name, ok := strings.CutPrefix(line, ":"); ok {
			if name, _, _ = strings.Cut(name, " "); ours(name) {
				chains = append(chains, name)
			}
		}
	}
	return chains
}

// cleanupRules turns the output of iptables-save into the input for
// iptables-restore --noflush that removes our chains and all rules that lead
// to them, and leaves everything else as it is.
func cleanupRules(saved string) string {
	var out, flush, jumps, remove strings.Builder
	for line := range strings.Lines(saved) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "*"):
			flush.Reset()
			jumps.Reset()
			remove.Reset()
			flush.WriteString(line + "\n")
		case strings.HasPrefix(line, ":"):
			name, _, _ := strings.Cut(line[1:], " ")
			if ours(name) {
				// Declaring a chain flushes it.
				flush.WriteString(":" + name + " - [0:0]\n")
				remove.WriteString("-X " + name + "\n")
			}
		case strings.HasPrefix(line, "-A "):
			rule := line[len("-A "):]
			if chain, _, _ := strings.Cut(rule, " "); !ours(chain) && leadsToOurs(rule) {
				jumps.WriteString("-D " + rule + "\n")
			}
		case line == "COMMIT":
			if remove.Len() > 0 || jumps.Len() > 0 {
				out.WriteString(flush.String() + jumps.String() + remove.String() + "COMMIT\n")
			}
		}
	}
	return out.String()
}

func leadsToOurs(rule string) bool {
	fields := strings.Fields(rule)
	for i, field := range fields[:max(len(fields)-1, 0)] {
		if (field == "-j" || field == "-g") && ours(fields[i+1]) {
			return true
		}
	}
	return false
}
