package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/custody"
	"github.com/shequ-io/shequ/internal/backup"
	"github.com/shequ-io/shequ/internal/blueprint"
	postgres "github.com/shequ-io/shequ/internal/district"
)

// keeping is where the operator keeps keys, and how its database server is reached.
type keeping struct {
	app    *app
	system string
	secret string
	key    string
	dsn    string
	tools  backup.Tools
}

func (k *keeping) addFlags(f *pflag.FlagSet) {
	k.addServerFlags(f)
	f.StringVar(&k.key, "key-secret", "district-key", "Secret there with the district's key, as database.keySecret names it")
	f.StringVar(&k.tools.Dir, "pg-bin", "", "directory of pg_dump and pg_restore (default: those of the PATH)")
}

// addServerFlags adds those that say how the server is reached.
func (k *keeping) addServerFlags(f *pflag.FlagSet) {
	f.StringVar(&k.system, "system-namespace", "shequ-system", "the operator's namespace, with the keys")
	f.StringVar(&k.secret, "admin-secret", "postgres-admin", "Secret there with the server's dsn, as database.adminSecret names it")
	f.StringVar(&k.dsn, "dsn", "", "the server's dsn instead, if this machine reaches it by another name; other users see it in the list of processes, so leave the password out and set PGPASSWORD")
}

// admin is how the server is reached.
func (k *keeping) admin(ctx context.Context, c client.Client) (postgres.Admin, error) {
	if k.dsn != "" {
		return postgres.Admin{DSN: k.dsn}, nil
	}
	secret, err := k.read(ctx, c, k.secret)
	if err != nil {
		return postgres.Admin{}, err
	}
	return postgres.Admin{DSN: string(secret.Data[postgres.AdminDSN]), CA: string(secret.Data[postgres.AdminCA])}, nil
}

func (k *keeping) read(ctx context.Context, c client.Client, name string) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	err := c.Get(ctx, client.ObjectKey{Namespace: k.system, Name: name}, secret)
	switch {
	case apierrors.IsNotFound(err):
		return nil, fmt.Errorf("there is no Secret %s/%s: name the operator's namespace and Secrets with --system-namespace, --admin-secret and --key-secret", k.system, name)
	case apierrors.IsForbidden(err):
		return nil, fmt.Errorf("%w; this is district IT's: it needs the Secrets in the operator's namespace", err)
	}
	return secret, err
}

func newBackup(a *app) *cobra.Command {
	k := &keeping{app: a}
	var file string
	c := &cobra.Command{
		Use:   "backup COMMUNITY -f FILE",
		Short: "Write a community's cases and wrapped key as one file",
		Long: `Write the database of a community and its key, wrapped with the district's, as one
file. It opens nothing without the district's key, which is no part of it: keep that
elsewhere. It needs pg_dump of the server's version or newer.`,
		Example: `  kubectl shequ backup anding -n qingnianlu -f anding.tar`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if file == "" {
				return errors.New("say where the backup goes with -f FILE")
			}
			return k.backup(c.Context(), args[0], file)
		},
	}
	c.Flags().StringVarP(&file, "filename", "f", "", "file to write; one that is there is left alone")
	k.addFlags(c.Flags())
	return c
}

func (k *keeping) backup(ctx context.Context, community, file string) (err error) {
	namespace, err := k.app.namespace()
	if err != nil {
		return err
	}
	c, err := k.app.client()
	if err != nil {
		return err
	}
	home := blueprint.HomeNamespace(namespace, community)
	key, err := k.read(ctx, c, custody.SecretName(home))
	if err != nil {
		return fmt.Errorf("the key of Community %s/%s: %w", namespace, community, err)
	}
	admin, err := k.admin(ctx, c)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "shequ-backup-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m := backup.Manifest{Community: namespace + "/" + community, Home: home, Database: postgres.Name(home), Taken: k.app.now().UTC()}
	dumped, err := k.tools.Dump(ctx, admin, m.Database, dir)
	if err != nil {
		return err
	}
	m.Key, m.Server = dumped.Key, dumped.Server
	if err := k.fits(ctx, c, m, custody.Wrapped(key)); err != nil {
		return err
	}
	out, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if err := backup.Write(out, m, custody.Wrapped(key), dumped.Path); err != nil {
		return err
	}
	fmt.Fprintf(k.app.err, "Community %s is backed up in %s; it can be read with Secret %s/%s alone, which is no part of it\n", m.Community, file, k.system, k.key)
	return out.Sync()
}

