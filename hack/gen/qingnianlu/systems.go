package main

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// Hosts end in a name that is reserved for examples; addresses are of the ranges
// reserved for documentation.
const systemsDomain = "systems.shequ.example"

// The systems that something else of the sample names, too.
const (
	supervision  = "e-supervision"
	hotline      = "hotline-12345"
	utilityBills = "utility-bills"
	// billInquiry is for what billers' systems say what is due, and what was paid.
	billInquiry        = "bill-inquiry"
	residence          = "residence-registration"
	propertyManagement = "property-management"
)

// credentials names the Secret with a system's credentials, which the sample does
// not hold.
func credentials(name string) v1alpha1.NamespacedReference {
	return v1alpha1.NamespacedReference{Namespace: "shequ-system", Name: "system-" + name}
}

// system is a line department's system as the sample declares it. What is the same
// for all of them is added by declared.
type system struct {
	name     string
	title    v1alpha1.LocalizedText
	owner    string
	protocol v1alpha1.SystemProtocol
	accepts  string // codes with spaces between
	purposes []v1alpha1.PurposeCode
	cidr     string
	port     int32
	city     bool // data is kept in the city's government cloud; else in the district's centre
	reading  *v1alpha1.SystemReading
	sends    []v1alpha1.SystemSends
}

func (s *system) declared() *v1alpha1.InformationSystem {
	location := title("区政务数据中心", "The district's data centre")
	if s.city {
		location = title("市政务云", "The city's government cloud")
	}
	// A path is asked for where the protocol has one; elsewhere a connection will do.
	probe := &v1alpha1.SystemProbe{}
	if s.protocol.Type == v1alpha1.ProtocolHTTP {
		probe.Path = "/health"
	}
	return &v1alpha1.InformationSystem{
		TypeMeta:   typeMeta("InformationSystem"),
		ObjectMeta: metav1.ObjectMeta{Name: s.name},
		Spec: v1alpha1.InformationSystemSpec{
			DisplayName: s.title, Owner: s.owner, Protocol: s.protocol,
			Accepts: codes(s.accepts), AllowedPurposes: s.purposes,
			Egress:       []v1alpha1.EgressPeer{{CIDR: s.cidr, Port: s.port}},
			DataLocation: location,
			RateLimit:    &v1alpha1.SystemRateLimit{PerMinute: 60, Concurrent: 1},
			Reading:      s.reading, Sends: s.sends, Probe: probe,
		},
	}
}

// informationSystems are the line departments' systems that tasks deliver to. The
// one of the Disabled Persons' Federation is not declared.
func informationSystems() []any {
	var out []any
	for _, s := range append(systemsOfPeople(), systemsOfThings()...) {
		out = append(out, s.declared())
	}
	return out
}

// systemsOfPeople decide on what persons are entitled to.
func systemsOfPeople() []system {
	return []system{
		{
			name: "social-security", title: title("社会保险业务系统", "Social security"), owner: "区人力资源和社会保障局", protocol: oauth("social-security"),
			accepts: "applicant-name birth-date identity-number social-security-number pension-status employment-status unemployed-since bank-account",
			purposes: []v1alpha1.PurposeCode{
				"social-security-enrolment", "pension-entitlement-check", "employment-registration", "flexible-work-subsidy",
			},
			cidr: "192.0.2.10/32", port: 443, city: true,
			reading: answers("not-insured-here NotOurs", malformedIdentity),
		},
		{
			name: "medical-insurance", title: title("医疗保障信息平台", "Medical insurance"), owner: "区医疗保障局", protocol: xRoad("medical-insurance", "cases"),
			accepts:  "applicant-name birth-date identity-number insurance-status medical-expenses bank-account",
			purposes: []v1alpha1.PurposeCode{"medical-insurance-enrolment", "medical-relief", "social-security-enrolment"},
			cidr:     "192.0.2.20/32", port: 443, city: true,
			reading: answers("insurance-suspended NotEligible", "medical-expenses-malformed MaterialsMissing", malformedIdentity),
		},
		{
			name: residence, title: title("户籍与居住登记系统", "Residence registration"), owner: "区公安分局", protocol: xRoad(residence, "registered"),
			accepts:  "identity-number address",
			purposes: []v1alpha1.PurposeCode{"residence-certificates", "social-security-enrolment"},
			cidr:     "192.0.2.20/32", port: 443, city: true,
			reading: yesOrNo("OutsideBoundary"),
		},
		{
			name: "civil-affairs-relief", title: title("社会救助信息系统", "Social assistance"), owner: "区民政局", protocol: signed("civil-affairs-relief"),
			accepts: "applicant-name birth-date identity-number household-size household-income household-assets disability-certificate bank-account",
			purposes: []v1alpha1.PurposeCode{
				"minimum-living-allowance", "temporary-relief", "old-age-allowance", "disability-allowances", "social-security-enrolment",
			},
			cidr: "198.51.100.10/32", port: 443,
			reading: answers("income-above-limit NotEligible", malformedIdentity,
				"household-income-malformed MaterialsMissing", "household-size-malformed MaterialsMissing"),
		},
		{
			name: "family-health", title: title("家庭医生预约系统", "Family doctors' appointments"), owner: "区卫生健康局", protocol: certified("family-health"),
			accepts:  "applicant-name telephone birth-date preferred-time care-need",
			purposes: []v1alpha1.PurposeCode{"family-doctor-appointments"},
			cidr:     "198.51.100.20/32", port: 443,
			reading: waitingAt("fully-booked", answers("telephone-malformed MaterialsMissing")),
		},
	}
}

