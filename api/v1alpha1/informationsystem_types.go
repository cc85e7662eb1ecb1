package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ConditionReachable on an InformationSystem beside Ready, Reconciling and
// Stalled: the last probe was answered. Without a probe it is absent.
const ConditionReachable = "Reachable"

// Reasons of an InformationSystem's conditions, and of a Community's
// IntegrationsReady.
const (
	ReasonAnswered           = "Answered"
	ReasonNoAnswer           = "NoAnswer"
	ReasonProbing            = "Probing"
	ReasonCredentialsMissing = "CredentialsMissing"
	ReasonCredentialsInvalid = "CredentialsInvalid"
	ReasonReadingInvalid     = "ReadingInvalid"
	ReasonEgressMissing      = "EgressMissing"
	ReasonElementUnknown     = "ElementUnknown"
	ReasonSystemMissing      = "SystemMissing"
	ReasonSystemNotReady     = "SystemNotReady"
	ReasonDatabaseNotReady   = "DatabaseNotReady"
	ReasonConnected          = "Connected"
)

// InformationSystemSpec is a line department's system and the rules of talking
// to it. It holds no secret: credentials are in a Secret that is named.
type InformationSystemSpec struct {
	// displayName of the system as people read it.
	// +required
	DisplayName LocalizedText `json:"displayName,omitzero"`

	// owner is the department that answers for the system.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	Owner string `json:"owner,omitempty"`

	// protocol the system speaks.
	// +required
	Protocol SystemProtocol `json:"protocol,omitzero"`

	// accepts are the data elements the system takes, by the standard's codes.
	// Nothing else is ever sent. Left out: none.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:XValidation:rule=`!self.replace("-", " ").replace("minzu road", "|").replace("minzu street", "|").replace("minzu lu", "|").replace("good faith", "|").replace("iris road", "|").replace("iris garden", "|").replace(" ", "").matches("ethnic|minzu|racial|minoritygroup|nationalminorit|tribal|religio|muslim|islam|christian|buddhis|catholic|worship|mosque|zongjiao|political|politics|partymember|partyaffiliation|communistparty|votingintention|zhengzhimianmao|biometri|fingerprint|palmprint|voiceprint|faceprint|facial|fingervein|palmvein|irisscan|irisrecognition|genetic|genome|trajector|movementtrac|movementhist|movementlog|movementrecord|whereabout|travelhist|gpstrac|gpshist|gpslog|geotrack|xingzong|keyperson|keyindividual|personofinterest|personsofinterest|peopleofinterest|watchlist|petitioner|stabilitymaintenance|zhongdianren|blacklist|pregnan|fertility|contracep|abortion|miscarr|menstru|ovulat|birthcontrol|familyplanning|reproductive|childbearing|antenatal|prenatal|maternity|gestation|expectantmother|obstetric|huaiyun") && !self.replace("-", " ").replace("minzu road", "|").replace("minzu street", "|").replace("minzu lu", "|").replace("good faith", "|").replace("iris road", "|").replace("iris garden", "|").matches(r"\b[0-9]*(?:r\W*a\W*c\W*e|t\W*r\W*i\W*b\W*e|c\W*a\W*s\W*t\W*e|f\W*a\W*i\W*t\W*h|c\W*r\W*e\W*e\W*d|b\W*e\W*l\W*i\W*e\W*v\W*e\W*r|i\W*r\W*i\W*s|r\W*e\W*t\W*i\W*n\W*a|r\W*e\W*t\W*i\W*n\W*a\W*l|d\W*n\W*a|g\W*a\W*i\W*t|r\W*e\W*n\W*l\W*i\W*a\W*n|z\W*h\W*i\W*w\W*e\W*n|h\W*o\W*n\W*g\W*m\W*o|l\W*i\W*v\W*e\W*l\W*o\W*c\W*a\W*t\W*i\W*o\W*n|r\W*e\W*a\W*l\W*t\W*i\W*m\W*e\W*l\W*o\W*c\W*a\W*t\W*i\W*o\W*n|g\W*u\W*i\W*j\W*i|i\W*u\W*d|f\W*a\W*c\W*e\W*(?:i\W*d|s\W*c\W*a\W*n|i\W*m\W*a\W*g\W*e|p\W*h\W*o\W*t\W*o|d\W*a\W*t\W*a|t\W*e\W*m\W*p\W*l\W*a\W*t\W*e|f\W*e\W*a\W*t\W*u\W*r\W*e|c\W*a\W*p\W*t\W*u\W*r\W*e|r\W*e\W*c\W*o\W*g\W*n\W*i\W*t\W*i\W*o\W*n)|l\W*o\W*c\W*a\W*t\W*i\W*o\W*n\W*(?:h\W*i\W*s\W*t\W*o\W*r\W*y|h\W*i\W*s\W*t\W*o\W*r\W*i\W*e\W*s|t\W*r\W*a\W*c\W*k|t\W*r\W*a\W*c\W*k\W*i\W*n\W*g|t\W*r\W*a\W*c\W*e|l\W*o\W*g|r\W*e\W*c\W*o\W*r\W*d))s?[0-9]*\b")`,message="nobody may collect data about ethnicity, religion, political opinion, biometrics, movement traces, key-person labels, reproductive state; take the data element out"
	Accepts []DataElementCode `json:"accepts,omitempty"`

	// allowedPurposes the system takes data for. A delivery for another purpose
	// is not admitted. Left out: none.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	AllowedPurposes []PurposeCode `json:"allowedPurposes,omitempty"`

	// egress is the addresses the couriers of connected communities may reach for
	// this system. Left out: none, so nothing can be delivered over the network.
	// +optional
	// +listType=map
	// +listMapKey=cidr
	// +listMapKey=port
	// +kubebuilder:validation:MaxItems=32
	Egress []EgressPeer `json:"egress,omitempty"`

	// dataLocation is where the system keeps what it receives, such as the
	// district's data centre, as residents read it.
	// +required
	DataLocation LocalizedText `json:"dataLocation,omitzero"`

	// rateLimit bounds the deliveries of one community. Left out: 60 a minute,
	// one at a time.
	// +optional
	RateLimit *SystemRateLimit `json:"rateLimit,omitempty"`

	// reading says what the system's answers mean to a case. Left out: a status from
	// 200 to 299 accepts, and the system never rejects nor asks for more.
	// +optional
	Reading *SystemReading `json:"reading,omitempty"`

	// sends is what the system may send to connected communities' couriers, at
	// /hooks/ and its name, signed with webhook-key-id and webhook-key of its Secret.
	// Left out: nothing.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=4
	Sends []SystemSends `json:"sends,omitempty"`

	// probe tells whether the system answers. Left out: it is not asked, and
	// Reachable is absent.
	// +optional
	Probe *SystemProbe `json:"probe,omitempty"`
}

