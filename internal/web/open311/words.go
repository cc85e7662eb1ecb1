package open311

import (
	"fmt"
	"strings"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
)

// message is a text of this package in the languages of a portal.
type message struct{ zh, en string }

// in writes a message in a language, with its arguments in place. The arguments are
// names of parameters and numbers, never what a resident wrote.
func (m message) in(lang string, args ...any) string {
	format := m.zh
	if lang == content.English {
		format = m.en
	}
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}

// pick is a text of the content in a language, Chinese where it has no other.
func pick(t content.Text, lang string) string {
	if lang == content.English && t.EN != "" || t.ZH == "" {
		return t.EN
	}
	return t.ZH
}

// and lists names.
func and(lang string, names []string) string {
	if lang == content.English {
		return strings.Join(names, ", ")
	}
	return strings.Join(names, "、")
}

var (
	sayNotFound     = message{"没有这个地址；接口从 /open311/discovery.xml 开始", "There is nothing at this address; the interface begins at /open311/discovery.xml"}
	sayMethod       = message{"这个地址不支持这种请求方法", "This address does not answer this method"}
	sayWait         = message{"网站正在准备内容，请稍后再试", "The site is getting its content ready; try again in a moment"}
	sayAway         = message{"系统暂时不可用，请稍后重试；也可以到社区窗口或打电话办理", "The system can't be reached now; try again in a moment, or ask at the counter or by telephone"}
	sayKeep         = message{"这个请求无法受理，请到社区窗口或打电话办理", "This request can't be taken; ask at the counter or by telephone"}
	sayOften        = message{"请求太频繁，请稍后再试", "Too many requests; try again later"}
	sayLarge        = message{"内容太长", "The request is too long"}
	sayForeign      = message{"不接受其他网站的页面代为提交的请求", "A request that a page of another site sends is not taken"}
	sayForm         = message{"请求须为 application/x-www-form-urlencoded; charset=utf-8", "A request is sent as application/x-www-form-urlencoded; charset=utf-8"}
	sayUnreadable   = message{"请求参数无法读取，须为百分号编码的 UTF-8", "The parameters can't be read; they are percent-encoded UTF-8"}
	sayInAddress    = message{"%s：内容须写在请求正文中，不能写在网址里", "%s: what is sent belongs into the body, not into the address"}
	sayTwice        = message{"%s：只能给一次", "%s: may be given once only"}
	sayKey          = message{"Idempotency-Key：须为 16 到 255 个可见字符，例如 UUID", "Idempotency-Key: 16 to 255 visible characters, such as a UUID"}
	sayJurisdiction = message{"jurisdiction_id：没有这个社区；可以不填", "jurisdiction_id: there is no such community here; it may be left out"}
	sayNoService    = message{"service_code：没有填写；见 services", "service_code was not provided; see services"}
	sayUnknown      = message{"service_code：没有这项服务；见 services", "service_code was not found; see services"}
	sayUndeclared   = message{"%s：这项服务不收集这项内容，请不要填写", "%s: this service does not collect it; leave it out"}
	sayParameter    = message{"有 %d 个参数不属于本接口，请不要填写", "%d parameters are not part of this interface; leave them out"}
	sayAttributes   = message{"有 %d 项 attribute 不属于这项服务，请不要填写", "%d attributes do not belong to this service; leave them out"}
	sayMissing      = message{"%s：必须填写", "%s: is required"}
	sayText         = message{"%s：须为不超过 4000 字的文字", "%s: must be plain text of at most 4000 characters"}
	sayLine         = message{"%s：须为一行文字", "%s: must be one line of text"}
	sayInteger      = message{"%s：须为整数", "%s: must be a whole number"}
	sayDecimal      = message{"%s：须为数字，小数不超过 6 位", "%s: must be a number with at most 6 decimals"}
	sayDate         = message{"%s：须为日期，如 2026-01-31", "%s: must be a date such as 2026-01-31"}
	sayChoice       = message{"%s：须为所列的值之一", "%s: must be one of the values listed"}
	saySameTwice    = message{"%s 与 %s 内容不同，只填一个", "%s and %s differ; send one of them"}
	sayPlace        = message{"须同时给出 lat 和 long；不使用 address_string 和 address_id", "lat and long are both required; address_string and address_id are not used"}
	sayCoordinate   = message{"%s：须为 WGS84 十进制度数", "%s: must be decimal degrees, WGS84"}
	sayRequestIDs   = message{"service_request_id：一次最多查询 %d 个", "service_request_id: at most %d at once"}
	sayDateTime     = message{"%s：须为带时区的 W3C 时间，如 2026-01-01T00:00:00Z", "%s: must be a W3C date and time with its zone, such as 2026-01-01T00:00:00Z"}
	saySpan         = message{"start_date 须早于 end_date，且相隔不超过 90 天", "start_date must be before end_date, and they may not span more than 90 days"}
	sayStatus       = message{"status：只能是 open 或 closed", "status: is open or closed"}
	sayPage         = message{"%s：须为 1 到 %d 的整数", "%s: must be a whole number from 1 to %d"}
	sayNoRequest    = message{"没有可以公开查询的这个编号；办件进度请凭查询码查询", "service_request_id was not found among the public requests; follow a case with its receipt code"}
	sayNoToken      = message{"没有这个 token；本接口不使用 token，提交后立即返回 service_request_id", "token was not found; none are given out here, since a service_request_id is returned at once"}

	sayNoRequestID  = message{"service_request_id：没有填写", "service_request_id was not provided"}
	sayNoTokenGiven = message{"token：没有填写", "token was not provided"}

	sayReceipt = message{
		"已收到。查询码：%s。请妥善保存，只显示这一次；凭查询码可以在本网站、社区窗口或电话查询进度。",
		"Received. Receipt code: %s. Keep it, it is shown this once; with it you can follow the case at this site, at the counter or by telephone.",
	}
	sayDropped = message{"以下内容未读取、未保存：%s。", " Neither read nor kept: %s."}
	sayPassed  = message{"受理后，下列系统会得到所列内容，只用于写明的用途。%s", "When the station has accepted it, these systems get what is listed, for the purpose named and for nothing else. %s"}
	sayGets    = message{"%s（%s）：%s；用途：%s；存放在：%s。", "%s (%s): %s; for: %s; kept at: %s."}
	sayContact = message{"请联系%s", "Ask at %s"}
	sayNoKey   = message{"不需要密钥；请求中的 api_key 不予读取。", "No key is needed; an api_key that is sent is not read."}
	sayHelp    = message{"求助", "Help"}
	sayYes     = message{"是", "Yes"}
	sayNo      = message{"否", "No"}
)

