package main

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// party is a namespace in which one party of the district speaks.
type party struct{ namespace, role, zh, en string }

// The namespaces of the line departments.
const (
	civilAffairs   = "dept-civil-affairs"
	humanResources = "dept-human-resources"
	medical        = "dept-medical-security"
	housing        = "dept-housing"
	disability     = "dept-disabled-persons"
	veterans       = "dept-veterans"
	statistics     = "dept-statistics"
	market         = "dept-market-supervision"
	emergency      = "dept-emergency"
	urban          = "dept-urban-management"
	education      = "dept-education"
	justice        = "dept-justice"
	health         = "dept-health"
	services       = "dept-government-services"
)

// The namespaces of those who have a say about tasks.
const (
	committee = "guidance-committee"
	finance   = "finance-bureau"
)

func departments() []party {
	of := func(namespace, zh, en string) party { return party{namespace, v1alpha1.RoleDepartment, zh, en} }
	return []party{
		of(civilAffairs, "区民政局", "District Civil Affairs Bureau"),
		of(humanResources, "区人力资源和社会保障局", "District Human Resources and Social Security Bureau"),
		of(medical, "区医疗保障局", "District Healthcare Security Bureau"),
		of(housing, "区住房和城乡建设局", "District Housing and Construction Bureau"),
		of(disability, "区残疾人联合会", "District Disabled Persons' Federation"),
		of(veterans, "区退役军人事务局", "District Veterans Affairs Bureau"),
		of(statistics, "区统计局", "District Statistics Bureau"),
		of(market, "区市场监督管理局", "District Market Supervision Bureau"),
		of(emergency, "区应急管理局", "District Emergency Management Bureau"),
		of(urban, "区城市管理局", "District Urban Management Bureau"),
		of(education, "区教育局", "District Education Bureau"),
		of(justice, "区司法局", "District Justice Bureau"),
		of(health, "区卫生健康局", "District Health Bureau"),
		of(services, "区行政审批服务局", "District Government Services Bureau"),
	}
}

func departmentOf(namespace string) party {
	all := departments()
	i := slices.IndexFunc(all, func(p party) bool { return p.namespace == namespace })
	return all[i]
}

// parties are everybody but the sub-district.
func parties() []party {
	return append(departments(),
		party{committee, v1alpha1.RoleCommittee, "区社区工作指导委员会", "District Guidance Committee for Community Work"},
		party{finance, v1alpha1.RoleFinance, "区财政局", "District Finance Bureau"},
	)
}

func (p party) object() bareNamespace {
	return bareNamespace{
		TypeMeta: metav1.TypeMeta{APIVersion: corev1.SchemeGroupVersion.String(), Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{
			Name:   p.namespace,
			Labels: map[string]string{v1alpha1.RoleLabel: p.role},
			Annotations: map[string]string{
				v1alpha1.TitleZHAnnotation: p.zh,
				v1alpha1.TitleENAnnotation: p.en,
			},
		},
	}
}
