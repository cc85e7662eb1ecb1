// Package migrations holds the schema of a community's database, as SQL that goose
// applies in order. A migration that was released is never altered: what has to
// change gets another one after it.
package migrations

import "embed"

// Files are the migrations.
//
//go:embed *.sql
var Files embed.FS

// Version is that of the latest of Files: what the programs of this release need.
const Version = 9
