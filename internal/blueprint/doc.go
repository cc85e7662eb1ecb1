// Package blueprint says which objects each intent kind wants to exist, as
// typed apply configurations: pure functions of the spec and of what the
// controller observed. The same input gives the same bytes.
//
// It sends nothing and reads nothing; internal/apply does that. It does not
// judge: hostnames, quotas and namespaces come in already decided.
package blueprint
