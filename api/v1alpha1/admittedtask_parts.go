package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TaskDigest is the sha256 of a task's canonical terms, as sha256: and 64
// hexadecimal digits.
// +kubebuilder:validation:MinLength=71
// +kubebuilder:validation:MaxLength=71
// +kubebuilder:validation:Pattern=`^sha256:[0-9a-f]{64}$`
type TaskDigest string

// PurposeCode names what data is used for: lower-case letters, digits and
// dashes, such as "old-age-allowance". Data goes to an information system only
// for a purpose that system allows.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
type PurposeCode string

// LegalBasis is one document a task rests on.
// +kubebuilder:validation:XValidation:rule="!has(self.issued) || !has(self.expires) || self.issued <= self.expires",message="a document can't expire before it is issued; correct issued or expires"
type LegalBasis struct {
	// id by which spec.data refers to the document, unique in the task.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	// +kubebuilder:validation:XValidation:rule="self != 'consent'",message="the id consent stands for the consent of the person concerned; choose another id for the document"
	ID string `json:"id,omitempty"`

	// title of the document.
	// +required
	Title LocalizedText `json:"title,omitzero"`

	// documentNumber as printed on the document. Leave it out where there is
	// none, rather than invent one.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	DocumentNumber string `json:"documentNumber,omitempty"`

	// level of government that issued the document: National, Provincial,
	// Municipal, District or Subdistrict.
	// +required
	Level LegalLevel `json:"level,omitempty"`

	// issued is the day of issue.
	// +optional
	Issued Date `json:"issued,omitempty"`

	// expires is the last day the document is in force; after it the task is
	// refused with LegalBasisExpired unless another basis holds. Left out: it
	// stays in force.
	// +optional
	Expires Date `json:"expires,omitempty"`
}

// TaskScope is what a community is asked to do.
// +kubebuilder:validation:XValidation:rule="!('Penalise' in self.verbs)",message="a community has no power to punish, so a task can't ask it to; take Penalise out of spec.scope.verbs"
// +kubebuilder:validation:XValidation:rule="self.verbs.all(v, v == 'Penalise' || (has(self.authority) && v in self.authority.verbs))",message="authority must go with the duty: every verb needs an instrument that grants it; add the verb to spec.scope.authority.verbs or take it out of spec.scope.verbs"
type TaskScope struct {
	// verbs the community is asked for: Discover, Publicise, Inspect, Supervise,
	// Remediate. Penalise is refused.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	Verbs []TaskVerb `json:"verbs,omitempty"`

	// authority is the formal authorisation that grants those verbs. A verb
	// without one is rejected.
	// +optional
	Authority *TaskAuthority `json:"authority,omitempty"`
}

// TaskAuthority is the department's formal authorisation of communities.
// +kubebuilder:validation:XValidation:rule="!('Penalise' in self.verbs)",message="the power to punish can't be granted to a community; take Penalise out of spec.scope.authority.verbs"
type TaskAuthority struct {
	// instrument is the document that grants the authority, with its number.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=300
	Instrument string `json:"instrument,omitempty"`

	// verbs the instrument grants.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	Verbs []TaskVerb `json:"verbs,omitempty"`

	// until is the last day the authority holds; after it the task is refused
	// with AuthorityMissing. Left out: it holds as long as the task.
	// +optional
	Until Date `json:"until,omitempty"`
}

// TaskTarget is the communities a task is meant for: named ones, or all of the
// sub-districts a selector matches.
// +kubebuilder:validation:XValidation:rule="!(has(self.communities) && has(self.subdistrictSelector))",message="name communities or select sub-districts, not both; split the task in two to do both"
type TaskTarget struct {
	// communities by namespace and name. One that does not exist is counted in
	// no total until it does.
	// +optional
	// +listType=map
	// +listMapKey=namespace
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=1000
	Communities []NamespacedReference `json:"communities,omitempty"`

	// subdistrictSelector matches the labels of sub-district namespaces and with
	// them every community there. An empty selector matches none.
	// +optional
	SubdistrictSelector *metav1.LabelSelector `json:"subdistrictSelector,omitempty"`
}

// TaskWindow is when a task runs, both days included.
// +kubebuilder:validation:XValidation:rule="!has(self.until) || self.from <= self.until",message="a task can't end before it begins; set until to from or a later day"
type TaskWindow struct {
	// from is the first day.
	// +required
	From Date `json:"from,omitempty"`

	// until is the last day. Left out: the task has no end; a campaign must have
	// one.
	// +optional
	Until Date `json:"until,omitempty"`
}

