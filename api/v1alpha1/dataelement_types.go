package v1alpha1

// DataElementType is the shape of a data element's value.
// +kubebuilder:validation:Enum=Text;Integer;Decimal;Date;Boolean;Choice;File
type DataElementType string

// DataElementClass says what a data element is about. Only these classes
// exist: there is none for ethnicity, religion, political opinion, biometrics,
// movement, "key person" labels or reproductive state, and no way to add one.
// +kubebuilder:validation:Enum=Base;Contact;Identity;Household;Benefit;Health;Property;Other
type DataElementClass string

// DataElement is one field forms, tasks, systems and mappings may name, in the
// sense of GB/T 29854. What is not declared can't be collected.
//
// The rules below refuse the forbidden classes by code, title and synonym. They
// are made from the list in internal/privacy, and its test fails when they
// differ from it.
//
// +kubebuilder:validation:XValidation:rule=`self.title.zh.matches(r"^[\x{3400}-\x{9fff}\x{20000}-\x{3ffff}〇a-zA-Z0-9 /·()（）、,.'-]+$") && (!has(self.title.en) || self.title.en.matches(r"^[a-zA-Z0-9 /·()（）、,.'-]+$"))`,message="a title is written in Chinese characters, half-width letters, digits, spaces and the signs / · ( ) （ ） 、 , . ' -; retype it"
// +kubebuilder:validation:XValidation:rule=`!(self.code + "|" + self.title.zh + (has(self.title.en) ? "|" + self.title.en : "")).lowerAscii().replace("-", " ").replace("民族路", "|").replace("民族街", "|").replace("民族巷", "|").replace("民族大道", "|").replace("minzu road", "|").replace("minzu street", "|").replace("minzu lu", "|").replace(" ", "").replace("/", "").replace("·", "").replace("(", "").replace(")", "").replace("（", "").replace("）", "").replace("、", "").replace(",", "").replace(".", "").replace("'", "").matches("ethnic|minzu|racial|minoritygroup|nationalminorit|tribal|民族|种族|種族|族别|族別|族裔|族群|汉族|漢族|回族|藏族|满族|壮族|苗族|蒙古族|朝鲜族|维吾尔|維吾爾|哈萨克") && !(self.code + "|" + self.title.zh + (has(self.title.en) ? "|" + self.title.en : "")).lowerAscii().replace("-", " ").replace("民族路", "|").replace("民族街", "|").replace("民族巷", "|").replace("民族大道", "|").replace("minzu road", "|").replace("minzu street", "|").replace("minzu lu", "|").matches(r"\b[0-9]*(?:r\W*a\W*c\W*e|t\W*r\W*i\W*b\W*e|c\W*a\W*s\W*t\W*e)s?[0-9]*\b")`,message="nobody may collect data about ethnicity; remove the data element, or reword its code and title if it means something else"
// +kubebuilder:validation:XValidation:rule=`!(self.code + "|" + self.title.zh + (has(self.title.en) ? "|" + self.title.en : "")).lowerAscii().replace("-", " ").replace("good faith", "|").replace(" ", "").replace("/", "").replace("·", "").replace("(", "").replace(")", "").replace("（", "").replace("）", "").replace("、", "").replace(",", "").replace(".", "").replace("'", "").matches("religio|muslim|islam|christian|buddhis|catholic|worship|mosque|zongjiao|宗教|信仰|教徒|信徒|穆斯林|伊斯兰|伊斯蘭|基督|天主教|佛教|邪教|受洗|是否信教|信教群众|信教人员") && !(self.code + "|" + self.title.zh + (has(self.title.en) ? "|" + self.title.en : "")).lowerAscii().replace("-", " ").replace("good faith", "|").matches(r"\b[0-9]*(?:f\W*a\W*i\W*t\W*h|c\W*r\W*e\W*e\W*d|b\W*e\W*l\W*i\W*e\W*v\W*e\W*r)s?[0-9]*\b")`,message="nobody may collect data about religion; remove the data element, or reword its code and title if it means something else"
// +kubebuilder:validation:XValidation:rule=`!(self.code + "|" + self.title.zh + (has(self.title.en) ? "|" + self.title.en : "")).lowerAscii().replace("-", " ").replace(" ", "").replace("/", "").replace("·", "").replace("(", "").replace(")", "").replace("（", "").replace("）", "").replace("、", "").replace(",", "").replace(".", "").replace("'", "").matches("political|politics|partymember|partyaffiliation|communistparty|votingintention|zhengzhimianmao|政治面貌|政治身份|政治倾向|政治傾向|政治观点|政治觀點|政治立场|政治立場|政治态度|政治信念|政治背景|政治表现|政治见解|党派|黨派|党员|黨員|党籍|黨籍|是否入党|入党时间|入党日期|共青团员|投票意向")`,message="nobody may collect data about political opinion; remove the data element, or reword its code and title if it means something else"
// +kubebuilder:validation:XValidation:rule=`!(self.code + "|" + self.title.zh + (has(self.title.en) ? "|" + self.title.en : "")).lowerAscii().replace("-", " ").replace("iris road", "|").replace("iris garden", "|").replace(" ", "").replace("/", "").replace("·", "").replace("(", "").replace(")", "").replace("（", "").replace("）", "").replace("、", "").replace(",", "").replace(".", "").replace("'", "").matches("biometri|fingerprint|palmprint|voiceprint|faceprint|facial|fingervein|palmvein|irisscan|irisrecognition|genetic|genome|指纹|指紋|掌纹|掌紋|声纹|聲紋|人脸|人臉|刷脸|面部识别|面部特征|面容识别|虹膜|视网膜|視網膜|步态|步態|指静脉|掌静脉|基因|生物识别|生物識別|生物特征|生物特徵") && !(self.code + "|" + self.title.zh + (has(self.title.en) ? "|" + self.title.en : "")).lowerAscii().replace("-", " ").replace("iris road", "|").replace("iris garden", "|").matches(r"\b[0-9]*(?:i\W*r\W*i\W*s|r\W*e\W*t\W*i\W*n\W*a|r\W*e\W*t\W*i\W*n\W*a\W*l|d\W*n\W*a|g\W*a\W*i\W*t|r\W*e\W*n\W*l\W*i\W*a\W*n|z\W*h\W*i\W*w\W*e\W*n|h\W*o\W*n\W*g\W*m\W*o|f\W*a\W*c\W*e\W*(?:i\W*d|s\W*c\W*a\W*n|i\W*m\W*a\W*g\W*e|p\W*h\W*o\W*t\W*o|d\W*a\W*t\W*a|t\W*e\W*m\W*p\W*l\W*a\W*t\W*e|f\W*e\W*a\W*t\W*u\W*r\W*e|c\W*a\W*p\W*t\W*u\W*r\W*e|r\W*e\W*c\W*o\W*g\W*n\W*i\W*t\W*i\W*o\W*n))s?[0-9]*\b")`,message="nobody may collect data about biometrics; remove the data element, or reword its code and title if it means something else"
// +kubebuilder:validation:XValidation:rule=`!(self.code + "|" + self.title.zh + (has(self.title.en) ? "|" + self.title.en : "")).lowerAscii().replace("-", " ").replace(" ", "").replace("/", "").replace("·", "").replace("(", "").replace(")", "").replace("（", "").replace("）", "").replace("、", "").replace(",", "").replace(".", "").replace("'", "").matches("trajector|movementtrac|movementhist|movementlog|movementrecord|whereabout|travelhist|gpstrac|gpshist|gpslog|geotrack|xingzong|轨迹|軌跡|行踪|行蹤|足迹|足跡|行程码|行程卡|行程记录|出行记录|出入记录|进出记录|通行记录|位置记录|历史位置|实时位置|实时定位|定位记录|行动路线|密接者|密切接触者|同行人员") && !(self.code + "|" + self.title.zh + (has(self.title.en) ? "|" + self.title.en : "")).lowerAscii().replace("-", " ").matches(r"\b[0-9]*(?:l\W*i\W*v\W*e\W*l\W*o\W*c\W*a\W*t\W*i\W*o\W*n|r\W*e\W*a\W*l\W*t\W*i\W*m\W*e\W*l\W*o\W*c\W*a\W*t\W*i\W*o\W*n|g\W*u\W*i\W*j\W*i|l\W*o\W*c\W*a\W*t\W*i\W*o\W*n\W*(?:h\W*i\W*s\W*t\W*o\W*r\W*y|h\W*i\W*s\W*t\W*o\W*r\W*i\W*e\W*s|t\W*r\W*a\W*c\W*k|t\W*r\W*a\W*c\W*k\W*i\W*n\W*g|t\W*r\W*a\W*c\W*e|l\W*o\W*g|r\W*e\W*c\W*o\W*r\W*d))s?[0-9]*\b")`,message="nobody may collect data about movement traces; remove the data element, or reword its code and title if it means something else"
// +kubebuilder:validation:XValidation:rule=`!(self.code + "|" + self.title.zh + (has(self.title.en) ? "|" + self.title.en : "")).lowerAscii().replace("-", " ").replace(" ", "").replace("/", "").replace("·", "").replace("(", "").replace(")", "").replace("（", "").replace("）", "").replace("、", "").replace(",", "").replace(".", "").replace("'", "").matches("keyperson|keyindividual|personofinterest|personsofinterest|peopleofinterest|watchlist|petitioner|stabilitymaintenance|zhongdianren|blacklist|重点人员|重點人員|重点人口|重點人口|重点人群|重点对象|重点关注人|重点关注对象|重点管控人|重点监控人|管控对象|管控人员|稳控对象|稳控人员|涉稳|上访人员|上访户|缠访|闹访|危险分子|黑名单|黑名單|社区矫正|社區矯正|矫正对象")`,message="nobody may collect data about key-person labels; remove the data element, or reword its code and title if it means something else"
// +kubebuilder:validation:XValidation:rule=`!(self.code + "|" + self.title.zh + (has(self.title.en) ? "|" + self.title.en : "")).lowerAscii().replace("-", " ").replace(" ", "").replace("/", "").replace("·", "").replace("(", "").replace(")", "").replace("（", "").replace("）", "").replace("、", "").replace(",", "").replace(".", "").replace("'", "").matches("pregnan|fertility|contracep|abortion|miscarr|menstru|ovulat|birthcontrol|familyplanning|reproductive|childbearing|antenatal|prenatal|maternity|gestation|expectantmother|obstetric|huaiyun|孕|生育|节育|節育|绝育|絕育|人工流产|自然流产|流产史|堕胎|墮胎|月经史|月经周期|结扎|分娩|预产期|胎儿|计生信息|计生服务|计生证|婚育状况|婚育情况|婚育信息|婚育证明|婚育史|妇检|婦檢") && !(self.code + "|" + self.title.zh + (has(self.title.en) ? "|" + self.title.en : "")).lowerAscii().replace("-", " ").matches(r"\b[0-9]*(?:i\W*u\W*d)s?[0-9]*\b")`,message="nobody may collect data about reproductive state; remove the data element, or reword its code and title if it means something else"
type DataElement struct {
	// code of the element, unique in the standard.
	// +required
	Code DataElementCode `json:"code,omitempty"`

	// title of the element as a form shows it.
	// +required
	Title LocalizedText `json:"title,omitzero"`

	// type of the value.
	// +required
	Type DataElementType `json:"type,omitempty"`

	// class of the element.
	// +required
	Class DataElementClass `json:"class,omitempty"`

	// sensitivity is Ordinary (default) or Sensitive. A sensitive element needs a
	// statutory basis or separate consent, and is encrypted at rest.
	// +optional
	// +default="Ordinary"
	Sensitivity Sensitivity `json:"sensitivity,omitempty"`

	// owner is the department that answers for the element's meaning.
	// +optional
	// +kubebuilder:validation:MaxLength=200
	Owner string `json:"owner,omitempty"`
}

// Sensitivity of a data element.
// +kubebuilder:validation:Enum=Ordinary;Sensitive
type Sensitivity string

// The sensitivities.
const (
	SensitivityOrdinary  Sensitivity = "Ordinary"
	SensitivitySensitive Sensitivity = "Sensitive"
)
