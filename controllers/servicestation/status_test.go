package servicestation

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/apply"
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/conditions"
	"github.com/shequ-io/shequ/internal/content"
)

// What can't be published is named, with the cure, in a message of bounded
// length.
func TestItemsPhase(t *testing.T) {
	var left []string
	for i := range 40 {
		left = append(left, fmt.Sprintf("civil-affairs/task-%02d", i))
	}
	standard := &v1alpha1.CommunityStandard{ObjectMeta: metav1.ObjectMeta{Name: "xian-2014"}}
	items := make([]content.Item, 5)
	served := make([]v1alpha1.NamespacedReference, 3)
	for want, s := range map[string]*scope{
		"True ItemsPublished: 5 items are published":                                                                                        {offer: &blueprint.Offer{Items: items}},
		"True ItemsPublished: 5 items are published: 2 of the station's own and 3 of admitted tasks":                                        {offer: &blueprint.Offer{Items: items, Served: served}},
		"True ItemsPublished: 5 items are published; 1 admitted tasks without an item are disclosed":                                        {offer: &blueprint.Offer{Items: items, Tasks: make([]content.Task, 1)}},
		"Stuck ItemsOverflow: the items fill 4 ConfigMaps":                                                                                  {offer: &blueprint.Offer{Items: items, Overflow: left}},
		"Stuck UnknownDataElement: CommunityStandard xian-2014 does not declare these data elements, so their items are not served: a/b: x": {offer: &blueprint.Offer{Undeclared: []string{"a/b: x"}, Overflow: left}, standard: standard},
	} {
		s.result = apply.Result{Failed: map[apply.Ref]error{}}
		phase := s.itemsPhase()
		state := map[conditions.State]string{conditions.Done: "True", conditions.Stuck: "Stuck"}[phase.State]
		if got := fmt.Sprintf("%s %s: %s", state, phase.Reason, phase.Message); !strings.HasPrefix(got, want) || len(got) > 600 {
			t.Errorf("%s, want %s", got, want)
		}
		if phase.Reason == v1alpha1.ReasonItemsOverflow && !strings.HasSuffix(phase.Message, "civil-affairs/task-09, and 30 more. Shorten the steps and materials of items and tasks") {
			t.Errorf("no cure: %s", phase.Message)
		}
	}
}
