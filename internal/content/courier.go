package content

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// CourierFile is the file that holds a Courier as JSON. The courier alone mounts it.
const CourierFile = "courier.json"

// Courier is what the courier has to know of the information systems its community
// is connected to. It holds no secret and nothing of anybody.
type Courier struct {
	SchemaVersion int             `json:"schemaVersion"`
	Systems       []CourierSystem `json:"systems,omitempty"`
	// Orders is what the work orders of a hotline become; absent: none are taken.
	Orders *OrderTerms `json:"orders,omitempty"`
}

// CourierSystem is how a system is talked to, as its InformationSystem declares it.
// Its credentials are files of their own, named by system, underscore and key of the
// Secret, such as social-security_client-id.
type CourierSystem struct {
	Name      string                    `json:"name"`
	Protocol  v1alpha1.SystemProtocol   `json:"protocol"`
	RateLimit *v1alpha1.SystemRateLimit `json:"rateLimit,omitempty"`
	Reading   *v1alpha1.SystemReading   `json:"reading,omitempty"`
	Sends     []v1alpha1.SystemSends    `json:"sends,omitempty"`
}

// OrderTerms are the terms of cases that are work orders.
type OrderTerms struct {
	Item          string `json:"item"`
	Purpose       string `json:"purpose"`
	RetentionDays int64  `json:"retentionDays"`
}

// CredentialFile is the name of a file with one key of a system's Secret.
func CredentialFile(system, key string) string { return system + "_" + key }

// ErrNoCourier says that there is no courier.json.
var ErrNoCourier = errors.New("there is no courier.json: mount the ConfigMap courier-config")

// LoadCourier reads courier.json in dir. The error is ErrNoCourier, ErrNewerSchema,
// or says what is wrong with the file.
func LoadCourier(dir string) (*Courier, error) {
	f, err := readFile(filepath.Join(dir, CourierFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNoCourier
	}
	if err != nil {
		return nil, err
	}
	return ParseCourier(f.Data)
}

// ParseCourier reads a Courier from JSON.
func ParseCourier(data []byte) (*Courier, error) {
	var c Courier
	if err := parseFile(CourierFile, data, &c, &c.SchemaVersion); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, s := range c.Systems {
		if s.Name == "" || seen[s.Name] {
			return nil, fmt.Errorf("%s: a system without a name, or there twice", CourierFile)
		}
		seen[s.Name] = true
	}
	return &c, nil
}

// MarshalCourier writes a Courier, the same for the same Courier.
func MarshalCourier(c Courier) ([]byte, error) {
	c.SchemaVersion = SchemaVersion
	data, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", CourierFile, err)
	}
	return append(data, '\n'), nil
}