// ProtocolType is the way a system is talked to.
// +kubebuilder:validation:Enum=HTTP;XRoad;File
type ProtocolType string

// The protocol types.
const (
	ProtocolHTTP  ProtocolType = "HTTP"
	ProtocolXRoad ProtocolType = "XRoad"
	ProtocolFile  ProtocolType = "File"
)

// SystemProtocol is how a system is talked to: type, and the one member that
// belongs to it.
// +union
// +kubebuilder:validation:XValidation:rule="has(self.http) == (self.type == 'HTTP')",message="protocol type HTTP goes with the member http and no other"
// +kubebuilder:validation:XValidation:rule="has(self.xRoad) == (self.type == 'XRoad')",message="protocol type XRoad goes with the member xRoad and no other"
// +kubebuilder:validation:XValidation:rule="has(self.file) == (self.type == 'File')",message="protocol type File goes with the member file and no other"
type SystemProtocol struct {
	// type is HTTP, XRoad or File.
	// +required
	// +unionDiscriminator
	Type ProtocolType `json:"type,omitempty"`

	// http is a JSON interface over HTTP; with type HTTP only.
	// +optional
	HTTP *HTTPProtocol `json:"http,omitempty"`

	// xRoad is a REST service behind an X-Road security server; with type XRoad
	// only.
	// +optional
	XRoad *XRoadProtocol `json:"xRoad,omitempty"`

	// file is files dropped for the system to fetch; with type File only.
	// +optional
	File *FileProtocol `json:"file,omitempty"`
}

