package blueprint

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/content"
)

func delivered(name string, served bool) *v1alpha1.AdmittedTask {
	t := &v1alpha1.AdmittedTask{
		ObjectMeta: metav1.ObjectMeta{Namespace: "dept-health", Name: name},
		Spec: v1alpha1.AdmittedTaskSpec{
			Data: []v1alpha1.TaskData{
				{Element: "applicant-name", Use: v1alpha1.UseReuse, Purpose: "appointments"}, {Element: "household-size", Use: v1alpha1.UseCollect, Purpose: "reminders"},
			},
			Deliveries: []v1alpha1.TaskDelivery{
				{
					SystemRef: v1alpha1.LocalReference{Name: "family-health"}, Purpose: "appointments", Elements: []v1alpha1.DataElementCode{"applicant-name"},
					Mapping: []v1alpha1.FieldMapping{{Field: "person.name", Expression: "applicant_name"}}, OnRejection: v1alpha1.TellStaff,
				},
				{SystemRef: v1alpha1.LocalReference{Name: "nobody"}, Purpose: "reminders", Elements: []v1alpha1.DataElementCode{"household-size", "applicant-name"}, OnRejection: v1alpha1.RejectCase},
			},
		},
	}
	if served {
		t.Spec.Service = &v1alpha1.TaskService{}
	}
	return t
}

func TestDeskIsToldOfDeliveries(t *testing.T) {
	f := deskFacts()
	f.Community.Spec.Integrations = []v1alpha1.Integration{{System: "hotline-12345"}, {System: "family-health", Report: &v1alpha1.IntegrationReport{Purpose: "monthly"}}, {System: "gone"}}
	f.Community.Spec.Billers = []v1alpha1.Biller{
		{Name: "water", DisplayName: both("水费", "Water"), System: "family-health", Purpose: "water-bill"}, {Name: "heat", DisplayName: both("暖气费", ""), System: "gone", Purpose: "heat-bill"},
	}
	f.Systems = []*v1alpha1.InformationSystem{hotline(), system("family-health")}
	f.Tasks = []*v1alpha1.AdmittedTask{delivered("vaccination", true), delivered("appointments", true), delivered("no-item", false)}
	d := desk(t, f)
	if got := fmt.Sprint(d.Systems); got != "[family-health gone hotline-12345]" {
		t.Errorf("a case may be transferred to %s", got)
	}
	want := []content.Connection{
		{Name: "family-health", Title: content.Text{ZH: "医院预约", EN: "Health appointments"}, Accepts: []string{"applicant-name", "telephone"}, Purposes: []string{"appointments", "reminders"}, Report: "monthly"},
		{Name: "hotline-12345", Title: content.Text{ZH: "医院预约", EN: "Health appointments"}, Accepts: []string{"applicant-name", "telephone"}, Purposes: []string{"appointments", "reminders"}, Orders: true},
	}
	if fmt.Sprint(d.Connections) != fmt.Sprint(want) {
		t.Errorf("connections %+v,\nwant %+v", d.Connections, want)
	}
	if len(d.Billers) != 0 {
		t.Errorf("without the module there are billers: %+v", d.Billers)
	}
	task := content.DeskTask{
		Name: "dept-health/appointments",
		Data: []content.DeskDatum{{Element: "applicant-name", Type: "Text", Reused: true, Purpose: "appointments"}, {Element: "household-size", Purpose: "reminders"}},
		Deliveries: []content.DeskDelivery{
			{System: "family-health", Purpose: "appointments", Elements: []string{"applicant-name"}, Mapping: []content.FieldRule{{Field: "person.name", Expression: "applicant_name"}}, TellOnly: true},
			{System: "nobody", Purpose: "reminders", Elements: []string{"household-size", "applicant-name"}},
		},
	}
	if len(d.Tasks) != 2 || fmt.Sprint(d.Tasks[0]) != fmt.Sprint(task) || d.Tasks[1].Name != "dept-health/vaccination" {
		t.Errorf("tasks %+v,\nwant %+v and another", d.Tasks, task)
	}

	f.Community.Spec.Modules = append(f.Community.Spec.Modules, v1alpha1.ModulePayments)
	if d := desk(t, f); fmt.Sprint(d.Billers) != "[{water {水费 Water} family-health water-bill}]" {
		t.Errorf("billers %v: want those whose system is there", d.Billers)
	}
	f.Systems[1].Spec.Accepts = f.Systems[1].Spec.Accepts[:1]
	if d := desk(t, f); fmt.Sprint(d.Connections[0].Accepts) != "[telephone]" {
		t.Errorf("a system that takes less gets %v", d.Connections[0].Accepts)
	}
}
