package frame

import "maps"

// message holds a text in Chinese and in English.
type message [2]string

// messages are all texts of the programs themselves, by key.
var messages = func() map[string]message {
	all := map[string]message{}
	for _, part := range []map[string]message{commonMessages, portalMessages, disclosureMessages, taskMessages, deskMessages} {
		maps.Copy(all, part)
	}
	return all
}()

var commonMessages = map[string]message{
	"skip":      {"跳到正文", "Skip to main content"},
	"nav":       {"主要栏目", "Main"},
	"crumbs":    {"所在位置", "You are here"},
	"languages": {"语言", "Language"},

	"footer.promise":  {"本站不设 Cookie，不用脚本，不记录访客。", "This site sets no cookies, runs no scripts and keeps no record of who visits."},
	"footer.standard": {"执行标准：", "Standard in force: "},
	"footer.revision": {"内容版本 ", "Content revision "},

	"unit.days":        {"%s 天", "%s days"},
	"unit.days.one":    {"%s 天", "%s day"},
	"unit.hours":       {"%s 小时", "%s hours"},
	"unit.hours.one":   {"%s 小时", "%s hour"},
	"unit.minutes":     {"%s 分钟", "%s minutes"},
	"unit.minutes.one": {"%s 分钟", "%s minute"},
	"unit.m2":          {"%s 平方米", "%s m²"},

	"day.Mon": {"星期一", "Monday"},
	"day.Tue": {"星期二", "Tuesday"},
	"day.Wed": {"星期三", "Wednesday"},
	"day.Thu": {"星期四", "Thursday"},
	"day.Fri": {"星期五", "Friday"},
	"day.Sat": {"星期六", "Saturday"},
	"day.Sun": {"星期日", "Sunday"},
	"day.and": {"%s、%s", "%s and %s"},
	"day.to":  {"%s至%s", "%s to %s"},

	"hours":        {"开放时间", "Opening hours"},
	"hours.days":   {"星期", "Days"},
	"hours.closed": {"不开放", "Closed"},
	"hours.none":   {"开放时间尚未公布。", "The opening hours have not been published yet."},

	"category.Certificate": {"证明", "Certificate"},
	"category.Agency":      {"代办", "Agency"},
	"category.Mediation":   {"调解", "Mediation"},
	"category.Booking":     {"预约", "Booking"},

	"station.Station":     {"社区服务站", "Community service station"},
	"station.Workstation": {"社区工作站", "Community workstation"},
	"station.Centre":      {"社区服务中心", "Community service centre"},

	"failure.404.title": {"没有找到这个页面", "Page not found"},
	"failure.404.text":  {"地址可能有误，或者页面已经移走。请从下面的栏目重新查找。", "The address may be wrong, or the page has moved. Please start again from one of the pages below."},
	"failure.405.title": {"这个页面只能查看", "This page can only be read"},
	"failure.405.text":  {"您的浏览器试图向这个页面提交内容，但这里不接收。办理事项请到窗口。", "Your browser tried to send something to this page, but it takes nothing in. Please come to the counter to have things done."},
	"failure.410.title": {"这项服务已经结束", "This service has ended"},
	"failure.410.text":  {"它曾经在这里公布，现在不再办理。请查看目前的服务。", "It used to be offered here and no longer is. Please see the services offered now."},
}