// ServiceURL is an http or https address without user, query or fragment:
// credentials belong in a Secret.
// +kubebuilder:validation:MinLength=8
// +kubebuilder:validation:MaxLength=500
// +kubebuilder:validation:XValidation:rule="self.matches('^https?://[^/]') && isURL(self)",message="an address must be a complete URL that begins with http:// or https://"
// +kubebuilder:validation:XValidation:rule="!self.matches('[@?#]')",message="an address must hold no user, query or fragment; put credentials in a Secret and name it in secretRef"
type ServiceURL string

// HTTPAuthType is how the courier proves who it is.
// +kubebuilder:validation:Enum=OAuth2;MTLS;HMAC
type HTTPAuthType string

// The kinds of authentication.
const (
	// AuthOAuth2 is client credentials; the Secret has client-id and
	// client-secret.
	AuthOAuth2 HTTPAuthType = "OAuth2"
	// AuthMTLS is a client certificate; the Secret has tls.crt and tls.key.
	AuthMTLS HTTPAuthType = "MTLS"
	// AuthHMAC is a signed body; the Secret has key-id and key.
	AuthHMAC HTTPAuthType = "HMAC"
)

// HTTPProtocol is a JSON interface over HTTP.
// +kubebuilder:validation:XValidation:rule="self.auth.type != 'MTLS' || self.baseURL.startsWith('https://')",message="a client certificate needs TLS; let baseURL begin with https://"
type HTTPProtocol struct {
	// baseURL of the interface, without user, query or fragment. Personal data
	// travels there: anything but https:// belongs to a network that is encrypted
	// by other means.
	// +required
	BaseURL ServiceURL `json:"baseURL,omitempty"`

	// auth is how the courier proves who it is.
	// +required
	Auth HTTPAuth `json:"auth,omitzero"`
}

// HTTPAuth is how the courier proves who it is.
// +kubebuilder:validation:XValidation:rule="has(self.tokenURL) == (self.type == 'OAuth2')",message="OAuth2 needs a tokenURL, and the other kinds of authentication have none"
// +kubebuilder:validation:XValidation:rule="self.type == 'OAuth2' || !has(self.scopes)",message="only OAuth2 has scopes; take them out or use type OAuth2"
type HTTPAuth struct {
	// type is OAuth2 (client credentials), MTLS (client certificate) or HMAC
	// (signed body).
	// +required
	Type HTTPAuthType `json:"type,omitempty"`

	// secretRef names the Secret with the credentials: client-id and
	// client-secret for OAuth2, tls.crt and tls.key for MTLS, key-id and key for
	// HMAC; and ca.crt where the system's certificate is not publicly trusted.
	// +required
	SecretRef NamespacedReference `json:"secretRef,omitzero"`

	// tokenURL is where an OAuth2 token is fetched; with type OAuth2 only.
	// +optional
	TokenURL ServiceURL `json:"tokenURL,omitempty"`

	// scopes asked for with an OAuth2 token; with type OAuth2 only.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=100
	Scopes []string `json:"scopes,omitempty"`
}

