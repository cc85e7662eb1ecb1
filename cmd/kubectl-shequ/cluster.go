package main

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/plan"
)

// client is the cluster as the user's kubeconfig and flags name it.
func (a *app) client() (client.Client, error) {
	config, err := a.flags.ToRESTConfig()
	if err != nil {
		return nil, fmt.Errorf("find the cluster: %w; name it with --kubeconfig or --context, or use --offline where there is such a flag", err)
	}
	// Lists are few and the API server bounds them fairly by itself.
	config.QPS = -1
	return client.New(config, client.Options{Scheme: scheme})
}

// namespace is the one of -n, or the kubeconfig's.
func (a *app) namespace() (string, error) {
	namespace, _, err := a.flags.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return "", fmt.Errorf("find the namespace: %w; name it with -n", err)
	}
	return namespace, nil
}

// gather reads from the cluster all a plan depends on.
func (a *app) gather(ctx context.Context) (*plan.Objects, error) {
	c, err := a.client()
	if err != nil {
		return nil, err
	}
	out := &plan.Objects{}
	for _, list := range []client.ObjectList{
		&corev1.NamespaceList{}, &v1alpha1.CommunityStandardList{}, &v1alpha1.InformationSystemList{}, &v1alpha1.CommunityList{},
		&v1alpha1.ServiceStationList{}, &v1alpha1.GridList{}, &v1alpha1.AdmittedTaskList{}, &v1alpha1.TaskDecisionList{}, &v1alpha1.TaskLedgerList{},
	} {
		if err := c.List(ctx, list); err != nil {
			return nil, unlisted(list, err)
		}
		if err := meta.EachListItem(list, func(o runtime.Object) error {
			out.Add(o)
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func unlisted(list client.ObjectList, err error) error {
	switch {
	case meta.IsNoMatchError(err):
		return fmt.Errorf("the cluster does not know Shequ's kinds: %w; install Shequ, or use --offline where there is such a flag", err)
	case apierrors.IsForbidden(err):
		return fmt.Errorf("%w; a plan needs all of the district: ask for the ClusterRoles shequ-viewer and view for the whole cluster, or use --offline where there is such a flag", err)
	}
	return fmt.Errorf("list %T: %w", list, err)
}
