package privacy_test

import (
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/privacy"
)

// synonyms are what forms, columns and questions call the forbidden classes, in Chinese
// and English, written down without a look at the list.
var synonyms = map[privacy.Class][2]string{
	privacy.Ethnicity: {
		"民族、民族成份、民族成分、少数民族、族别、种族、维吾尔族、藏族、回族居民",
		"ethnicity, ethnic group, ethnic minority, race, racial origin, minzu, tribe",
	},
	privacy.Religion: {
		"宗教、宗教信仰、信仰、是否信教、教徒、佛教、基督教徒、伊斯兰教、天主教、邪教人员",
		"religion, religious belief, faith, creed, church worship, mosque attended, Muslim, Buddhist, Christian, zongjiao",
	},
	privacy.Politics: {
		"政治面貌、党员、是否党员、中共党员、入党时间、民主党派、共青团员、政治倾向",
		"political opinion, political affiliation, political outlook, party member, party membership, Communist Party, voting intention",
	},
	privacy.Biometrics: {
		"人脸、人脸照片、人脸识别、刷脸、指纹、掌纹、声纹、虹膜、步态、基因、生物识别信息、生物特征",
		"biometrics, biometric data, fingerprint, facial recognition, face ID, face image, face scan, iris, retina scan, voiceprint, gait, DNA, genetic data",
	},
	privacy.Movement: {
		"轨迹、行动轨迹、活动轨迹、行踪、行程码、行程卡、出入记录、进出记录、实时定位、足迹、密切接触者、同行人员",
		"trajectory, trajectories, movement history, movement trace, location history, location tracking, travel history, whereabouts, GPS track, real-time location",
	},
	privacy.KeyPerson: {
		"重点人员、重点人口、重点人群、重点关注人员、管控人员、稳控对象、涉稳、上访户、上访人员、缠访、黑名单、社区矫正对象",
		"key person, key persons, key personnel, key individual, person of interest, watch list, watchlist, petitioner, blacklist, black list",
	},
	privacy.Reproduction: {
		"孕检、怀孕、孕情、孕期、已孕、避孕、节育、生育、生育状况、计划生育、流产史、预产期、分娩、婚育状况、妇检",
		"pregnancy, pregnancy test, pregnant, contraception, contraceptive method, fertility, family planning, abortion, childbearing, maternity",
	},
}

// TestSynonyms: each is found in its class as it stands, in capitals, and inside what
// a column might be called.
func TestSynonyms(t *testing.T) {
	t.Parallel()
	for _, class := range privacy.Classes() {
		for i, separator := range []string{"、", ", "} {
			words := strings.Split(synonyms[class][i], separator)
			if len(words) < 6 {
				t.Errorf("%s: only %d", class, len(words))
			}
			for _, word := range words {
				for _, text := range []string{word, strings.ToUpper(word), "1. " + word + " *", strings.ReplaceAll(word, " ", "_")} {
					if got, term, ok := privacy.Forbidden(text); !ok || got != class {
						t.Errorf("%q is %q (by %q, %v), want %q", text, got, term, ok, class)
					}
				}
			}
		}
	}
}
