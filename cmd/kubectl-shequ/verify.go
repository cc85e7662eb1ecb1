package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	postgres "github.com/shequ-io/shequ/internal/district"
	"github.com/shequ-io/shequ/internal/plan/show"
	"github.com/shequ-io/shequ/internal/store"
)

// recordsAtOnce is how many records of a chain are read at a time.
const recordsAtOnce = 2000

func newVerifyDeliveries(a *app) *cobra.Command {
	k := &keeping{app: a}
	var output string
	c := &cobra.Command{
		Use:   "verify-deliveries COMMUNITY",
		Short: "Check the record of what a community delivered to information systems",
		Long: `Read the whole record of what a community delivered to information systems from its
database, and check that each entry follows from the one before it and that all of
them lead to the head that the operator has published in the Community's status. An
entry that was changed, removed, put in or moved is named, whoever did it; what was
rewritten from beginning to end is not the record whose head was published.`,
		Example: `  kubectl shequ verify-deliveries anding -n qingnianlu
  kubectl shequ verify-deliveries anding -n qingnianlu -o json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if output != "table" && output != "json" {
				return fmt.Errorf("there is no output %q; use table or json", output)
			}
			return k.verify(c.Context(), args[0], output == "json")
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "table", "table or json")
	k.addServerFlags(c.Flags())
	return c
}

// verification is what was found of a chain.
type verification struct {
	Community string                `json:"community"`
	Verified  bool                  `json:"verified"`
	Fault     *fault                `json:"fault,omitempty"`
	Records   int64                 `json:"records"` // that verify, from the first on
	Acts      map[courier.Act]int64 `json:"acts"`
	Head      chainHead             `json:"head"`                // of the records that verify
	Published *chainHead            `json:"published,omitempty"` // in the Community's status

	head casework.Head
	// at is the hash of the record that was the last one when the head was published.
	at casework.Hash
}

// fault is the first thing that is wrong with a chain.
type fault struct {
	Sequence int64  `json:"sequence"`
	Message  string `json:"message"`
}

// chainHead is how many records a chain has, and the hash of the last.
type chainHead struct {
	Length      int64      `json:"length"`
	Hash        string     `json:"hash"`
	PublishedAt *time.Time `json:"publishedAt,omitempty"`
}

func (k *keeping) verify(ctx context.Context, community string, asJSON bool) error {
	namespace, err := k.app.namespace()
	if err != nil {
		return err
	}
	c, err := k.app.client()
	if err != nil {
		return err
	}
	v := &verification{Community: namespace + "/" + community, Acts: map[courier.Act]int64{}}
	if v.Published, err = published(ctx, c, types.NamespacedName{Namespace: namespace, Name: community}); err != nil {
		return err
	}
	admin, err := k.admin(ctx, c)
	if err != nil {
		return err
	}
	if err := readAsOwner(ctx, admin, postgres.Name(blueprint.HomeNamespace(namespace, community)), v.read); err != nil {
		return err
	}
	v.Verified = v.Fault == nil
	v.Head = chainHead{Length: v.head.Length, Hash: digits(v.head.Hash)}
	if asJSON {
		err = show.JSON(k.app.out, v)
	} else {
		err = v.print(k.app.streams)
	}
	if err == nil && v.Fault != nil {
		err = fmt.Errorf("the record of deliveries of Community %s does not verify: %s", v.Community, v.Fault.Message)
	}
	return err
}

// published is the head in a Community's status; nil where there is none.
func published(ctx context.Context, c client.Client, name types.NamespacedName) (*chainHead, error) {
	community := &v1alpha1.Community{}
	err := c.Get(ctx, name, community)
	if apierrors.IsNotFound(err) {
		return nil, nil // retained: its database is there, and nobody publishes its head
	}
	if err != nil || community.Status.Deliveries == nil {
		return nil, err
	}
	d := community.Status.Deliveries
	at := d.PublishedAt.UTC()
	return &chainHead{Length: d.Length, Hash: d.Hash, PublishedAt: &at}, nil
}

// readAsOwner reads a community's database as it is at one moment.
func readAsOwner(ctx context.Context, admin postgres.Admin, database string, do func(context.Context, pgx.Tx) error) error {
	server, err := admin.Connect(ctx, "")
	if err != nil {
		return err
	}
	defer server.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to be sent
	return postgres.Borrow(ctx, server, database, func(owner, _ string) error {
		conn, err := admin.Connect(ctx, database)
		if err != nil {
			return err
		}
		defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it was only read
		return pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "SET LOCAL ROLE "+pgx.Identifier{owner}.Sanitize()); err != nil {
				return fmt.Errorf("act as %s: %w", owner, err)
			}
			return do(ctx, tx)
		})
	})
}

// read reads the whole chain and finds the first fault.
func (v *verification) read(ctx context.Context, tx pgx.Tx) error {
	kept, err := store.DeliveryChainHead(ctx, tx)
	if err != nil {
		return fmt.Errorf("read the head of the chain: %w; a database that has no such table is of an earlier release", err)
	}
	for from := int64(math.MinInt64); v.Fault == nil; from = v.head.Length + 1 {
		entries, err := store.DeliveryChain(ctx, tx, from, recordsAtOnce)
		if err != nil {
			return fmt.Errorf("read the chain: %w", err)
		}
		if len(entries) == 0 {
			break
		}
		v.page(entries)
	}
	if v.Fault == nil {
		v.compare(kept)
	}
	return nil
}

// page checks the next records.
func (v *verification) page(entries []courier.Entry) {
	head, err := courier.CheckPage(v.head, entries)
	for i := range entries[:max(0, min(head.Length-v.head.Length, int64(len(entries))))] {
		e := &entries[i]
		v.Acts[e.Record.Act]++
		if v.Published != nil && e.Sequence == v.Published.Length {
			v.at = e.Hash
		}
	}
	v.head, v.Records = head, head.Length
	if tampered, is := errors.AsType[*casework.TamperedError](err); is {
		v.Fault = &fault{tampered.Sequence, fmt.Sprintf("record %d was %s", tampered.Sequence, tampered.Tampering)}
	}
}

// compare holds the chain, which is sound in itself, against the head the database has
// of it and the one that was published.
func (v *verification) compare(kept casework.Head) {
	p := v.Published
	switch {
	case p != nil && v.head.Length < p.Length:
		v.Fault = &fault{v.head.Length + 1, fmt.Sprintf("record %d and what follows was removed: %d records were there at %s", v.head.Length+1, p.Length, p.PublishedAt.Format(time.RFC3339))}
	case p != nil && digits(v.at) != p.Hash:
		v.Fault = &fault{p.Length, fmt.Sprintf("the records up to %d are not those whose head was published at %s", p.Length, p.PublishedAt.Format(time.RFC3339))}
	case kept.Length > v.head.Length:
		v.Fault = &fault{v.head.Length + 1, fmt.Sprintf("record %d and what follows was removed: the database counts %d records", v.head.Length+1, kept.Length)}
	case kept != v.head:
		v.Fault = &fault{kept.Length, fmt.Sprintf("the database's own head, of %d records, is not that of the chain", kept.Length)}
	}
}

// digits is a hash as a status has it.
func digits(h casework.Hash) string { return hex.EncodeToString(h[:]) }

func (v *verification) print(s *streams) error {
	fmt.Fprintf(s.out, "%d records of Community %s verify\n\n", v.Records, v.Community)
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	acts := []courier.Act{courier.Delivered, courier.Withheld, courier.GivenUp}
	for act := range v.Acts {
		if !slices.Contains(acts, act) {
			acts = append(acts, act)
		}
	}
	slices.Sort(acts[3:])
	for _, act := range acts {
		fmt.Fprintf(w, "%s\t%d\t\n", act, v.Acts[act])
	}
	fmt.Fprintf(w, "head\t%d\t%s\n", v.Head.Length, v.Head.Hash)
	if p := v.Published; p != nil {
		fmt.Fprintf(w, "published\t%d\t%s at %s\n", p.Length, p.Hash, p.PublishedAt.Format(time.RFC3339))
	} else {
		fmt.Fprint(w, "published\tnone\tso whether it was rewritten as a whole can't be told\n")
	}
	return w.Flush()
}
