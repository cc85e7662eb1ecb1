package servicestation

import (
	"context"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/apply"
	"github.com/shequ-io/shequ/internal/blueprint"
)

const (
	dateForm = "2006-01-02"
	// defaultZone is where contracts end at midnight unless the standard says
	// otherwise.
	defaultZone = "Asia/Shanghai"
)

// observeDatabase finds out whether the desk may work cases: where the district has
// a server, once the community's database has the schema of the desk's image.
func (r *Reconciler) observeDatabase(ctx context.Context, s *scope) error {
	if r.Custody == nil || !s.served() {
		return nil
	}
	migration, err := blueprint.MigrationFor(blueprint.Home{Community: s.community, Namespace: s.home}, r.Settings.StationImage)
	if err != nil {
		return err
	}
	progress, err := r.Migration(ctx, s.home, migration.Name)
	if err != nil {
		return err
	}
	var grids v1alpha1.GridList
	err = r.Cache.List(ctx, &grids, client.InNamespace(s.community.Namespace), client.MatchingFields{base.CommunityIndex: s.community.Name}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return err
	}
	s.keepsCases, s.grids = true, grids.Items
	if err := r.observeSystems(ctx, s); err != nil {
		return err
	}
	s.desk.Secrets, s.desk.DeskConfig = true, true
	s.desk.Held = !progress.Done && s.desk.Replicas > 0
	return nil
}

// observeSystems gathers the systems the community is connected to, as they are now.
func (r *Reconciler) observeSystems(ctx context.Context, s *scope) error {
	for _, i := range s.community.Spec.Integrations {
		system := &v1alpha1.InformationSystem{}
		err := r.Cache.Get(ctx, client.ObjectKey{Name: i.System}, system, base.InPlace())
		if client.IgnoreNotFound(err) != nil {
			return err
		}
		if err == nil {
			s.systems = append(s.systems, system)
		}
	}
	return nil
}

// deskConfig says who works as what at the desk. Where it can't be said, what was
// said last holds on.
func (r *Reconciler) deskConfig(s *scope) []any {
	if !s.keepsCases {
		return nil
	}
	f := blueprint.DeskFacts{
		Community: s.community, Standard: s.standard, Grids: s.grids, OIDC: r.Settings.OIDC, Today: s.today().Format(dateForm),
		Systems: s.systems, Tasks: s.paused,
	}
	for _, t := range s.tasks {
		f.Tasks = append(f.Tasks, t.Task)
	}
	if s.desk.Hostname != "" && s.desk.Gateway != nil {
		f.URL = base.URL(s.desk)
	}
	config, err := blueprint.DeskConfig(s.home, s.desk.Labels, f)
	if err != nil {
		s.unspeakable = fmt.Sprintf("the desk can't be told where the grids run and what is delivered: %v", err)
		return nil
	}
	return []any{config}
}

// kept are the children that stay as they are for now.
func (s *scope) kept() []apply.Ref {
	var out []apply.Ref
	if s.desk.Held {
		out = append(out, apply.Ref{Group: "apps", Kind: "Deployment", Namespace: s.home, Name: blueprint.ComponentDesk})
	}
	if s.unspeakable != "" {
		out = append(out, apply.Ref{Kind: "ConfigMap", Namespace: s.home, Name: blueprint.DeskConfigName})
	}
	return out
}

// today is the time where the community is.
func (s *scope) today() time.Time {
	name := defaultZone
	if s.standard != nil && s.standard.Spec.Calendar != nil && s.standard.Spec.Calendar.TimeZone != "" {
		name = s.standard.Spec.Calendar.TimeZone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		zone = time.FixedZone(defaultZone, 8*60*60)
	}
	return s.now.In(zone)
}

// contractEnds is when the next contract of a grid's provider is over, and with it
// the access of its people; 0 for never.
func (s *scope) contractEnds() time.Duration {
	var next time.Duration
	today := s.today()
	for i := range s.grids {
		p := s.grids[i].Spec.Provider
		if p == nil {
			continue
		}
		last, err := time.ParseInLocation(dateForm, string(p.ContractUntil), today.Location())
		if err != nil {
			continue
		}
		if left := last.AddDate(0, 0, 1).Sub(s.now); left > 0 && (next == 0 || left < next) {
			next = left
		}
	}
	return next
}
