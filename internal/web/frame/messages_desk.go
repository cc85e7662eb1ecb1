package frame

import "maps"

// deskMessages are of the desk, for those who work cases.
var deskMessages = func() map[string]message {
	all := map[string]message{}
	for _, part := range []map[string]message{deskOffered, deskPages, deskCase, deskDeliveries, deskRemedies, deskEntry, deskWords, deskTroubles} {
		maps.Copy(all, part)
	}
	return all
}()

// deskOffered is what a station offers.
var deskOffered = map[string]message{
	"desk.title":       {"服务台", "Service desk"},
	"desk.lede":        {"供服务站工作人员使用。", "For the staff of the service station."},
	"desk.unbuilt":     {"本社区还没有接上数据库，办件不在这里登记。请继续用纸质登记受理；下面是本站目前受理的事项。", "This community has no database yet, so cases are not kept here. Please keep registering requests on paper; below is what this station offers at present."},
	"desk.notice":      {"尚未开通", "Not in service yet"},
	"desk.nostation":   {"本社区还没有服务站，因此没有受理的事项。", "This community has no service station yet, so nothing is offered."},
	"desk.item":        {"事项", "Service"},
	"desk.asked":       {"可以询问的信息", "What may be asked"},
	"desk.asked.none":  {"无", "nothing"},
	"desk.limits":      {"时限", "Time limits"},
	"desk.accept":      {"受理 %s", "accept: %s"},
	"desk.resolve":     {"办结 %s", "finish: %s"},
	"desk.limits.none": {"未规定", "none set"},
	"desk.items":       {"按窗口列出的事项", "Services by counter"},
	"desk.empty":       {"没有事项。", "No services."},
	"desk.department":  {"部门任务：%s", "Tasks of the %s"},
}

