package custody

import (
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/district"
	"github.com/shequ-io/shequ/internal/seal"
)

// secretFacts is what the programs of a community may know. All of it but the
// server's address follows from the seed, so it is the same at every look.
func secretFacts(seed seal.Seed, access district.Access, e district.Endpoint, clientSecret []byte, courier bool) (blueprint.SecretFacts, error) {
	private, err := seed.Sealing()
	if err != nil {
		return blueprint.SecretFacts{}, err
	}
	parcels, err := seed.Courier()
	if err != nil {
		return blueprint.SecretFacts{}, err
	}
	f := blueprint.SecretFacts{
		PortalURI: e.URI(access.Portal, access.Database, blueprint.CAFile),
		DeskURI:   e.URI(access.Desk, access.Database, blueprint.CAFile),
		OwnerURI:  e.URI(access.Owner, access.Database, blueprint.CAFile),
		CA:        e.CA, SealingPublic: private.Public().Bytes(), CourierPublic: parcels.Public().Bytes(), ClientSecret: clientSecret,
	}
	if courier {
		f.CourierURI = e.URI(access.Courier, access.Database, blueprint.CAFile)
		if f.CourierPrivate, err = parcels.Bytes(); err != nil {
			return blueprint.SecretFacts{}, err
		}
	}
	if f.SealingPrivate, err = private.Bytes(); err != nil {
		return blueprint.SecretFacts{}, err
	}
	if f.Receipts, err = seed.Derive("receipts", seal.KeyBytes); err != nil {
		return blueprint.SecretFacts{}, err
	}
	f.Session, err = seed.Derive("session", seal.KeyBytes)
	return f, err
}
