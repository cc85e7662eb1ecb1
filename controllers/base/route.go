package base

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/conditions"
)

// MissingGateway is the phase of a route that has nowhere to attach.
func MissingGateway(condition, field string) conditions.Phase {
	return conditions.Phase{
		Type: condition, State: conditions.Stuck, Reason: v1alpha1.ReasonGatewayMissing,
		Message: fmt.Sprintf("there is a hostname but no Gateway to attach its route to: name one in %s, or ask district IT to set a default gateway", field),
	}
}

// Route is the phase of a program's HTTPRoute: done when a Gateway has accepted
// it at its present generation.
func (d *Deps) Route(ctx context.Context, condition, namespace, name string) (conditions.Phase, error) {
	phase := conditions.Phase{Type: condition, State: conditions.Waiting, Reason: v1alpha1.ReasonRouteNotAccepted}
	route := &gatewayv1.HTTPRoute{}
	err := d.Cache.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, route)
	if apierrors.IsNotFound(err) {
		phase.Message = fmt.Sprintf("HTTPRoute %s/%s is being created", namespace, name)
		return phase, nil
	}
	if err != nil {
		return phase, err
	}
	for _, parent := range route.Status.Parents {
		c := meta.FindStatusCondition(parent.Conditions, string(gatewayv1.RouteConditionAccepted))
		if c == nil || c.ObservedGeneration < route.Generation {
			continue
		}
		if c.Status == metav1.ConditionTrue {
			phase.State, phase.Reason = conditions.Done, "Accepted"
			phase.Message = fmt.Sprintf("the route is accepted by Gateway %s", parent.ParentRef.Name)
			return phase, nil
		}
		phase.Message = fmt.Sprintf("Gateway %s refuses the route: %s", parent.ParentRef.Name, c.Message)
		return phase, nil
	}
	phase.Message = fmt.Sprintf("no Gateway has taken up HTTPRoute %s/%s yet: see that the Gateway exists, allows routes from this namespace, and that its controller runs", namespace, name)
	return phase, nil
}
