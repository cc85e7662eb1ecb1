package content

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// DeskFile is the file that holds a Desk as JSON. It is no part of a Document:
// the desk alone mounts it.
const DeskFile = "desk.json"

// Desk is what the desk has to know and no resident needs: who may work as what,
// and where the grids run exactly. It holds groups and work identifiers, nobody's
// name, and no secret.
type Desk struct {
	SchemaVersion int            `json:"schemaVersion"`
	OIDC          *OIDC          `json:"oidc,omitempty"` // absent: nobody can sign in
	Access        []Grant        `json:"access,omitempty"`
	Workers       []GridWorker   `json:"workers,omitempty"`
	Boundaries    []GridBoundary `json:"boundaries,omitempty"`
	Calendar      Calendar       `json:"calendar,omitzero"`
	Systems       []string       `json:"systems,omitempty"`     // a case may be transferred to, by name
	ExternalURL   string         `json:"externalURL,omitempty"` // where browsers reach the desk; absent: as they ask
	Connections   []Connection   `json:"connections,omitempty"` // the information systems the community is connected to
	Tasks         []DeskTask     `json:"tasks,omitempty"`       // the admitted tasks whose cases are delivered
	Billers       []Biller       `json:"billers,omitempty"`     // who may be paid at the station
}

// Connection is what the desk has to know of an information system to decide what
// it gets.
type Connection struct {
	Name     string   `json:"name"`
	Title    Text     `json:"title"`
	Accepts  []string `json:"accepts,omitempty"`  // codes of data elements
	Purposes []string `json:"purposes,omitempty"` // it takes data for
	Report   string   `json:"report,omitempty"`   // purpose of the monthly figures it gets; absent: none
	Orders   bool     `json:"orders,omitempty"`   // whether it sends work orders, and gets their answers
}

// DeskTask is what an admitted task declares of its data. A task that waits, having
// been admitted, is here too: the cases in hand go on.
type DeskTask struct {
	Name       string         `json:"name"` // namespace/name
	Data       []DeskDatum    `json:"data,omitempty"`
	Deliveries []DeskDelivery `json:"deliveries,omitempty"`
}

// DeskDatum is a data element of a task.
type DeskDatum struct {
	Element string `json:"element"`
	Type    string `json:"type,omitempty"` // by the standard: Text, Integer, …
	Reused  bool   `json:"reused,omitempty"`
	Purpose string `json:"purpose"`
}

// DeskDelivery is what one system gets of each case of a task.
type DeskDelivery struct {
	System   string      `json:"system"`
	Purpose  string      `json:"purpose"`
	Elements []string    `json:"elements"`
	Mapping  []FieldRule `json:"mapping,omitempty"`  // absent: each element under its own code
	TellOnly bool        `json:"tellOnly,omitempty"` // a rejection does not end the case
}

// FieldRule makes a field of a system by a CEL expression.
type FieldRule struct {
	Field      string `json:"field"`
	Expression string `json:"expression"`
}

// Biller takes payments by way of an information system.
type Biller struct {
	Name    string `json:"name"`
	Title   Text   `json:"title"`
	System  string `json:"system"`
	Purpose string `json:"purpose"`
}

// OIDC is the district's identity provider.
type OIDC struct {
	Issuer      string `json:"issuer"`
	ClientID    string `json:"clientID"`
	GroupsClaim string `json:"groupsClaim"`  // the claim that lists groups
	WorkClaim   string `json:"workClaim"`    // the claim that holds the work identifier
	CA          string `json:"ca,omitempty"` // PEM of the authority it is trusted by, where the machine's own don't
}

// Grant gives a group a role.
type Grant struct {
	Group string `json:"group"`
	Role  string `json:"role"` // Lead, Worker, Viewer
}

// GridWorker says in which grid a work identifier works.
type GridWorker struct {
	ID   string `json:"id"`
	Grid string `json:"grid"`
}

// GridBoundary is the exact boundary of a grid, as its Grid declares it.
type GridBoundary struct {
	Grid    string `json:"grid"`
	Level   int64  `json:"level"`
	Datum   string `json:"datum"` // WGS84, CGCS2000
	GeoJSON string `json:"geoJSON"`
}

// ErrNoDesk says that there is no desk.json.
var ErrNoDesk = errors.New("there is no desk.json: mount the ConfigMap desk-config")

// LoadDesk reads desk.json in dir. The error is ErrNoDesk, ErrNewerSchema, or says
// what is wrong with the file.
func LoadDesk(dir string) (*Desk, error) {
	f, err := readFile(filepath.Join(dir, DeskFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNoDesk
	}
	if err != nil {
		return nil, err
	}
	return ParseDesk(f.Data)
}

// ParseDesk reads a Desk from JSON.
func ParseDesk(data []byte) (*Desk, error) {
	var d Desk
	if err := parseFile(DeskFile, data, &d, &d.SchemaVersion); err != nil {
		return nil, err
	}
	for _, w := range d.Workers {
		if w.ID == "" || w.Grid == "" {
			return nil, fmt.Errorf("%s: a worker without id or grid; give both", DeskFile)
		}
	}
	return &d, nil
}

// MarshalDesk writes a Desk, the same for the same Desk.
func MarshalDesk(d Desk) ([]byte, error) {
	d.SchemaVersion = SchemaVersion
	data, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", DeskFile, err)
	}
	return append(data, '\n'), nil
}

// parseFile reads a file of one program, whose version is where version points once it
// is read.
func parseFile(name string, data []byte, into any, version *int) error {
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(into); err != nil {
		return fmt.Errorf("%s: not whole JSON: %w; wait for the rest of it, or have the operator write it anew", name, err)
	}
	switch {
	case *version == 0:
		return fmt.Errorf("%s: schemaVersion is missing", name)
	case *version > SchemaVersion:
		return fmt.Errorf("%s: %w: schemaVersion %d, this program reads up to %d; roll out the station image of the operator's release", name, ErrNewerSchema, *version, SchemaVersion)
	}
	return nil
}