// TaskWorkload is what a task costs one community.
// +kubebuilder:validation:XValidation:rule="!(has(self.casesPerYear) && has(self.casesPerThousandResidents))",message="give the number of cases per year or per thousand residents, not both"
// +kubebuilder:validation:XValidation:rule="(has(self.casesPerYear) || has(self.casesPerThousandResidents)) == has(self.minutesPerCase)",message="cases take time: give minutesPerCase together with casesPerYear or casesPerThousandResidents, or neither"
type TaskWorkload struct {
	// casesPerYear in one community.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	CasesPerYear int64 `json:"casesPerYear,omitempty"`

	// casesPerThousandResidents is the cases per year for each thousand residents
	// of a community.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	CasesPerThousandResidents int64 `json:"casesPerThousandResidents,omitempty"`

	// minutesPerCase is the working time one case takes, in minutes.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=14400
	MinutesPerCase int64 `json:"minutesPerCase,omitempty"`

	// visits to households.
	// +optional
	Visits *VisitLoad `json:"visits,omitempty"`

	// reports to be written.
	// +optional
	Reports *ReportLoad `json:"reports,omitempty"`

	// ledgers is the number of ledgers the community must keep for the task.
	// Default 0.
	// +optional
	// +default=0
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	Ledgers *int64 `json:"ledgers,omitempty"`
}

// VisitLoad is the visits a task asks for.
type VisitLoad struct {
	// householdPercent is the share of a community's households to visit, in
	// percent.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	HouseholdPercent int64 `json:"householdPercent,omitempty"`

	// timesPerYear each of them is visited.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=366
	TimesPerYear int64 `json:"timesPerYear,omitempty"`

	// minutesPerVisit is the working time one visit takes one worker, in minutes.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1440
	MinutesPerVisit int64 `json:"minutesPerVisit,omitempty"`

	// combinable visits share one round with the other combinable visits of the
	// month, as merged teams make them, and take visit capacity only once.
	// Default false: each takes a round of its own.
	// +optional
	// +default=false
	Combinable *bool `json:"combinable,omitempty"`
}

// ReportLoad is the reports a task asks for.
type ReportLoad struct {
	// perYear is the number of reports a year.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	PerYear int64 `json:"perYear,omitempty"`

	// minutesEach is the working time one report takes, in minutes.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=14400
	MinutesEach int64 `json:"minutesEach,omitempty"`

	// indicators is the number of figures one report asks for. Default 0.
	// +optional
	// +default=0
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000
	Indicators *int64 `json:"indicators,omitempty"`
}

// TaskFunding is the money that follows a task, in the standard's currency.
// What is left out is nothing.
// +kubebuilder:validation:XValidation:rule="has(self.perCase) || has(self.perHousehold) || has(self.perCommunity)",message="funding names no amount; give perCase, perHousehold or perCommunity, or leave funding out"
type TaskFunding struct {
	// perCase is paid for each case.
	// +optional
	PerCase Decimal `json:"perCase,omitempty"`

	// perHousehold is paid for each household of the community and year, in
	// proportion for a part of a year.
	// +optional
	PerHousehold Decimal `json:"perHousehold,omitempty"`

	// perCommunity is paid for each community and year, in proportion for a part
	// of a year.
	// +optional
	PerCommunity Decimal `json:"perCommunity,omitempty"`

	// source is the budget line the money comes from.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	Source string `json:"source,omitempty"`

	// periods says how often the money is released: Yearly (default), HalfYearly,
	// Quarterly, Monthly or Once. Without a release for the present period the
	// task waits with FundingNotReleased.
	// +optional
	// +default="Yearly"
	Periods FundingPeriods `json:"periods,omitempty"`
}