// systemsOfThings are about courses, homes, bills and the community's own work.
func systemsOfThings() []system {
	return []system{
		{
			name: "remote-education", title: title("社区远程教育平台", "Remote education"), owner: "区教育局", protocol: signed("remote-education"),
			accepts: "course-title", purposes: []v1alpha1.PurposeCode{"remote-education"},
			cidr: "198.51.100.30/32", port: 443,
			reading: waitingAt("course-full", answers("course-unknown NothingFound")),
		},
		{
			name: propertyManagement, title: title("物业管理信息系统", "Property management"), owner: "区住房和城乡建设局",
			protocol: v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolFile, File: &v1alpha1.FileProtocol{
				Transport: v1alpha1.TransportSFTP, Host: propertyManagement + "." + systemsDomain,
				Directory: "inbox/qingnianlu", Format: v1alpha1.FormatCSV, SecretRef: credentials(propertyManagement),
			}},
			accepts: "property-address request-text", purposes: []v1alpha1.PurposeCode{"property-supervision"},
			cidr: "198.51.100.40/32", port: 22,
			reading: answers("address-unknown OutsideBoundary"),
		},
		{
			// It takes figures, which are no data of anybody.
			name: supervision, title: title("电子监察系统", "E-supervision"), owner: "区行政审批服务局", protocol: signed(supervision),
			purposes: []v1alpha1.PurposeCode{supervisionReport},
			cidr:     "198.51.100.50/32", port: 443,
			reading: answers("period-malformed MaterialsMissing", "period-in-the-future MaterialsMissing",
				"figure-malformed MaterialsMissing", "figures-contradict MaterialsMissing"),
		},
		{
			name: hotline, title: title("12345 便民热线工单系统", "12345 hotline work orders"), owner: "区行政审批服务局", protocol: oauth(hotline),
			accepts: "request-text", purposes: []v1alpha1.PurposeCode{hotline},
			cidr: "203.0.113.10/32", port: 443, city: true,
			reading: answers("work-order-unknown NothingFound", "work-order-closed Duplicate"),
			sends:   []v1alpha1.SystemSends{v1alpha1.SendsWorkOrders},
		},
		{
			name: utilityBills, title: title("公用事业缴费平台", "Utility bills"), owner: "区行政审批服务局", protocol: certified(utilityBills),
			accepts: "customer-number payment-period payment-amount", purposes: []v1alpha1.PurposeCode{agencyServices, billInquiry},
			cidr: "203.0.113.20/32", port: 443, city: true,
			reading: receipted(answers("customer-unknown NothingFound", "period-malformed MaterialsMissing", "amount-differs MaterialsMissing", "already-paid Duplicate")),
		},
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

// xRoad is a service of the city's behind the district's one security server.
func xRoad(name, service string) v1alpha1.SystemProtocol {
	secret := credentials("x-road")
	return v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolXRoad, XRoad: &v1alpha1.XRoadProtocol{
		Client:         "EXAMPLE/GOV/DISTRICT/communities",
		Service:        "EXAMPLE/GOV/CITY/" + name + "/" + service,
		SecurityServer: address("security-server"), SecretRef: &secret,
	}}
}