// notProvided says what a resource lacks that is asked for without its id.
var notProvided = map[string]message{"services": sayNoService, "requests": sayNoRequestID, "tokens": sayNoTokenGiven}

// stepNotes tell of a request's step what everybody may know.
var stepNotes = map[casework.Step]message{
	"":                   {"已收到，待受理", "Received, not yet taken in"},
	casework.Collected:   {"已收到，待受理", "Received, not yet taken in"},
	casework.Registered:  {"已受理", "Accepted by the station"},
	casework.Dispatched:  {"已派到网格", "With the grid"},
	casework.Transferred: {"已转交", "Handed on"},
	casework.Handled:     {"已处理，待反馈", "Handled, not yet reported back"},
	casework.Reported:    {"已反馈，待核实", "Reported back, not yet verified"},
	casework.Verified:    {"已核实，待办结", "Verified"},
	casework.Closed:      {"已办结", "Closed"},
	casework.Rejected:    {"不予受理", "Not accepted"},
	casework.Withdrawn:   {"已撤回", "Withdrawn"},
}

// categories of items.
var categories = map[string]message{
	"Certificate": {"证明", "Certificates"},
	"Agency":      {"代办", "Agency services"},
	"Mediation":   {"调解", "Mediation"},
	"Booking":     {"预约", "Bookings"},
	"Other":       {"其他", "Other"},
}
