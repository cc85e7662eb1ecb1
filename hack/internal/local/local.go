// Package local is hack/local under its former name. It stands only until all
// who import it have moved; nothing new should.
package local

import "github.com/shequ-io/shequ/hack/local"

// Cluster is local.Cluster.
type Cluster = local.Cluster

// Profiles of a cluster.
const (
	Sim  = local.Sim
	Node = local.Node
)

// What hack/local has.
var (
	Command   = local.Command
	Output    = local.Output
	Preflight = local.Preflight
)