var deskPages = map[string]message{
	"desk.promise": {"服务台只为登录设 Cookie，不用脚本。打开居民填写的内容会被记录。", "The desk sets cookies for signing in only, and runs no scripts. Opening what residents wrote is recorded."},

	"desk.nav.cases":    {"办件", "Cases"},
	"desk.nav.enter":    {"窗口登记", "Enter a request"},
	"desk.nav.figures":  {"统计", "Figures"},
	"desk.nav.services": {"受理事项", "What we offer"},

	"desk.signedin": {"当前登录", "Signed in as"},
	"desk.signout":  {"退出", "Sign out"},

	"desk.role.lead":        {"站长", "Lead"},
	"desk.role.staff":       {"工作人员", "Staff"},
	"desk.role.grid-worker": {"网格员", "Grid worker"},
	"desk.role.resident":    {"居民", "Resident"},
	"desk.role.system":      {"系统", "System"},
	"desk.role.viewer":      {"只看统计", "Figures only"},

	"desk.signin.title":           {"登录服务台", "Sign in to the desk"},
	"desk.signin.text":            {"服务台供服务站工作人员和网格员使用。请用区里统一的账号登录。", "The desk is for the station's staff and for grid workers. Sign in with your district account."},
	"desk.signin.button":          {"登录", "Sign in"},
	"desk.signin.again":           {"再试一次", "Try again"},
	"desk.signin.time":            {"登录后最长 4 小时，30 分钟不用会自动退出。用公用电脑，离开时请退出。", "You stay signed in for 4 hours at most, and are signed out after 30 minutes without use. On a shared computer, sign out when you leave."},
	"desk.signin.residents":       {"居民办事不在这里登录：请到社区网站或窗口。", "Residents do not sign in here: please use the community's site or come to the counter."},
	"desk.signin.stale":           {"这次登录没有完成：用时太长，或者是从别的浏览器开始的。请再登录一次。", "This sign-in was not finished: it took too long, or began in another browser. Please sign in again."},
	"desk.signin.refused":         {"登录服务没有放行，或者您取消了登录。", "The sign-in service did not let you in, or you cancelled."},
	"desk.signin.untrusted":       {"登录服务发来的凭证不可信，没有让任何人登录。如果再次出现，请告诉区里的信息部门。", "What the sign-in service sent could not be trusted, and nobody was signed in. If it happens again, tell the district's IT department."},
	"desk.signin.nameless":        {"您的账号没有工作标识。请告诉区里的信息部门，为账号补上。", "Your account has no work identifier. Please ask the district's IT department to add one."},
	"desk.signin.unreachable":     {"暂时连不上登录服务，不是您的账号有问题。请过一会儿再试。", "The sign-in service can't be reached at the moment. Nothing is wrong with your account. Please try again shortly."},
	"desk.signin.insecure":        {"服务台现在没有用加密连接（https）打开，不能登录。请告诉区里的信息部门。", "The desk was not opened over an encrypted connection (https), so nobody can sign in. Please tell the district's IT department."},
	"desk.noaccess.title":         {"您的账号还不能使用服务台", "Your account can't use this desk yet"},
	"desk.noaccess.group":         {"您已登录，但账号不在可以使用本站服务台的组里，也没有登记为网格员。", "You are signed in, but your account is in none of the groups that may use this desk, and is not listed as a grid worker."},
	"desk.noaccess.work":          {"您已登录，但账号的工作标识不能用：只能有小写字母、数字和连字符，不能是电话号码或身份证号。", "You are signed in, but your account's work identifier can't be used: it may have lower-case letters, digits and hyphens, and must be no telephone or identity number."},
	"desk.noaccess.yours":         {"您的工作标识", "Your work identifier"},
	"desk.noaccess.groups":        {"您的账号所在的组", "Groups your account is in"},
	"desk.noaccess.none":          {"一个也没有", "none"},
	"desk.noaccess.accepted":      {"可以使用本站服务台的组", "Groups that may use this desk"},
	"desk.noaccess.accepted.none": {"还没有设置。", "None has been set up yet."},
	"desk.noaccess.ask":           {"找谁", "Whom to ask"},
	"desk.noaccess.ask.text":      {"请把这一页告诉区里的信息部门：由他们把您的账号加入上面的一个组，或由街道把您登记为网格员。加好以后，请退出再登录。", "Show this page to the district's IT department: they can add your account to one of the groups above, or the sub-district can list you as a grid worker. Afterwards, sign out and in again."},
	"desk.noaccess.Lead":          {"站长", "lead"},
	"desk.noaccess.Worker":        {"工作人员", "staff"},
	"desk.noaccess.Viewer":        {"只看统计", "figures only"},

	"desk.view.mine":           {"我的", "Mine"},
	"desk.view.station":        {"站内待领", "To be taken"},
	"desk.view.grid":           {"在网格", "With grids"},
	"desk.view.mygrid":         {"我的网格", "My grid"},
	"desk.view.late":           {"超期", "Late"},
	"desk.view.open":           {"全部未结", "All open"},
	"desk.view.ended":          {"已结束", "Ended"},
	"desk.queues":              {"队列", "Queues"},
	"desk.queue.table":         {"办件列表", "List of cases"},
	"desk.queue.gone":          {"它已经不在您的网格，不再显示。", "It is no longer with your grid, and no longer shown to you."},
	"desk.queue.none":          {"这里没有办件。", "There are no cases here."},
	"desk.queue.none.filtered": {"按这些条件没有办件。", "No case matches these conditions."},
	"desk.queue.next":          {"下一页", "Next page"},
	"desk.queue.first":         {"回到第一页", "Back to the first page"},
	"desk.queue.order":         {"最先到期的排在最前。", "What is due first comes first."},
	"desk.queue.order.ended":   {"最近结束的排在最前。", "What ended last comes first."},
	"desk.filter":              {"筛选", "Filter"},
	"desk.filter.all":          {"全部", "All"},
	"desk.filter.apply":        {"筛选", "Apply"},
	"desk.filter.clear":        {"清除筛选", "Clear"},
	"desk.col.number":          {"编号", "Number"},
	"desk.col.kind":            {"类别", "Kind"},
	"desk.col.item":            {"事项", "About"},
	"desk.col.step":            {"进度", "Step"},
	"desk.col.place":           {"在哪里", "Where"},
	"desk.col.holder":          {"经办", "Held by"},
	"desk.col.due":             {"时限", "Due"},
	"desk.holder.none":         {"无人", "nobody"},
	"desk.holder.you":          {"您", "you"},
	"desk.here":                {"本站", "the station"},

	"desk.queue.doubt.no-grid":       {"不在网格内", "In no grid"},
	"desk.queue.doubt.several-grids": {"在交界处", "On a border"},

	"desk.due.left":   {"还有 %s", "%s left"},
	"desk.due.over":   {"超期 %s", "%s late"},
	"desk.due.now":    {"此刻到期", "due now"},
	"desk.due.late":   {"曾超期", "was late"},
	"desk.paused":     {"已暂停", "Paused"},
	"desk.paused.for": {"已暂停：%s", "Paused: %s"},

	"desk.grid.own":    {"在哪个网格工作", "Grid you work in"},
	"desk.grid.switch": {"切换", "Switch"},

	"desk.find.title":  {"查找办件", "Find a case"},
	"desk.find.label":  {"办件编号、12345 工单号或查询码", "Case number, 12345 order number or receipt code"},
	"desk.find.hint":   {"姓名、电话、住址都查不到：谁办过什么事，不能查。", "Never by name, telephone or address: nobody can be looked up."},
	"desk.find.button": {"查找", "Find"},
	"desk.find.none":   {"没有找到。请核对编号（如 2026-000123）、12345 工单号（要完整）或查询码。", "Nothing was found. Please compare the number (such as 2026-000123), the order number of the 12345 hotline (all of it), or the receipt code."},

	"desk.figures.title":        {"本站统计", "The station's figures"},
	"desk.figures.lede":         {"按事项统计当月收到的办件。这里没有任何个人信息。", "Cases received in the month, by what they are about. There is no personal data here."},
	"desk.figures.note":         {"小于 10 的数，以及能推算出这样的数的，不显示，写作“不显示”；比例则写“至少”或“至多”。只统计已经结束的月份。", "Counts below 10, and those from which such a count could be worked out, read “not shown”; shares then read “at least” or “at most”. Only months that are over are counted."},
	"desk.figures.month":        {"月份", "Month"},
	"desk.figures.show":         {"查看", "Show"},
	"desk.figures.export":       {"下载 Excel 表格", "Download as Excel"},
	"desk.figures.none":         {"这个月没有可以公布的数字。", "There are no figures for this month."},
	"desk.figures.total":        {"合计", "Total"},
	"desk.figures.opened":       {"收到", "Received"},
	"desk.figures.responded":    {"已受理", "Accepted"},
	"desk.figures.resolved":     {"已办结", "Done"},
	"desk.figures.late":         {"曾超期", "Late"},
	"desk.figures.rated":        {"已评价", "Rated"},
	"desk.figures.satisfied":    {"满意", "Satisfied"},
	"desk.figures.response":     {"受理率", "Accepted, share"},
	"desk.figures.resolution":   {"办结率", "Done, share"},
	"desk.figures.satisfaction": {"满意率", "Satisfied, share"},
	"desk.figures.hidden":       {"不显示", "not shown"},
	"desk.share.exactly":        {"%s%%", "%s%%"},
	"desk.share.at-least":       {"至少 %s%%", "at least %s%%"},
	"desk.share.at-most":        {"至多 %s%%", "at most %s%%"},
}
