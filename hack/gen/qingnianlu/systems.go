package main

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// Hosts end in a name that is reserved for examples; addresses are of the ranges
// reserved for documentation.
const systemsDomain = "systems.shequ.example"

// credentials names the Secret with a system's credentials, which the sample does
// not hold.
func credentials(name string) v1alpha1.NamespacedReference {
	return v1alpha1.NamespacedReference{Namespace: "shequ-system", Name: "system-" + name}
}

// informationSystems are the line departments' systems that tasks deliver to. The
// one of the Disabled Persons' Federation is not declared.
func informationSystems() []any {
	districtCentre := title("区政务数据中心", "The district's data centre")
	cityCentre := title("市政务云", "The city's government cloud")
	declare := func(name, zh, en, owner string, protocol v1alpha1.SystemProtocol, accepts string,
		purposes []v1alpha1.PurposeCode, address string, port int32, location v1alpha1.LocalizedText,
	) any {
		return &v1alpha1.InformationSystem{
			TypeMeta:   typeMeta("InformationSystem"),
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: v1alpha1.InformationSystemSpec{
				DisplayName: title(zh, en), Owner: owner, Protocol: protocol,
				Accepts: codes(accepts), AllowedPurposes: purposes,
				Egress:       []v1alpha1.EgressPeer{{CIDR: address, Port: port}},
				DataLocation: location,
				RateLimit:    &v1alpha1.SystemRateLimit{PerMinute: 60, Concurrent: 1},
			},
		}
	}
	return []any{
		declare("social-security", "社会保险业务系统", "Social security", "区人力资源和社会保障局", oauth("social-security"),
			"applicant-name birth-date identity-number social-security-number pension-status employment-status unemployed-since bank-account",
			[]v1alpha1.PurposeCode{"social-security-enrolment", "pension-entitlement-check", "employment-registration", "flexible-work-subsidy"},
			"192.0.2.10/32", 443, cityCentre),
		declare("medical-insurance", "医疗保障信息平台", "Medical insurance", "区医疗保障局", xRoad("medical-insurance"),
			"applicant-name birth-date identity-number insurance-status medical-expenses bank-account",
			[]v1alpha1.PurposeCode{"medical-insurance-enrolment", "medical-relief"},
			"192.0.2.20/32", 443, cityCentre),
		declare("civil-affairs-relief", "社会救助信息系统", "Social assistance", "区民政局", signed("civil-affairs-relief"),
			"applicant-name birth-date identity-number household-size household-income household-assets disability-certificate bank-account",
			[]v1alpha1.PurposeCode{"minimum-living-allowance", "temporary-relief", "old-age-allowance", "disability-allowances"},
			"198.51.100.10/32", 443, districtCentre),
		declare("family-health", "家庭医生预约系统", "Family doctors' appointments", "区卫生健康局", certified("family-health"),
			"applicant-name telephone birth-date preferred-time care-need",
			[]v1alpha1.PurposeCode{"family-doctor-appointments"},
			"198.51.100.20/32", 443, districtCentre),
		declare("remote-education", "社区远程教育平台", "Remote education", "区教育局", signed("remote-education"),
			"course-title", []v1alpha1.PurposeCode{"remote-education"},
			"198.51.100.30/32", 443, districtCentre),
		declare("property-management", "物业管理信息系统", "Property management", "区住房和城乡建设局",
			v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolFile, File: &v1alpha1.FileProtocol{
				Transport: v1alpha1.TransportSFTP, Host: "property-management." + systemsDomain,
				Directory: "inbox/qingnianlu", Format: v1alpha1.FormatCSV, SecretRef: credentials("property-management"),
			}},
			"property-address request-text", []v1alpha1.PurposeCode{"property-supervision"},
			"198.51.100.40/32", 22, districtCentre),
		declare("hotline-12345", "12345 便民热线工单系统", "12345 hotline work orders", "区行政审批服务局", oauth("hotline-12345"),
			"request-text", []v1alpha1.PurposeCode{"hotline-12345"},
			"203.0.113.10/32", 443, cityCentre),
		declare("utility-bills", "公用事业缴费平台", "Utility bills", "区行政审批服务局", certified("utility-bills"),
			"customer-number payment-period payment-amount", []v1alpha1.PurposeCode{"agency-services"},
			"203.0.113.20/32", 443, cityCentre),
	}
}

func address(name string) v1alpha1.ServiceURL {
	return v1alpha1.ServiceURL("https://" + name + "." + systemsDomain)
}

func overHTTP(name string, auth v1alpha1.HTTPAuthType) v1alpha1.SystemProtocol {
	return v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolHTTP, HTTP: &v1alpha1.HTTPProtocol{
		BaseURL: address(name) + "/api/v1",
		Auth:    v1alpha1.HTTPAuth{Type: auth, SecretRef: credentials(name)},
	}}
}

func oauth(name string) v1alpha1.SystemProtocol {
	out := overHTTP(name, v1alpha1.AuthOAuth2)
	out.HTTP.Auth.TokenURL = address(name) + "/oauth2/token"
	return out
}

func certified(name string) v1alpha1.SystemProtocol { return overHTTP(name, v1alpha1.AuthMTLS) }

func signed(name string) v1alpha1.SystemProtocol { return overHTTP(name, v1alpha1.AuthHMAC) }

func xRoad(name string) v1alpha1.SystemProtocol {
	secret := credentials("x-road")
	return v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolXRoad, XRoad: &v1alpha1.XRoadProtocol{
		Client:         "EXAMPLE/GOV/DISTRICT/communities",
		Service:        "EXAMPLE/GOV/CITY/" + name + "/cases",
		SecurityServer: address("security-server"), SecretRef: &secret,
	}}
}