// XRoadProtocol is a REST service behind an X-Road security server.
// +kubebuilder:validation:XValidation:rule="!has(self.secretRef) || self.securityServer.startsWith('https://')",message="a client certificate needs TLS; let securityServer begin with https://"
type XRoadProtocol struct {
	// client is this district's X-Road identifier: instance, member class, member
	// code and perhaps subsystem, with slashes between them.
	// +required
	// +kubebuilder:validation:MinLength=5
	// +kubebuilder:validation:MaxLength=300
	// +kubebuilder:validation:XValidation:rule="self.matches('^[^/ ]+(/[^/ ]+){2,3}$')",message="an X-Road client is instance/memberClass/memberCode or instance/memberClass/memberCode/subsystem"
	Client string `json:"client,omitempty"`

	// service is the X-Road identifier of the service: that of its provider, then
	// the service code.
	// +required
	// +kubebuilder:validation:MinLength=7
	// +kubebuilder:validation:MaxLength=300
	// +kubebuilder:validation:XValidation:rule="self.matches('^[^/ ]+(/[^/ ]+){3,4}$')",message="an X-Road service is instance/memberClass/memberCode/serviceCode, with the subsystem before serviceCode where there is one"
	Service string `json:"service,omitempty"`

	// securityServer is the address of the district's own security server.
	// +required
	SecurityServer ServiceURL `json:"securityServer,omitempty"`

	// secretRef names the Secret with the client certificate for the security
	// server (tls.crt, tls.key, perhaps ca.crt). Left out: none is shown.
	// +optional
	SecretRef *NamespacedReference `json:"secretRef,omitempty"`
}

// FileTransport is how files reach a system.
// +kubebuilder:validation:Enum=SFTP;S3
type FileTransport string

// The file transports.
const (
	// TransportSFTP: the Secret has user, ssh-privatekey and known-hosts.
	TransportSFTP FileTransport = "SFTP"
	// TransportS3: the Secret has access-key-id and secret-access-key.
	TransportS3 FileTransport = "S3"
)

// FileFormat is the format of the files.
// +kubebuilder:validation:Enum=CSV;XLSX
type FileFormat string

// The file formats.
const (
	FormatCSV  FileFormat = "CSV"
	FormatXLSX FileFormat = "XLSX"
)

// FileProtocol is files dropped for the system to fetch.
// +kubebuilder:validation:XValidation:rule="has(self.bucket) == (self.transport == 'S3')",message="S3 needs a bucket, and SFTP has none"
type FileProtocol struct {
	// transport is SFTP or S3.
	// +required
	Transport FileTransport `json:"transport,omitempty"`

	// host that keeps the files, a lower-case DNS name.
	// +required
	Host Hostname `json:"host,omitempty"`

	// port of the host. Left out: 22 for SFTP, 443 for S3.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port,omitempty"`

	// bucket the files go to; with transport S3 only.
	// +optional
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9][-a-z0-9.]*[a-z0-9]$`
	Bucket string `json:"bucket,omitempty"`

	// directory the files go to, such as inbox/qingnian. Left out: the topmost.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=300
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$') && !self.split('/').exists(p, p == '..' || p == '.')",message="a directory is names with slashes between them, without a slash at either end and without . or .."
	Directory string `json:"directory,omitempty"`

	// format is CSV (default) or XLSX.
	// +optional
	// +default="CSV"
	Format FileFormat `json:"format,omitempty"`

	// secretRef names the Secret with the credentials: user, ssh-privatekey and
	// known-hosts for SFTP; access-key-id and secret-access-key for S3, with region
	// where it is not us-east-1 and ca.crt where its certificate is not publicly
	// trusted.
	// +required
	SecretRef NamespacedReference `json:"secretRef,omitzero"`
}

// EgressPeer is one range of addresses and a TCP port.
// +kubebuilder:validation:XValidation:rule="!isCIDR(self.cidr) || cidr(self.cidr).prefixLength() >= (cidr(self.cidr).ip().family() == 4 ? 8 : 32)",message="an opening to nearly everywhere is refused; name the system's own range, of at least /8 for IPv4 or /32 for IPv6"
type EgressPeer struct {
	// cidr is the range, such as 10.20.0.0/16 or 10.20.3.4/32. Ranges wider than
	// /8 (IPv4) or /32 (IPv6) are refused.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=43
	// +kubebuilder:validation:XValidation:rule="isCIDR(self)",message="cidr must be a range of addresses such as 10.20.0.0/16; write one address as 10.20.3.4/32"
	// +kubebuilder:validation:XValidation:rule="!isCIDR(self) || string(cidr(self).masked()) == self",message="cidr must be written in its shortest form with the host's part zero, such as 10.20.0.0/16 and not 10.20.3.4/16"
	CIDR string `json:"cidr,omitempty"`

	// port is a TCP port.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port,omitempty"`
}

