package systems

import (
	"strings"
)

// Protocol is how a system is talked to, by the names InformationSystem has.
type Protocol string

// The protocols.
const (
	HTTP  Protocol = "HTTP"
	XRoad Protocol = "XRoad"
	SFTP  Protocol = "SFTP" // File over SFTP, CSV
)

// Auth is how a sender proves who it is.
type Auth string

// The kinds of authentication. AuthKey is that of SFTP.
const (
	AuthOAuth2 Auth = "OAuth2"
	AuthHMAC   Auth = "HMAC"
	AuthMTLS   Auth = "MTLS"
	AuthKey    Auth = "SSHKey"
)

// The systems' names, those of their InformationSystems.
const (
	SocialSecurity     = "social-security"
	Residence          = "residence-registration"
	FamilyHealth       = "family-health"
	RemoteEducation    = "remote-education"
	PropertyManagement = "property-management"
	Supervision        = "e-supervision"
	Hotline            = "hotline-12345"
	UtilityBills       = "utility-bills"
	MedicalInsurance   = "medical-insurance"
	CivilAffairs       = "civil-affairs-relief"
)

// XRoadClient is the only X-Road client that may ask, as the sample declares it.
const XRoadClient = "EXAMPLE/GOV/DISTRICT/communities"

// Kind is what a system is, whatever address it answers at.
type Kind struct {
	Name     string
	Protocol Protocol
	Auth     Auth
	// Secret is the name of the Secret with the sender's credentials.
	Secret string
	// Service is the X-Road identifier of the service; with XRoad only.
	Service string
	// Accepts are the elements it takes; a message with another is rejected.
	Accepts []string
	// Purposes it takes data for; a message for another is rejected.
	Purposes []string
	// Required elements: without them it asks for more.
	Required []string
	// prefix of its reference numbers.
	prefix string
	// rules decide once the checks above are passed; nil accepts.
	rules func(*book, Message) Answer
}

// Kinds are the systems that can be started, in the order they are listed: the
// eight the surveys name, then two more. The sample declares them all.
func Kinds() []Kind {
	return []Kind{
		over(HTTP, AuthOAuth2, SocialSecurity, "SS",
			"applicant-name birth-date identity-number social-security-number pension-status employment-status unemployed-since bank-account",
			"social-security-enrolment pension-entitlement-check employment-registration flexible-work-subsidy",
			"applicant-name identity-number", socialSecurity),
		xRoad(Residence, "RR", "registered", "identity-number address", "residence-certificates social-security-enrolment", "identity-number", residence),
		over(HTTP, AuthMTLS, FamilyHealth, "FH",
			"applicant-name telephone birth-date preferred-time care-need", "family-doctor-appointments",
			"applicant-name telephone preferred-time", familyHealth),
		over(HTTP, AuthHMAC, RemoteEducation, "RE", "course-title", "remote-education", "course-title", remoteEducation),
		over(SFTP, AuthKey, PropertyManagement, "PM", "property-address request-text", "property-supervision",
			"property-address request-text", propertyManagement),
		over(HTTP, AuthHMAC, Supervision, "ES", "", "e-supervision-report", "", supervision),
		over(HTTP, AuthOAuth2, Hotline, "HL", "request-text", "hotline-12345", "", hotline),
		over(HTTP, AuthMTLS, UtilityBills, "UB", "customer-number payment-period payment-amount", "agency-services bill-inquiry",
			"customer-number payment-period payment-amount", utilityBills),
		xRoad(MedicalInsurance, "MI", "cases",
			"applicant-name birth-date identity-number insurance-status medical-expenses bank-account",
			"medical-insurance-enrolment medical-relief social-security-enrolment", "applicant-name identity-number", medicalInsurance),
		over(HTTP, AuthHMAC, CivilAffairs, "CA",
			"applicant-name birth-date identity-number household-size household-income household-assets disability-certificate bank-account",
			"minimum-living-allowance temporary-relief old-age-allowance disability-allowances social-security-enrolment",
			"applicant-name identity-number", civilAffairs),
	}
}

func over(protocol Protocol, auth Auth, name, prefix, accepts, purposes, required string, rules func(*book, Message) Answer) Kind {
	return Kind{
		Name: name, Protocol: protocol, Auth: auth, Secret: "system-" + name, prefix: prefix,
		Accepts: strings.Fields(accepts), Purposes: strings.Fields(purposes), Required: strings.Fields(required), rules: rules,
	}
}

func xRoad(name, prefix, service, accepts, purposes, required string, rules func(*book, Message) Answer) Kind {
	out := over(XRoad, AuthMTLS, name, prefix, accepts, purposes, required, rules)
	out.Secret, out.Service = "system-x-road", "EXAMPLE/GOV/CITY/"+name+"/"+service
	return out
}

// CanBePlain says whether a system can be served without TLS: those that neither
// look at certificates in the handshake nor speak SFTP. A security server without
// TLS asks for no certificate.
func CanBePlain(name string) bool {
	for _, kind := range Kinds() {
		if kind.Name == name {
			return kind.Protocol == XRoad || kind.Protocol == HTTP && kind.Auth != AuthMTLS
		}
	}
	return false
}