// TaskData is one data element a task uses.
type TaskData struct {
	// element is the code of a data element the standard declares.
	// +required
	// +kubebuilder:validation:XValidation:rule=`!self.replace("-", " ").replace("minzu road", "|").replace("minzu street", "|").replace("minzu lu", "|").replace("good faith", "|").replace("iris road", "|").replace("iris garden", "|").replace(" ", "").matches("ethnic|minzu|racial|minoritygroup|nationalminorit|tribal|religio|muslim|islam|christian|buddhis|catholic|worship|mosque|zongjiao|political|politics|partymember|partyaffiliation|communistparty|votingintention|zhengzhimianmao|biometri|fingerprint|palmprint|voiceprint|faceprint|facial|fingervein|palmvein|irisscan|irisrecognition|genetic|genome|trajector|movementtrac|movementhist|movementlog|movementrecord|whereabout|travelhist|gpstrac|gpshist|gpslog|geotrack|xingzong|keyperson|keyindividual|personofinterest|personsofinterest|peopleofinterest|watchlist|petitioner|stabilitymaintenance|zhongdianren|blacklist|pregnan|fertility|contracep|abortion|miscarr|menstru|ovulat|birthcontrol|familyplanning|reproductive|childbearing|antenatal|prenatal|maternity|gestation|expectantmother|obstetric|huaiyun") && !self.replace("-", " ").replace("minzu road", "|").replace("minzu street", "|").replace("minzu lu", "|").replace("good faith", "|").replace("iris road", "|").replace("iris garden", "|").matches(r"\b[0-9]*(?:r\W*a\W*c\W*e|t\W*r\W*i\W*b\W*e|c\W*a\W*s\W*t\W*e|f\W*a\W*i\W*t\W*h|c\W*r\W*e\W*e\W*d|b\W*e\W*l\W*i\W*e\W*v\W*e\W*r|i\W*r\W*i\W*s|r\W*e\W*t\W*i\W*n\W*a|r\W*e\W*t\W*i\W*n\W*a\W*l|d\W*n\W*a|g\W*a\W*i\W*t|r\W*e\W*n\W*l\W*i\W*a\W*n|z\W*h\W*i\W*w\W*e\W*n|h\W*o\W*n\W*g\W*m\W*o|l\W*i\W*v\W*e\W*l\W*o\W*c\W*a\W*t\W*i\W*o\W*n|r\W*e\W*a\W*l\W*t\W*i\W*m\W*e\W*l\W*o\W*c\W*a\W*t\W*i\W*o\W*n|g\W*u\W*i\W*j\W*i|i\W*u\W*d|f\W*a\W*c\W*e\W*(?:i\W*d|s\W*c\W*a\W*n|i\W*m\W*a\W*g\W*e|p\W*h\W*o\W*t\W*o|d\W*a\W*t\W*a|t\W*e\W*m\W*p\W*l\W*a\W*t\W*e|f\W*e\W*a\W*t\W*u\W*r\W*e|c\W*a\W*p\W*t\W*u\W*r\W*e|r\W*e\W*c\W*o\W*g\W*n\W*i\W*t\W*i\W*o\W*n)|l\W*o\W*c\W*a\W*t\W*i\W*o\W*n\W*(?:h\W*i\W*s\W*t\W*o\W*r\W*y|h\W*i\W*s\W*t\W*o\W*r\W*i\W*e\W*s|t\W*r\W*a\W*c\W*k|t\W*r\W*a\W*c\W*k\W*i\W*n\W*g|t\W*r\W*a\W*c\W*e|l\W*o\W*g|r\W*e\W*c\W*o\W*r\W*d))s?[0-9]*\b")`,message="nobody may collect data about ethnicity, religion, political opinion, biometrics, movement traces, key-person labels, reproductive state; take the data element out"
	Element DataElementCode `json:"element,omitempty"`

	// use is Collect (ask for it) or Reuse (take what another task collects).
	// +required
	Use DataUse `json:"use,omitempty"`

	// purpose the element is used for.
	// +required
	Purpose PurposeCode `json:"purpose,omitempty"`

	// basis is the id of an entry of spec.legalBasis that permits the use, or
	// consent for the separate consent of the person concerned.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Basis string `json:"basis,omitempty"`

	// retentionDays is how long the element is kept after the case is closed, in
	// days; then it is deleted.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=36500
	RetentionDays int64 `json:"retentionDays,omitempty"`
}

// TaskDelivery is what one information system receives of each case.
type TaskDelivery struct {
	// systemRef names the InformationSystem. While it does not exist the task
	// waits with SystemMissing.
	// +required
	SystemRef LocalReference `json:"systemRef,omitzero"`

	// purpose of the delivery; the system must allow it.
	// +required
	Purpose PurposeCode `json:"purpose,omitempty"`

	// elements delivered; each must be in spec.data and accepted by the system.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	Elements []DataElementCode `json:"elements,omitempty"`

	// mapping is what the system's fields are made of. What no expression looks at is
	// not sent. Left out: each element goes under its own code.
	// +optional
	// +listType=map
	// +listMapKey=field
	// +kubebuilder:validation:MaxItems=32
	Mapping []FieldMapping `json:"mapping,omitempty"`

	// onRejection says what it means for the case that the system rejects it. Left
	// out: RejectCase. It has no default, which would have changed the digest of tasks
	// that were approved before it was there.
	// +optional
	OnRejection RejectionPolicy `json:"onRejection,omitempty"`
}