// SystemRateLimit bounds the deliveries of one community.
type SystemRateLimit struct {
	// perMinute is the most deliveries in a minute. Default 60.
	// +optional
	// +default=60
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=60000
	PerMinute int64 `json:"perMinute,omitempty"`

	// concurrent is the most deliveries under way at once. Default 1.
	// +optional
	// +default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	Concurrent int64 `json:"concurrent,omitempty"`
}

// SystemSends is what a system may send to a community.
// +kubebuilder:validation:Enum=WorkOrders
type SystemSends string

// SendsWorkOrders are the orders of the hotline, which become cases.
const SendsWorkOrders SystemSends = "WorkOrders"

// SystemReading says how to read a system's answers, by expressions in CEL over
// status (an int) and body (JSON; null for none). Exactly one verdict is to fit; an
// answer that fits none, or two, is not guessed at.
// +kubebuilder:validation:XValidation:rule="!has(self.rejected) || (self.rejected.otherwise in ['NotOurs', 'NotEligible', 'NotAdmitted', 'Duplicate', 'MaterialsMissing', 'NothingFound', 'OutsideBoundary'] && (!has(self.rejected.reasons) || self.rejected.reasons.all(r, r.reason in ['NotOurs', 'NotEligible', 'NotAdmitted', 'Duplicate', 'MaterialsMissing', 'NothingFound', 'OutsideBoundary'])))",message="a case is rejected as NotOurs, NotEligible, NotAdmitted, Duplicate, MaterialsMissing, NothingFound or OutsideBoundary; use one of them",fieldPath=".rejected"
// +kubebuilder:validation:XValidation:rule="!has(self.moreNeeded) || (self.moreNeeded.otherwise in ['MaterialsMissing', 'ResidentUnavailable', 'WaitingForDepartment', 'UnsafeNow'] && (!has(self.moreNeeded.reasons) || self.moreNeeded.reasons.all(r, r.reason in ['MaterialsMissing', 'ResidentUnavailable', 'WaitingForDepartment', 'UnsafeNow'])))",message="a case waits for MaterialsMissing, ResidentUnavailable, WaitingForDepartment or UnsafeNow; use one of them",fieldPath=".moreNeeded"
type SystemReading struct {
	// accepted is when the system has accepted the case. Left out: any status from 200
	// to 299, which does not go with rejected or moreNeeded of that status.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	Accepted string `json:"accepted,omitempty"`

	// rejected is when it rejects the case, and why. Left out: never.
	// +optional
	Rejected *AnswerRule `json:"rejected,omitempty"`

	// moreNeeded is when it asks for more information. Left out: never.
	// +optional
	MoreNeeded *AnswerRule `json:"moreNeeded,omitempty"`

	// reference is an expression for the number the system has given the case or the
	// payment, such as body.reference. One that is not 1 to 64 letters, digits, dots,
	// slashes and dashes is left out. Left out: it gives none.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	Reference string `json:"reference,omitempty"`
}

