package privacy

// terms are the words one class is known by.
type terms struct {
	// latin terms are found anywhere, also inside a word and across separators:
	// no innocent word holds them. The beginning of a word stands for all its
	// forms.
	latin []string
	// han terms are found anywhere. Two characters that also meet by chance at
	// the border of two innocent words (政治 in 行政治理, 月经 in 每月经费) are
	// listed only as longer terms.
	han []string
	// word terms are found as whole words, whatever stands between their letters,
	// because innocent words hold them (iris in Irish).
	word []string
	// compound terms are word terms that begin alike (face data, which surface
	// data holds).
	compound []compound
	// innocent phrases hold a term and mean something else. They are taken out
	// first. 民族路 is a street in many cities, so a title may name it.
	innocent []string
}

// compound is a head with each of its tails.
type compound struct {
	head  string
	tails []string
}

// The list leans towards refusing where a title can hardly mean anything but a
// person's state: 生育保险 (maternity insurance) and 党员 (party member) are refused
// although some offices ask for them, and so is a single 孕. Where a refusal is
// wrong, an innocent phrase is added here, never an override elsewhere.
var lexicon = map[Class]terms{
	Ethnicity: {
		latin: []string{"ethnic", "minzu", "racial", "minoritygroup", "nationalminorit", "tribal"},
		han: []string{
			"民族", "种族", "種族", "族别", "族別", "族裔", "族群", "汉族", "漢族", "回族", "藏族", "满族", "壮族",
			"苗族", "蒙古族", "朝鲜族", "维吾尔", "維吾爾", "哈萨克",
		},
		word: []string{"race", "tribe", "caste"},
		innocent: []string{
			"民族路", "民族街", "民族巷", "民族大道", "minzu road", "minzu street", "minzu lu",
		},
	},
	Religion: {
		latin: []string{
			"religio", "muslim", "islam", "christian", "buddhis", "catholic", "worship", "mosque", "zongjiao",
		},
		han: []string{
			"宗教", "信仰", "教徒", "信徒", "穆斯林", "伊斯兰", "伊斯蘭", "基督", "天主教", "佛教", "邪教", "受洗",
			"是否信教", "信教群众", "信教人员",
		},
		word:     []string{"faith", "creed", "believer"},
		innocent: []string{"good faith"},
	},
	Politics: {
		latin: []string{
			"political", "politics", "partymember", "partyaffiliation", "communistparty", "votingintention",
			"zhengzhimianmao",
		},
		han: []string{
			"政治面貌", "政治身份", "政治倾向", "政治傾向", "政治观点", "政治觀點", "政治立场", "政治立場", "政治态度",
			"政治信念", "政治背景", "政治表现", "政治见解", "党派", "黨派", "党员", "黨員", "党籍", "黨籍", "是否入党",
			"入党时间", "入党日期", "共青团员", "投票意向",
		},
	},
	Biometrics: {
		latin: []string{
			"biometri", "fingerprint", "palmprint", "voiceprint", "faceprint", "facial", "fingervein", "palmvein",
			"irisscan", "irisrecognition", "genetic", "genome",
		},
		han: []string{
			"指纹", "指紋", "掌纹", "掌紋", "声纹", "聲紋", "人脸", "人臉", "刷脸", "面部识别", "面部特征", "面容识别",
			"虹膜", "视网膜", "視網膜", "步态", "步態", "指静脉", "掌静脉", "基因", "生物识别", "生物識別", "生物特征",
			"生物特徵",
		},
		word: []string{
			"iris", "retina", "retinal", "dna", "gait", "renlian", "zhiwen", "hongmo",
		},
		compound: []compound{{
			head:  "face",
			tails: []string{"id", "scan", "image", "photo", "data", "template", "feature", "capture", "recognition"},
		}},
		innocent: []string{"iris road", "iris garden"},
	},
	Movement: {
		latin: []string{
			"trajector", "movementtrac", "movementhist", "movementlog", "movementrecord", "whereabout", "travelhist",
			"gpstrac", "gpshist", "gpslog", "geotrack", "xingzong",
		},
		han: []string{
			"轨迹", "軌跡", "行踪", "行蹤", "足迹", "足跡", "行程码", "行程卡", "行程记录", "出行记录", "出入记录", "进出记录",
			"通行记录", "位置记录", "历史位置", "实时位置", "实时定位", "定位记录", "行动路线", "密接者", "密切接触者", "同行人员",
		},
		word: []string{"livelocation", "realtimelocation", "guiji"},
		compound: []compound{{
			head:  "location",
			tails: []string{"history", "histories", "track", "tracking", "trace", "log", "record"},
		}},
	},
	KeyPerson: {
		latin: []string{
			"keyperson", "keyindividual", "personofinterest", "personsofinterest", "peopleofinterest", "watchlist",
			"petitioner", "stabilitymaintenance", "zhongdianren", "blacklist",
		},
		han: []string{
			"重点人员", "重點人員", "重点人口", "重點人口", "重点人群", "重点对象", "重点关注人", "重点关注对象", "重点管控人",
			"重点监控人", "管控对象", "管控人员", "稳控对象", "稳控人员", "涉稳", "上访人员", "上访户", "缠访", "闹访", "危险分子",
			"黑名单", "黑名單", "社区矫正", "社區矯正", "矫正对象",
		},
	},
	Reproduction: {
		latin: []string{
			"pregnan", "fertility", "contracep", "abortion", "miscarr", "menstru", "ovulat", "birthcontrol",
			"familyplanning", "reproductive", "childbearing", "antenatal", "prenatal", "maternity", "gestation",
			"expectantmother", "obstetric", "huaiyun",
		},
		han: []string{
			"孕", "生育", "节育", "節育", "绝育", "絕育", "人工流产", "自然流产", "流产史", "堕胎", "墮胎", "月经史", "月经周期",
			"结扎", "分娩", "预产期", "胎儿", "计生信息", "计生服务", "计生证",
			"婚育状况", "婚育情况", "婚育信息", "婚育证明", "婚育史", "妇检", "婦檢",
		},
		word: []string{"iud"},
	},
}

// Terms returns the terms a class is known by, as they are listed.
func Terms(class Class) []string {
	list := lexicon[class]
	result := make([]string, 0, len(list.latin)+len(list.han)+len(list.word))
	result = append(result, list.latin...)
	result = append(result, list.han...)
	result = append(result, list.word...)
	for _, c := range list.compound {
		for _, tail := range c.tails {
			result = append(result, c.head+tail)
		}
	}
	return result
}

// Innocents returns the phrases of a class that hold a term and are let through.
func Innocents(class Class) []string {
	return append([]string(nil), lexicon[class].innocent...)
}
