package payments_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/shequ-io/shequ/internal/payments"
)

func TestParseAmount(t *testing.T) {
	for text, want := range map[string]payments.Amount{
		"33": 3300, "33.5": 3350, "33.50": 3350, "0.01": 1, " 7 ": 700, "７．５０": 750, "¥1,234.50": 123450, "￥12": 1200, "12 元": 1200,
		"1,000": 100000, "007": 700, "999999.99": payments.MaxAmount, "CNY 5": 500,
	} {
		if got, err := payments.ParseAmount(text); got != want || err != nil {
			t.Errorf("%q is %s, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "0", "0.00", "-1", "+1", "1e3", ".5", "5.", "1.234", "1,23", "1,2345", ",100", "1000000", "12a", "١٢", "NaN", "0x10", "1/3", "1_000", "1.000,00",
		strings.Repeat("9", 70),
	} {
		if got, err := payments.ParseAmount(text); !errors.Is(err, payments.ErrAmount) {
			t.Errorf("%q is %s, %v", text, got, err)
		}
	}
	if got, err := payments.ParseTotal("0"); got != 0 || err != nil {
		t.Errorf("a total of nothing: %v, %v", got, err)
	}
	if _, err := payments.ParseTotal("9999999999999.99"); !errors.Is(err, payments.ErrTotal) {
		t.Errorf("more than there is: %v", err)
	}
}

// An amount is what is written, to the fen, and is written again as it was read.
func FuzzAmount(f *testing.F) {
	for _, seed := range []string{"33.50", "0.1", "1,234", "９９", "元", "1.005"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := payments.ParseAmount(text)
		if err != nil {
			return
		}
		if a <= 0 || a > payments.MaxAmount {
			t.Fatalf("%d", a)
		}
		if again, err := payments.ParseAmount(a.String()); again != a || err != nil {
			t.Fatalf("%s is read as %s, %v", a, again, err)
		}
		if exact, ok := new(big.Rat).SetString(text); ok && exact.Cmp(big.NewRat(int64(a), 100)) != 0 {
			t.Fatalf("%q is read as %s", text, a)
		}
	})
}

func TestString(t *testing.T) {
	for a, want := range map[payments.Amount]string{0: "0.00", 5: "0.05", -5: "-0.05", -12345: "-123.45", 100: "1.00"} {
		if got := a.String(); got != want {
			t.Errorf("%d is %s", int64(a), got)
		}
	}
}

func TestCapital(t *testing.T) {
	for text, want := range map[string]string{
		"33.50": "叁拾叁元伍角整", "33": "叁拾叁元整", "0.05": "伍分", "0.50": "伍角整", "0.55": "伍角伍分", "10": "壹拾元整", "100.01": "壹佰元零壹分",
		"1409.50": "壹仟肆佰零玖元伍角整", "6007.14": "陆仟零柒元壹角肆分", "1680.32": "壹仟陆佰捌拾元叁角贰分", "107000.53": "壹拾万柒仟元伍角叁分",
		"100005": "壹拾万零伍元整", "10010": "壹万零壹拾元整", "200000": "贰拾万元整", "999999.99": "玖拾玖万玖仟玖佰玖拾玖元玖角玖分", "1000.10": "壹仟元壹角整",
	} {
		a, err := payments.ParseAmount(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := payments.Capital(a); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	for a, want := range map[payments.Amount]string{
		0: "零元整", -3350: "负叁拾叁元伍角整", 100_000_000_00: "壹亿元整", 100_010_000_00: "壹亿零壹万元整", 1_000_000_000_000_00: "壹万亿元整", 1_0000_0001_00: "壹亿零壹元整",
	} {
		if got := payments.Capital(a); got != want {
			t.Errorf("%s is %s, want %s", a, got, want)
		}
	}
}

// What is written in capitals is read again, by rules of its own, as the same amount.
func TestCapitalsAreUnambiguous(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := payments.Amount(rapid.Int64Range(0, int64(payments.MaxTotal)).Draw(t, "amount"))
		text := payments.Capital(a)
		if got := readCapital(text); got != a {
			t.Fatalf("%s is %s and is read as %s", a, text, got)
		}
		if strings.Contains(text, "零零") || strings.Contains(text, "零元") && a != 0 {
			t.Fatalf("%s is %s", a, text)
		}
	})
}

func readCapital(text string) payments.Amount {
	digits := map[rune]int64{'零': 0, '壹': 1, '贰': 2, '叁': 3, '肆': 4, '伍': 5, '陆': 6, '柒': 7, '捌': 8, '玖': 9}
	var total, group, digit, fen int64
	for _, r := range text {
		switch r {
		case '拾', '佰', '仟':
			group += digit * map[rune]int64{'拾': 10, '佰': 100, '仟': 1000}[r]
			digit = 0
		case '万':
			total += (group + digit) * 10_000
			group, digit = 0, 0
		case '亿':
			total = (total + group + digit) * 100_000_000
			group, digit = 0, 0
		case '元':
			total += group + digit
			group, digit = 0, 0
		case '角':
			fen += digit * 10
			digit = 0
		case '分':
			fen += digit
		case '整':
		default:
			digit = digits[r]
		}
	}
	return payments.Amount(total*100 + fen)
}

func TestLooksLikeCard(t *testing.T) {
	// Numbers that issuers publish for tests; nobody has them.
	for _, text := range []string{
		"4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "４１１１１１１１１１１１１１１１", "5500005555555559", "378282246310005",
		"户号 4111111111111111", "no.4111.1111.1111.1111 please", "6200000000000005", "4222222222222", "4111\u00a01111\u200b1111\t1111",
	} {
		if !payments.LooksLikeCard(text) {
			t.Errorf("%q is taken for no card", text)
		}
		if _, err := payments.ParseCustomer(text); err == nil {
			t.Errorf("%q is taken for a customer's number", text)
		}
	}
	for _, text := range []string{"", "100023", "4111111111111112", "123456789012", "2026-01-31 12:30", "R-00000001", "41111111111111111111111"} {
		if payments.LooksLikeCard(text) {
			t.Errorf("%q is taken for a card", text)
		}
	}
	if _, err := payments.ParseCustomer("4111 1111 1111 1111"); !errors.Is(err, payments.ErrCard) {
		t.Errorf("no clear message: %v", err)
	}
}

// Whatever digits a card has, written in groups anyhow, it is recognised.
func TestEveryCardIsRecognised(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := []byte(rapid.StringMatching(`[0-9]{12,18}`).Draw(t, "digits"))
		for last := byte('0'); last <= '9'; last++ {
			if whole := append(append([]byte{}, digits...), last); payments.LooksLikeCard(string(whole)) {
				digits = whole
				break
			}
			if last == '9' {
				t.Fatalf("no last digit makes %s a card", digits)
			}
		}
		var b strings.Builder
		for i, d := range digits {
			if i > 0 {
				b.WriteString(rapid.SampledFrom([]string{"", "", " ", "-", "  "}).Draw(t, "between"))
			}
			b.WriteByte(d)
		}
		if !payments.LooksLikeCard("卡" + b.String() + "号") {
			t.Fatalf("%q is taken for no card", b.String())
		}
	})
}

func TestWhatIsTyped(t *testing.T) {
	for text, want := range map[string]string{"100023": "100023", "1000 23": "100023", "ａ１２-9": "A12-9", "k7": "K7"} {
		if got, err := payments.ParseCustomer(text); got != want || err != nil {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "某居民", "ABC", "-1", "1-", "12;34", strings.Repeat("1", 33), "<b>1"} {
		if got, err := payments.ParseCustomer(text); !errors.Is(err, payments.ErrCustomer) {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{"2026-01": "2026-01", "2026年1月": "2026-01", "202612": "2026-12", "2026/3": "2026-03", "２０２６．０３": "2026-03"} {
		if got, err := payments.ParsePeriod(text); got != want || err != nil {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "2026", "2026-13", "2026-00", "1999-01", "2026-01-01", "01-2026"} {
		if got, err := payments.ParsePeriod(text); !errors.Is(err, payments.ErrPeriod) {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{"100023": "***023", "12345": "***45", "7": "*", "": ""} {
		if got := payments.Masked(text); got != want {
			t.Errorf("%q is %q", text, got)
		}
	}
}