// fits reports why a wrapped key is not the one a database was made with, or can't
// be opened with this district's key: such a backup would read nothing.
func (k *keeping) fits(ctx context.Context, c client.Client, m backup.Manifest, wrapped []byte) error {
	secret, err := k.read(ctx, c, k.key)
	if err != nil {
		return err
	}
	districtKey, err := custody.DistrictKey(secret)
	if err != nil {
		return err
	}
	seed, err := districtKey.Unwrap(wrapped, m.Home)
	if err != nil {
		return fmt.Errorf("the key of Community %s: %w", m.Community, err)
	}
	key, err := postgres.Fingerprint(seed)
	if err != nil {
		return err
	}
	if key != m.Key {
		return fmt.Errorf("database %s was made with key %s, and this is key %s: restore Secret %s/%s that belongs to it", m.Database, m.Key, key, k.system, custody.SecretName(m.Home))
	}
	return nil
}

func newRestore(a *app) *cobra.Command {
	k := &keeping{app: a}
	c := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a community's cases and key back from a file",
		Long: `Put the database of a community and its key back from a file that backup wrote. The
server must not have that database, and the cluster no such Community; apply the
Community afterwards, and it takes up what there is. The district's key must be the
one of the backup: restore its Secret first. It needs pg_restore of the version of
the pg_dump that wrote the file or newer.`,
		Example: `  kubectl shequ restore anding.tar`,
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return k.restore(c.Context(), args[0]) },
	}
	k.addFlags(c.Flags())
	return c
}

func (k *keeping) restore(ctx context.Context, file string) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // it was only read
	dir, err := os.MkdirTemp("", "shequ-restore-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m, wrapped, dump, err := backup.Read(in, dir)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	c, err := k.app.client()
	if err != nil {
		return err
	}
	if err := unclaimed(ctx, c, m); err != nil {
		return err
	}
	admin, err := k.admin(ctx, c)
	if err != nil {
		return err
	}
	if err := k.fits(ctx, c, m, wrapped); err != nil {
		return err
	}
	if err := k.putKey(ctx, c, m, wrapped); err != nil {
		return err
	}
	err = k.tools.Restore(ctx, admin, m, dump, dir)
	if errors.Is(err, postgres.ErrThere) {
		return fmt.Errorf("%w: nothing that is there is overwritten. If it may go: drop it on the server, and restore again", err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(k.app.err, "database %s of Community %s is as it was at %s; apply the Community, and it takes it up\n", m.Database, m.Community, m.Taken.Format("2006-01-02 15:04 MST"))
	return nil
}

// unclaimed reports that a Community would get in the way.
func unclaimed(ctx context.Context, c client.Client, m backup.Manifest) error {
	var list v1alpha1.CommunityList
	if err := c.List(ctx, &list); err != nil {
		return unlisted(&list, err)
	}
	for i := range list.Items {
		if blueprint.HomeNamespace(list.Items[i].Namespace, list.Items[i].Name) == m.Home {
			return fmt.Errorf("there is a Community %s: delete it first (under deletionPolicy Retain nothing is lost), or its operator would be working in the database meanwhile", m.Community)
		}
	}
	return nil
}

// putKey puts the community's key where the operator looks for it.
func (k *keeping) putKey(ctx context.Context, c client.Client, m backup.Manifest, wrapped []byte) error {
	err := c.Create(ctx, custody.KeySecret(k.system, m.Home, m.Community, wrapped))
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	// One that opens to the same key is as good, though it was wrapped anew.
	there, err := k.read(ctx, c, custody.SecretName(m.Home))
	if err != nil {
		return err
	}
	if err := k.fits(ctx, c, m, custody.Wrapped(there)); err != nil {
		return fmt.Errorf("there is a Secret %s/%s that is not the backup's: %w", k.system, there.Name, err)
	}
	return nil
}
