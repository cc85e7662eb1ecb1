// Package policy holds the admission policies of Shequ's own kinds as files, so
// that programs and tests know them exactly as they are installed. It is data:
// it neither installs nor evaluates them.
package policy

import "embed"

// Files are the policies and their bindings, one file per policy.
//
//go:embed subdistrict-kinds.yaml department-kinds.yaml decision-members.yaml ledger-writer.yaml survey-terms.yaml
var Files embed.FS