// AnswerRule is when a verdict is read from an answer, and for which reason.
type AnswerRule struct {
	// when is an expression that is true or false, such as
	// body.outcome == "rejected".
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	When string `json:"when,omitempty"`

	// code is an expression for the system's own word for its reason, such as
	// body.reason. Left out: it has none.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	Code string `json:"code,omitempty"`

	// reasons are what the system's words mean to a case.
	// +optional
	// +listType=map
	// +listMapKey=word
	// +kubebuilder:validation:MaxItems=64
	Reasons []AnswerReason `json:"reasons,omitempty"`

	// otherwise is the reason for any other word, and for none.
	// +required
	Otherwise CaseReason `json:"otherwise,omitempty"`
}

// AnswerReason says which reason of a case a system's word stands for.
type AnswerReason struct {
	// word of the system.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	Word string `json:"word,omitempty"`

	// reason of the case.
	// +required
	Reason CaseReason `json:"reason,omitempty"`
}

// CaseReason is why a case was rejected or waits.
// +kubebuilder:validation:Enum=NotOurs;NotEligible;NotAdmitted;Duplicate;MaterialsMissing;NothingFound;OutsideBoundary;ResidentUnavailable;WaitingForDepartment;UnsafeNow
type CaseReason string

// SystemProbe is how to ask whether a system answers. It sends no data.
// +kubebuilder:validation:XValidation:rule="self.timeoutSeconds <= self.intervalSeconds",message="a probe must end before the next begins; let timeoutSeconds be at most intervalSeconds"
type SystemProbe struct {
	// path below the address of the system that is asked for, with GET. Left out:
	// only a connection is made.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=300
	// +kubebuilder:validation:XValidation:rule="self.startsWith('/') && !self.matches('[@?# ]')",message="path must begin with a slash and hold no query or fragment"
	Path string `json:"path,omitempty"`

	// intervalSeconds between two probes, in seconds. Default 60.
	// +optional
	// +default=60
	// +kubebuilder:validation:Minimum=10
	// +kubebuilder:validation:Maximum=86400
	IntervalSeconds int64 `json:"intervalSeconds,omitempty"`

	// timeoutSeconds after which a probe has failed, in seconds. Default 5.
	// +optional
	// +default=5
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=60
	TimeoutSeconds int64 `json:"timeoutSeconds,omitempty"`
}

// InformationSystemStatus is what the operator sees of a system.
type InformationSystemStatus struct {
	// conditions are Ready, Reconciling, Stalled, Reachable.
	// +optional
	// +patchMergeKey=type
	// +patchStrategy=merge
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type"`

	// observedGeneration is the spec's generation this status speaks of.
	// +optional
	// +kubebuilder:validation:Minimum=1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// consumers is the number of communities connected to the system.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Consumers *int64 `json:"consumers,omitempty"`
}

// InformationSystem is a line department's system that communities deliver to
// or ask, declared once for the district.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=isys,categories=shequ
// +kubebuilder:printcolumn:name="Title",type=string,JSONPath=`.spec.displayName.zh`
// +kubebuilder:printcolumn:name="Owner",type=string,JSONPath=`.spec.owner`
// +kubebuilder:printcolumn:name="Protocol",type=string,JSONPath=`.spec.protocol.type`
// +kubebuilder:printcolumn:name="Consumers",type=integer,JSONPath=`.status.consumers`
// +kubebuilder:printcolumn:name="Reachable",type=string,JSONPath=`.status.conditions[?(@.type=="Reachable")].status`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="a system's name may have at most 63 characters: it becomes part of file names"
type InformationSystem struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the system and the rules of talking to it.
	// +required
	Spec InformationSystemSpec `json:"spec,omitzero"`

	// status is what the operator sees.
	// +optional
	Status InformationSystemStatus `json:"status,omitzero"`
}

// InformationSystemList is a list of InformationSystems.
//
// +kubebuilder:object:root=true
type InformationSystemList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []InformationSystem `json:"items"`
}