// FieldMapping makes one field of a system.
type FieldMapping struct {
	// field is its name in the system: letters of any script, digits, _ and -, with
	// points between the parts of a name in an object. One that names data nobody may
	// deliver is refused.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule=`!self.lowerAscii().replace("_", " ").replace(".", " ").replace("-", " ").replace("民族路", "|").replace("民族街", "|").replace("民族巷", "|").replace("民族大道", "|").replace("minzu road", "|").replace("minzu street", "|").replace("minzu lu", "|").replace("good faith", "|").replace("iris road", "|").replace("iris garden", "|").replace(" ", "").matches("ethnic|minzu|racial|minoritygroup|nationalminorit|tribal|religio|muslim|islam|christian|buddhis|catholic|worship|mosque|zongjiao|political|politics|partymember|partyaffiliation|communistparty|votingintention|zhengzhimianmao|biometri|fingerprint|palmprint|voiceprint|faceprint|facial|fingervein|palmvein|irisscan|irisrecognition|genetic|genome|trajector|movementtrac|movementhist|movementlog|movementrecord|whereabout|travelhist|gpstrac|gpshist|gpslog|geotrack|xingzong|keyperson|keyindividual|personofinterest|personsofinterest|peopleofinterest|watchlist|petitioner|stabilitymaintenance|zhongdianren|blacklist|pregnan|fertility|contracep|abortion|miscarr|menstru|ovulat|birthcontrol|familyplanning|reproductive|childbearing|antenatal|prenatal|maternity|gestation|expectantmother|obstetric|huaiyun|民族|种族|種族|族别|族別|族裔|族群|汉族|漢族|回族|藏族|满族|壮族|苗族|蒙古族|朝鲜族|维吾尔|維吾爾|哈萨克|宗教|信仰|教徒|信徒|穆斯林|伊斯兰|伊斯蘭|基督|天主教|佛教|邪教|受洗|是否信教|信教群众|信教人员|政治面貌|政治身份|政治倾向|政治傾向|政治观点|政治觀點|政治立场|政治立場|政治态度|政治信念|政治背景|政治表现|政治见解|党派|黨派|党员|黨員|党籍|黨籍|是否入党|入党时间|入党日期|共青团员|投票意向|指纹|指紋|掌纹|掌紋|声纹|聲紋|人脸|人臉|刷脸|面部识别|面部特征|面容识别|虹膜|视网膜|視網膜|步态|步態|指静脉|掌静脉|基因|生物识别|生物識別|生物特征|生物特徵|轨迹|軌跡|行踪|行蹤|足迹|足跡|行程码|行程卡|行程记录|出行记录|出入记录|进出记录|通行记录|位置记录|历史位置|实时位置|实时定位|定位记录|行动路线|密接者|密切接触者|同行人员|重点人员|重點人員|重点人口|重點人口|重点人群|重点对象|重点关注人|重点关注对象|重点管控人|重点监控人|管控对象|管控人员|稳控对象|稳控人员|涉稳|上访人员|上访户|缠访|闹访|危险分子|黑名单|黑名單|社区矫正|社區矯正|矫正对象|孕|生育|节育|節育|绝育|絕育|人工流产|自然流产|流产史|堕胎|墮胎|月经史|月经周期|结扎|分娩|预产期|胎儿|计生信息|计生服务|计生证|婚育状况|婚育情况|婚育信息|婚育证明|婚育史|妇检|婦檢") && !self.lowerAscii().replace("_", " ").replace(".", " ").replace("-", " ").replace("民族路", "|").replace("民族街", "|").replace("民族巷", "|").replace("民族大道", "|").replace("minzu road", "|").replace("minzu street", "|").replace("minzu lu", "|").replace("good faith", "|").replace("iris road", "|").replace("iris garden", "|").matches(r"\b[0-9]*(?:r\W*a\W*c\W*e|t\W*r\W*i\W*b\W*e|c\W*a\W*s\W*t\W*e|f\W*a\W*i\W*t\W*h|c\W*r\W*e\W*e\W*d|b\W*e\W*l\W*i\W*e\W*v\W*e\W*r|i\W*r\W*i\W*s|r\W*e\W*t\W*i\W*n\W*a|r\W*e\W*t\W*i\W*n\W*a\W*l|d\W*n\W*a|g\W*a\W*i\W*t|r\W*e\W*n\W*l\W*i\W*a\W*n|z\W*h\W*i\W*w\W*e\W*n|h\W*o\W*n\W*g\W*m\W*o|l\W*i\W*v\W*e\W*l\W*o\W*c\W*a\W*t\W*i\W*o\W*n|r\W*e\W*a\W*l\W*t\W*i\W*m\W*e\W*l\W*o\W*c\W*a\W*t\W*i\W*o\W*n|g\W*u\W*i\W*j\W*i|i\W*u\W*d|f\W*a\W*c\W*e\W*(?:i\W*d|s\W*c\W*a\W*n|i\W*m\W*a\W*g\W*e|p\W*h\W*o\W*t\W*o|d\W*a\W*t\W*a|t\W*e\W*m\W*p\W*l\W*a\W*t\W*e|f\W*e\W*a\W*t\W*u\W*r\W*e|c\W*a\W*p\W*t\W*u\W*r\W*e|r\W*e\W*c\W*o\W*g\W*n\W*i\W*t\W*i\W*o\W*n)|l\W*o\W*c\W*a\W*t\W*i\W*o\W*n\W*(?:h\W*i\W*s\W*t\W*o\W*r\W*y|h\W*i\W*s\W*t\W*o\W*r\W*i\W*e\W*s|t\W*r\W*a\W*c\W*k|t\W*r\W*a\W*c\W*k\W*i\W*n\W*g|t\W*r\W*a\W*c\W*e|l\W*o\W*g|r\W*e\W*c\W*o\W*r\W*d))s?[0-9]*\b")`,message="nobody may deliver data about ethnicity, religion, political opinion, biometrics, movement traces, key-person labels, reproductive state; take the data element out, or name the field otherwise if it means something else"
	Field string `json:"field,omitempty"`

	// expression in CEL that makes its value: a text, a number or a boolean. Elements
	// are variables by their code with _ for -; what a case does not have is null, and
	// a field that is null is left out. One that does not compile keeps the task out,
	// with the reason Prohibited.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	Expression string `json:"expression,omitempty"`
}

