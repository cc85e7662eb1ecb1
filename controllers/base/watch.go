package base

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/apply"
	"github.com/shequ-io/shequ/internal/pace"
)

// RateLimiter spaces the retries of a failing object: from half a second to two
// minutes, never a hot loop.
func RateLimiter() workqueue.TypedRateLimiter[reconcile.Request] {
	return workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](500*time.Millisecond, 2*time.Minute)
}

// Requests are those for everything in a list of the cache.
func Requests(ctx context.Context, cache client.Reader, list client.ObjectList, opts ...client.ListOption) []reconcile.Request {
	err := cache.List(ctx, list, append(opts, client.UnsafeDisableDeepCopy)...)
	var out []reconcile.Request
	if err == nil {
		err = meta.EachListItem(list, func(item runtime.Object) error {
			out = append(out, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(item.(client.Object))})
			return nil
		})
	}
	if err != nil {
		log.FromContext(ctx).Error(err, "list what an event concerns", "kind", fmt.Sprintf("%T", list))
	}
	return out
}

// ChildHandler is a controller's handlers for kinds that are watched only once
// their CRD is installed.
type ChildHandler struct {
	// Events of a child; All to look at every object anew.
	Events, All handler.EventHandler
}

// ThroughStandard concerns whatever each community of a standard concerns.
func ThroughStandard(cache client.Reader, ofCommunity pace.MapFunc) pace.MapFunc {
	return func(ctx context.Context, standard client.Object) []reconcile.Request {
		var communities v1alpha1.CommunityList
		err := cache.List(ctx, &communities, client.MatchingFields{StandardIndex: standard.GetName()}, client.UnsafeDisableDeepCopy)
		if err != nil {
			log.FromContext(ctx).Error(err, "list the Communities a standard concerns")
			return nil
		}
		var out []reconcile.Request
		for i := range communities.Items {
			out = append(out, ofCommunity(ctx, &communities.Items[i])...)
		}
		return out
	}
}

// WatchChildren adds a watch for every kind of child that is always there.
// Namespaces are left to the caller: not all of them are children.
func WatchChildren(b *builder.Builder, h handler.EventHandler) *builder.Builder {
	for gk, kind := range apply.Kinds() {
		if kind.Optional || gk.Kind == "Namespace" {
			continue
		}
		b = b.Watches(kind.New(gk), h)
	}
	return b
}

// CommunityOfChild is the Community a child belongs to; nothing for a child
// that a station wants.
func CommunityOfChild(_ context.Context, obj client.Object) []reconcile.Request {
	l := obj.GetLabels()
	if l[v1alpha1.CommunityNameLabel] == "" || l[v1alpha1.StationNameLabel] != "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{
		Namespace: l[v1alpha1.CommunityNamespaceLabel], Name: l[v1alpha1.CommunityNameLabel],
	}}}
}

// StationOfChild is the ServiceStation a child belongs to.
func StationOfChild(_ context.Context, obj client.Object) []reconcile.Request {
	l := obj.GetLabels()
	if l[v1alpha1.StationNameLabel] == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{
		Namespace: l[v1alpha1.CommunityNamespaceLabel], Name: l[v1alpha1.StationNameLabel],
	}}}
}
