package systems

import (
	"math/big"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The rules look at the shape of what was sent and at what was processed before,
// in the order docs/reference/simulators.md lists them. They run with the book
// locked, and change nothing in it.

func more(reason string, needs ...string) Answer {
	return Answer{Outcome: MoreInformation, Reason: reason, Needs: needs, Message: "请补充材料 / please add what is missing"}
}

func no(reason, message string) Answer {
	return Answer{Outcome: Rejected, Reason: reason, Message: message}
}

var accepted = Answer{Outcome: Accepted}

// identityShape is eighteen characters, the last of which may be X. Nothing is
// checked beyond it, so that numbers no person has can be sent.
var identityShape = regexp.MustCompile(`^[0-9]{17}[0-9X]$`)

func malformed() Answer {
	return no("identity-number-malformed", "身份号码格式不正确 / the identity number has not the right form")
}

func socialSecurity(_ *book, m Message) Answer {
	number := m.Elements["identity-number"]
	switch {
	case !identityShape.MatchString(number):
		return malformed()
	case strings.HasSuffix(number, "9"):
		return no("not-insured-here", "参保地不在本区 / insured in another district")
	case strings.HasSuffix(number, "8") && m.Elements["social-security-number"] == "":
		return more("social-security-number-missing", "social-security-number")
	}
	return accepted
}

// residence tells yes or no and nothing else, not even why.
func residence(_ *book, m Message) Answer {
	number := m.Elements["identity-number"]
	if identityShape.MatchString(number) && strings.ContainsAny(number[17:], "02468") {
		return Answer{Outcome: Answered, Answer: "yes"}
	}
	return Answer{Outcome: Answered, Answer: "no"}
}

// placesPerTime is how many appointments family-health gives for one time.
const placesPerTime = 20

var telephoneShape = regexp.MustCompile(`^[0-9 +()-]{5,20}$`)

func familyHealth(b *book, m Message) Answer {
	if !telephoneShape.MatchString(m.Elements["telephone"]) {
		return no("telephone-malformed", "联系电话格式不正确 / the telephone number has not the right form")
	}
	if b.places[m.Elements["preferred-time"]] >= placesPerTime {
		return no("fully-booked", "该时段已约满 / no place is left at that time")
	}
	return accepted
}

func remoteEducation(_ *book, m Message) Answer {
	course := m.Elements["course-title"]
	switch {
	case utf8.RuneCountInString(course) > 100:
		return no("course-unknown", "没有该课程 / there is no such course")
	case strings.Contains(course, "已满") || strings.Contains(strings.ToLower(course), "full"):
		return no("course-full", "课程名额已满 / the course is full")
	}
	return accepted
}

func propertyManagement(_ *book, m Message) Answer {
	switch {
	case !strings.ContainsFunc(m.Elements["property-address"], unicode.IsDigit):
		return no("address-unknown", "找不到该房屋 / no such property is on record")
	case utf8.RuneCountInString(m.Elements["request-text"]) < 5:
		return more("request-too-short", "request-text")
	}
	return accepted
}

// incomeLimit is what a household may have per head, in yuan a month.
const incomeLimit = "1000"

func civilAffairs(_ *book, m Message) Answer {
	if !identityShape.MatchString(m.Elements["identity-number"]) {
		return malformed()
	}
	if m.Elements["household-income"] == "" {
		return accepted
	}
	income, ok := decimal(m.Elements["household-income"])
	if !ok {
		return no("household-income-malformed", "收入格式不正确 / the income is no amount")
	}
	if m.Elements["household-size"] == "" {
		return more("household-size-missing", "household-size")
	}
	size, ok := decimal(m.Elements["household-size"])
	if !ok || !size.IsInt() || size.Sign() <= 0 {
		return no("household-size-malformed", "人口数不正确 / the size of the household is no whole number")
	}
	limit, _ := decimal(incomeLimit)
	if income.Cmp(limit.Mul(limit, size)) > 0 {
		return no("income-above-limit", "人均收入高于标准 / income per head is above the limit")
	}
	return accepted
}

func medicalInsurance(_ *book, m Message) Answer {
	expenses := m.Elements["medical-expenses"]
	switch {
	case !identityShape.MatchString(m.Elements["identity-number"]):
		return malformed()
	case m.Elements["insurance-status"] == "suspended":
		return no("insurance-suspended", "参保状态为停保 / the insurance is suspended")
	case expenses == "":
		return accepted
	}
	if amount, ok := decimal(expenses); !ok || amount.Sign() < 0 {
		return no("medical-expenses-malformed", "费用格式不正确 / the expenses are no amount")
	}
	if m.Elements["bank-account"] == "" {
		return more("bank-account-missing", "bank-account")
	}
	return accepted
}

var monthShape = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])$`)

// supervision takes monthly reports of whole numbers. What a report holds by the
// names opened, closed and late must fit together.
func supervision(b *book, m Message) Answer {
	period := m.Members["period"]
	switch {
	case !monthShape.MatchString(period):
		return no("period-malformed", "月份格式应为 2026-01 / the period is a month such as 2026-01")
	case period > m.At.In(china).Format("2006-01"):
		return no("period-in-the-future", "月份尚未开始 / the month has not begun")
	case len(m.Figures) == 0:
		return more("figures-missing", "figures")
	}
	figures := map[string]*big.Rat{}
	for name, text := range m.Figures {
		value, ok := decimal(text)
		if text == "" { // suppressed, since fewer than ten
			continue
		}
		if !ok || !value.IsInt() || value.Sign() < 0 {
			return no("figure-malformed", "指标应为非负整数 / a figure is a whole number from 0, or null")
		}
		figures[name] = value
	}
	if late, closed := figures["late"], figures["closed"]; late != nil && closed != nil && late.Cmp(closed) > 0 {
		return no("figures-contradict", "逾期数大于办结数 / more are late than were closed")
	}
	answer := accepted
	if sent := b.reports[m.Members["community"]+"\n"+period]; sent > 0 {
		answer.Revision = sent + 1
	}
	return answer
}

// china is the clock reports go by. A fixed zone needs no database of zones.
var china = time.FixedZone("UTC+8", 8*60*60)

var decimalShape = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,4})?$`)

// decimal reads an amount exactly.
func decimal(text string) (*big.Rat, bool) {
	if !decimalShape.MatchString(text) {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// consequences changes the state after a message was decided on.
func (b *book) consequences(m Message) {
	if m.Answer.Outcome != Accepted {
		return
	}
	switch b.kind.Name {
	case FamilyHealth:
		b.places[m.Elements["preferred-time"]]++
	case Supervision:
		b.reports[m.Members["community"]+"\n"+m.Members["period"]]++
	case UtilityBills:
		if m.Answer.Receipt != nil {
			b.paid[m.Answer.Receipt.bill()] = *m.Answer.Receipt
		}
	case Hotline:
		if order := b.orders[m.Members["workOrder"]]; order != nil {
			order.Result = m.Members["result"]
		}
	}
}