// RejectionPolicy says what a system's rejection means for the case.
// +kubebuilder:validation:Enum=RejectCase;TellStaff
type RejectionPolicy string

// The rejection policies.
const (
	// RejectCase: the department decides, and the case ends with its reason.
	RejectCase RejectionPolicy = "RejectCase"
	// TellStaff: it is shown at the desk, and the case goes on.
	TellStaff RejectionPolicy = "TellStaff"
)

// TaskService is the item residents find at the station.
type TaskService struct {
	// steps the item takes, in order.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	Steps []LocalizedText `json:"steps,omitempty"`

	// materials to bring to the counter.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	Materials []LocalizedText `json:"materials,omitempty"`

	// acceptWithinMinutes is the time limit for taking a case, in minutes of the
	// clock: 1440 a day. Left out: no limit.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=525600
	AcceptWithinMinutes int64 `json:"acceptWithinMinutes,omitempty"`

	// resolveWithinMinutes is the time limit for settling a case, in minutes of
	// the clock: 1440 a day. Left out: no limit.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=525600
	ResolveWithinMinutes int64 `json:"resolveWithinMinutes,omitempty"`

	// onlineApplication is Offered (residents may apply at the portal too) or
	// CounterOnly (default).
	// +optional
	// +default="CounterOnly"
	OnlineApplication OnlineApplication `json:"onlineApplication,omitempty"`
}

// TaskTotals counts the decisions of the targeted communities.
type TaskTotals struct {
	// targeted communities that exist.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Targeted *int64 `json:"targeted,omitempty"`

	// admitted in so many communities.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Admitted *int64 `json:"admitted,omitempty"`

	// refused by so many communities.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Refused *int64 `json:"refused,omitempty"`

	// waiting in so many communities.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Waiting *int64 `json:"waiting,omitempty"`

	// contested for so many communities.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Contested *int64 `json:"contested,omitempty"`
}

// ReasonCount is how many communities gave one reason.
type ReasonCount struct {
	// reason the communities gave.
	// +required
	Reason LedgerReason `json:"reason,omitempty"`

	// count of communities that gave it.
	// +required
	// +kubebuilder:validation:Minimum=1
	Count int64 `json:"count,omitempty"`

	// example is one of those communities.
	// +optional
	Example *NamespacedReference `json:"example,omitempty"`
}
