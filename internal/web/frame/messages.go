package frame

import "maps"

// message holds a text in Chinese and in English.
type message [2]string

// messages are all texts of the programs themselves, by key.
var messages = func() map[string]message {
	all := map[string]message{}
	for _, part := range []map[string]message{commonMessages, portalMessages, disclosureMessages, taskMessages, formMessages, residentMessages, progressMessages, figureMessages, deskMessages, paymentMessages} {
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
	"unit.days.years":  {"%s（约 %s 年）", "%s (about %s years)"},
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

	// What a case is, and what the platform itself uses data for.
	"kind.application":        {"申请", "An application"},
	"kind.help-request":       {"求助", "A request for help"},
	"kind.opinion":            {"意见建议", "An opinion"},
	"kind.mediation":          {"调解", "Mediation"},
	"kind.work-order":         {"热线工单", "A hotline’s work order"},
	"purpose.station-service": {"办理服务站的事项", "The station’s services"},
	"purpose.help-request":    {"求助", "Requests for help"},
	"purpose.opinion":         {"意见建议", "Opinions"},
	"purpose.mediation":       {"调解", "Mediation"},

	"station.Station":     {"社区服务站", "Community service station"},
	"station.Workstation": {"社区工作站", "Community workstation"},
	"station.Centre":      {"社区服务中心", "Community service centre"},

	"failure.400.title": {"没有看懂您提交的内容", "What you sent could not be read"},
	"failure.400.text":  {"内容可能在传送中不完整。什么都没有保存；请返回上一页再试一次，或者到窗口办理。", "It may have arrived incomplete. Nothing was kept; please go back and try again, or come to the counter."},
	"failure.403.title": {"不接受从别处提交的内容", "Not accepted from elsewhere"},
	"failure.403.text":  {"这次提交来自另一个网站，或者您无权打开这个页面。什么都没有保存；请从本站的页面重新开始。", "This was sent from another site, or you may not open this page. Nothing was kept; please start again from a page of this site."},
	"failure.404.title": {"没有找到这个页面", "Page not found"},
	"failure.404.text":  {"地址可能有误，或者页面已经移走。请从下面的栏目重新查找。", "The address may be wrong, or the page has moved. Please start again from one of the pages below."},
	"failure.405.title": {"这个页面只能查看", "This page can only be read"},
	"failure.405.text":  {"您的浏览器试图向这个页面提交内容，但这里不接收。请从下面的栏目重新开始，或者到窗口办理。", "Your browser tried to send something to this page, but it takes nothing in. Please start again from one of the pages below, or come to the counter."},
	"failure.410.title": {"这项服务已经结束", "This service has ended"},
	"failure.410.text":  {"它曾经在这里公布，现在不再办理。请查看目前的服务。", "It used to be offered here and no longer is. Please see the services offered now."},
	"failure.413.title": {"提交的内容太大", "Too much was sent"},
	"failure.413.text":  {"什么都没有保存。请返回上一页，减少文件或者选小一些的文件，也可以把材料带到窗口。", "Nothing was kept. Please go back and send fewer or smaller files, or bring the papers to the counter."},
	"failure.429.title": {"请稍等一会儿再试", "Please wait a moment"},
	"failure.429.text":  {"短时间内尝试的次数太多。什么都没有丢失；请过几分钟再试，或者到窗口办理。", "There were too many attempts in a short time. Nothing is lost; please try again in a few minutes, or come to the counter."},
	"failure.500.title": {"出了差错", "Something went wrong"},
	"failure.500.text":  {"这是我们的错，不是您的错。请稍后再试；如果着急，请到窗口办理。", "The mistake is ours, not yours. Please try again later; if it is urgent, come to the counter."},
	"failure.503.title": {"现在暂时不能办理", "Not available at the moment"},
	"failure.503.text":  {"什么都没有丢失，也没有提交。请过几分钟再试，或者到窗口办理。", "Nothing was lost and nothing was taken. Please try again in a few minutes, or come to the counter."},
}
