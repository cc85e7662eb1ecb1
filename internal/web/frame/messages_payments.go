package frame

import "maps"

// paymentMessages are of what residents pay at the counter.
var paymentMessages = func() map[string]message {
	all := map[string]message{}
	for _, part := range []map[string]message{payPages, payWords, payBooks, payTill, payAsk} {
		maps.Copy(all, part)
	}
	return all
}()

var payPages = map[string]message{
	"desk.nav.payments": {"代收缴费", "Payments"},

	"desk.pay.title":      {"代收缴费", "Payments"},
	"desk.pay.take":       {"收一笔", "Take a payment"},
	"desk.pay.check":      {"请念给居民听", "Read this back to the resident"},
	"desk.pay.check.text": {"核对账单上的户号和金额，再把钱收好。提交以后，多半撤不回来。", "Compare the number and the amount with the bill, then put the money away. Once sent, it can seldom be called back."},
	"desk.pay.yes":        {"已收款，提交", "The money is here: send it"},
	"desk.pay.edit":       {"返回修改", "Go back and change it"},
	"desk.pay.next":       {"下一步：核对", "Next: check it"},
	"desk.pay.another":    {"再收一笔", "Take another"},
	"desk.pay.export":     {"下载当天表格", "The day as a workbook"},
	"desk.pay.day":        {"日期", "Day"},
	"desk.pay.none":       {"这一天没有收款。", "No payment was taken on this day."},
	"desk.pay.waits":      {"等人处理", "To be seen to"},
	"desk.pay.totals":     {"合计", "Totals"},
	"desk.pay.note":       {"账上只有编号、金额和时间，没有缴费人的姓名，也没有银行卡号。", "The books hold numbers, amounts and times, nobody’s name and no card’s number."},

	"desk.pay.customer":      {"缴费户号", "Customer number"},
	"desk.pay.customer.hint": {"照账单上的写。不写姓名，不写银行卡号。", "As it stands on the bill. No name goes here, and no card’s number."},
	"desk.pay.period":        {"缴费期间", "Billing month"},
	"desk.pay.period.hint":   {"年和月，例如 2026-01", "Year and month, such as 2026-01"},
	"desk.pay.amount":        {"金额（元）", "Amount in yuan"},
	"desk.pay.amount.hint":   {"例如 33.50", "Such as 33.50"},

	"desk.pay.tell":         {"收款须知", "Mind"},
	"desk.pay.tell.bill":    {"请居民出示缴费通知单。", "Ask for the bill."},
	"desk.pay.tell.name":    {"只记户号、期间和金额；户号加密保存，期满删除。", "Only customer number, month and amount are kept; the number is sealed, and deleted when its time is over."},
	"desk.pay.tell.card":    {"用站里的刷卡机收的，选“其他方式”；卡号一位也不要记。", "For what came through the station’s own card terminal choose “other means”. Write down no digit of a card."},
	"desk.pay.tell.refused": {"缴费单位不接受的，钱会退还；请居民留好收据。", "Where the biller does not take it, the money is given back: the resident should keep the receipt."},

	"desk.pay.receipt":      {"代收缴费收据", "Receipt"},
	"desk.pay.receipt.back": {"退款凭据", "Record of money given back"},
	"desk.pay.received":     {"收款时间", "Taken"},
	"desk.pay.stamp":        {"收款单位盖章", "Stamp of the station"},
	"desk.pay.capital":      {"金额大写", "In capitals"},
	"desk.pay.expired":      {"保存期已满，已删除", "deleted, its time being over"},

	"desk.problem.payment.title": {"没有这笔缴费", "There is no such payment"},
	"desk.problem.payment":       {"编号不对，或者不在本社区。请从当天的列表里找。", "The address is wrong, or it is not this community’s. Look for it in the list of its day."},
}

var payWords = map[string]message{
	"desk.pay.col.number":  {"编号", "Number"},
	"desk.pay.col.time":    {"时间", "Time"},
	"desk.pay.col.biller":  {"缴费单位", "Biller"},
	"desk.pay.col.amount":  {"金额", "Amount"},
	"desk.pay.col.means":   {"收款方式", "Paid by"},
	"desk.pay.col.state":   {"进度", "Progress"},
	"desk.pay.col.receipt": {"缴费单位凭证号", "Biller’s receipt number"},
	"desk.pay.col.count":   {"笔数", "Payments"},
	"desk.pay.col.work":    {"岗位", "Position"},
	"desk.pay.col.account": {"账户", "Account"},
	"desk.pay.col.opening": {"期初", "Opening"},
	"desk.pay.col.in":      {"增加", "In"},
	"desk.pay.col.out":     {"减少", "Out"},
	"desk.pay.col.closing": {"期末", "Closing"},

	"desk.pay.means.cash":  {"现金", "cash"},
	"desk.pay.means.other": {"其他方式", "other means"},

	"desk.pay.state.taken":     {"已收款，等待提交", "Taken, to be sent"},
	"desk.pay.state.sent":      {"已提交，等待答复", "Sent, no answer yet"},
	"desk.pay.state.confirmed": {"缴费单位已入账", "Booked by the biller"},
	"desk.pay.state.refused":   {"未被接受，应退款", "Not taken: to be given back"},
	"desk.pay.state.returned":  {"已退款", "Given back"},
	"desk.pay.state.cancelled": {"已取消，已退款", "Cancelled, given back"},
	"desk.pay.state.dead":      {"送不到，等人处理", "Can’t be delivered: to be seen to"},

	"desk.pay.dead": {"消息送不到缴费单位的系统。请到“送达部门系统”查明原因：再送一次，或者放弃。放弃以后，款项应退给居民。", "The message can’t be delivered to the biller’s system. Find out why under Deliveries, then send it again or give it up. Given up, the money is to be given back."},

	"desk.pay.slip.taken":     {"本站代收，正在向缴费单位提交。结果可凭本收据到窗口查询；如不被接受，款项如数退还。", "Taken by this station for the biller, and about to be sent there. Ask at the counter with this receipt how it went; if it is not taken, all of the money is given back."},
	"desk.pay.slip.sent":      {"本站代收，已向缴费单位提交。结果可凭本收据到窗口查询；如不被接受，款项如数退还。", "Taken by this station for the biller, and sent there. Ask at the counter with this receipt how it went; if it is not taken, all of the money is given back."},
	"desk.pay.slip.confirmed": {"缴费单位已经入账。", "The biller has booked it."},
	"desk.pay.slip.refused":   {"缴费单位没有接受。请凭收据到窗口取回款项。", "The biller has not taken it. Come to the counter with the receipt to get the money back."},
	"desk.pay.slip.returned":  {"缴费单位没有接受，款项已经如数退还。", "The biller has not taken it, and all of the money was given back."},
	"desk.pay.slip.cancelled": {"没有提交，款项已经如数退还。", "It was not sent, and all of the money was given back."},

	"desk.pay.reason.nothing-found":     {"没有这个户号", "no such customer number"},
	"desk.pay.reason.materials-missing": {"金额或期间与账单不符", "amount or month are not those of the bill"},
	"desk.pay.reason.duplicate":         {"这一期已经缴过", "that month is paid"},
	"desk.pay.reason.not-admitted":      {"缴费单位不收这样的缴费", "the biller takes no such payment"},
	"desk.pay.reason.not-ours":          {"不归这个缴费单位", "it is another biller’s"},
	"desk.pay.reason.given-up":          {"没有送到，本站已放弃", "it could not be delivered, and was given up"},
	"desk.pay.reason.other":             {"缴费单位没有说明", "the biller does not say why"},

	"desk.pay.event.return":  {"退款给居民", "Give the money back"},
	"desk.pay.event.cancel":  {"取消", "Cancel it"},
	"desk.pay.event.confirm": {"按对账单确认入账", "Confirm it by the statement"},
	"desk.pay.hint.return":   {"把 %s 交还居民，收回收据，再点这里。", "Hand %s to the resident, take the receipt back, then press this."},
	"desk.pay.hint.cancel":   {"还没有提交：把 %s 当场交还居民，再点这里。", "It is not sent yet: hand %s back at once, then press this."},
	"desk.pay.hint.confirm":  {"没有收到答复，但缴费单位的对账单上有。", "No answer came, but it stands on the biller’s statement."},

	"desk.pay.turn.take":    {"收款", "Taken"},
	"desk.pay.turn.send":    {"提交缴费单位", "Sent to the biller"},
	"desk.pay.turn.confirm": {"缴费单位入账", "Booked by the biller"},
	"desk.pay.turn.refuse":  {"缴费单位没有接受", "Not taken by the biller"},
	"desk.pay.turn.return":  {"退款", "Given back"},
	"desk.pay.turn.cancel":  {"取消", "Cancelled"},

	"desk.pay.did.take":      {"已收款并记账。请把收据打印给居民。", "Taken and booked. Print the receipt for the resident."},
	"desk.pay.did.return":    {"已退款并记账。", "Given back and booked."},
	"desk.pay.did.cancel":    {"已取消并记账。", "Cancelled and booked."},
	"desk.pay.did.confirm":   {"已确认入账。", "Confirmed."},
	"desk.pay.did.till":      {"清点已记录，差额已记账。请打印本单并签字。", "The count is kept, and any difference booked. Print this and sign it."},
	"desk.pay.did.pay-over":  {"已记账：付给缴费单位。", "Booked: paid over to the biller."},
	"desk.pay.did.statement": {"对账单已记录，比较结果如下。", "The statement is kept; compared, it looks like this."},

	"desk.pay.refused":         {"没有执行", "Nothing was done"},
	"desk.pay.refused.now":     {"这笔缴费已经不是刚才的样子，请看下面现在的进度。", "The payment has moved on. Below is how it stands now."},
	"desk.pay.refused.you":     {"这一步由站长来做。", "This is for the lead to do."},
	"desk.pay.refused.cancel":  {"已经在提交，缴费单位可能已经收到，不能取消了。等它答复。", "It is being sent, and the biller may have it: it can’t be cancelled any more. Wait for the answer."},
	"desk.pay.refused.receipt": {"请写对账单上的凭证号：1 至 64 个字母、数字、点、斜线或短横线。", "Write the receipt number of the statement: 1 to 64 letters, digits, points, slashes and dashes."},
	"desk.pay.refused.form":    {"没有看懂这一步。请重新打开这一页。", "That step makes no sense. Open this page again."},

	"desk.pay.error.biller":    {"请选缴费单位。", "Choose the biller."},
	"desk.pay.error.closed":    {"缴费单位的系统现在不收这样的缴费。不要收钱；请告诉区里的信息部门。", "The biller’s system takes no such payments now. Take no money, and tell the district’s IT department."},
	"desk.pay.error.customer":  {"户号是 1 至 32 位数字、大写字母或短横线，照账单上的写；不要写姓名。", "A customer number is 1 to 32 digits, capital letters and dashes, as on the bill; no name."},
	"desk.pay.error.card":      {"这像是银行卡号。这里从不记卡号：请写账单上的户号。", "This looks like the number of a bank card, which is never entered here. Write the customer number that stands on the bill."},
	"desk.pay.error.period":    {"期间写成年和月，例如 2026-01。", "Write the month as 2026-01."},
	"desk.pay.error.amount":    {"金额写到分为止，例如 33.50；要大于零，一笔最多 999999.99 元。", "Write the amount with at most two places, such as 33.50; above nothing, and at most 999999.99."},
	"desk.pay.error.means":     {"请选收款方式。", "Choose how it was paid."},
	"desk.pay.error.reused":    {"这张表已经用来收过另一笔。现在是新的一张，请核对后再提交。", "This form was used for another payment. It is a new one now: check it and send it again."},
	"desk.pay.error.refused":   {"没有记账：内容不合规定。请核对后再试。", "Nothing was booked: it can’t be kept like this. Check it and try again."},
	"desk.pay.error.total":     {"金额写到分为止，例如 1024.00。", "Write the amount with at most two places, such as 1024.00."},
	"desk.pay.error.recounted": {"这张表已经用来记过另一次清点。现在是新的一张，请再提交。", "This form was used for another count. It is a new one now: send it again."},
	"desk.pay.error.owed":      {"应付或者钱箱里没有这么多。请看今天的账目。", "So much is not owed, or not in the till. Look at the books of today."},
}

var payBooks = map[string]message{
	"desk.pay.books":         {"当天账目和对账", "Books and reconciliation"},
	"desk.pay.accounts":      {"账户", "Accounts"},
	"desk.pay.accounts.none": {"到这一天为止，账上什么都没有。", "Up to this day nothing is on the books."},
	"desk.pay.accounts.note": {"每一笔都记两头；钱箱里的，等于等待确认的、应付的、应退的和清点差额之和。", "Everything is booked on two sides: what is in the tills is what waits, what is owed, what is to be given back and what counting found, together."},
	"desk.pay.broken":        {"账不平：有人动过账本。请告诉区里的信息部门。", "The books do not balance: somebody has altered them. Tell the district’s IT department."},

	"desk.pay.account.till.cash":  {"钱箱：现金", "Till: cash"},
	"desk.pay.account.till.other": {"其他方式收到的", "Received by other means"},
	"desk.pay.account.held":       {"已收、等待确认：%s", "Taken, not confirmed: %s"},
	"desk.pay.account.owed":       {"应付：%s", "Owed to: %s"},
	"desk.pay.account.return":     {"应退居民：%s", "To be given back: %s"},

	"desk.pay.account.difference.cash":  {"清点差额：现金", "Found by counting: cash"},
	"desk.pay.account.difference.other": {"清点差额：其他方式", "Found by counting: other means"},

	"desk.pay.till":       {"钱箱", "Till"},
	"desk.pay.count":      {"清点现金（元）", "Cash counted, in yuan"},
	"desk.pay.count.do":   {"结箱", "Close the till"},
	"desk.pay.count.hint": {"点清以后再填。与账上不同的，差额单独记账；点错了，重新清点一次就改过来。", "Count first. What differs from the books is booked to an account of its own; a miscount comes right when the till is counted again."},
	"desk.pay.counted":    {"清点 %s，账上 %s", "counted %s, on the books %s"},
	"desk.pay.apart":      {"相差 %s", "apart by %s"},
	"desk.pay.fits":       {"相符", "They agree"},
	"desk.pay.uncounted":  {"这一天还没有清点。", "The till was not counted on this day."},
	"desk.pay.over":       {"付给缴费单位", "Pay over to a biller"},
	"desk.pay.over.do":    {"记账：已付", "Book it as paid"},
	"desk.pay.from":       {"从", "From"},

	"desk.pay.reconcile":       {"与缴费单位对账", "Reconciliation with billers"},
	"desk.pay.ours":            {"本站当天入账", "Booked that day, here"},
	"desk.pay.theirs":          {"对账单", "On the statement"},
	"desk.pay.difference":      {"相差", "Difference"},
	"desk.pay.n":               {"%s 笔", "%s payments"},
	"desk.pay.n.one":           {"%s 笔", "%s payment"},
	"desk.pay.matched":         {"%s 笔相符。", "%s payments agree."},
	"desk.pay.matched.one":     {"%s 笔相符。", "%s payment agrees."},
	"desk.pay.agrees":          {"相符", "Agrees"},
	"desk.pay.differs":         {"有出入", "Differs"},
	"desk.pay.differ":          {"凭证号相同，内容不同", "The same receipt number, and not the same"},
	"desk.pay.missing.there":   {"本站有，对账单上没有", "Here, and not on the statement"},
	"desk.pay.missing.here":    {"对账单上有，本站没有", "On the statement, and not here"},
	"desk.pay.elsewhere":       {"在别的日期的对账单上", "On the statement of another day"},
	"desk.pay.totals.only":     {"对账单只有总数，只比较了总数。", "The statement was entered as a total, and only totals are compared."},
	"desk.pay.why.amount":      {"金额不同", "the amounts differ"},
	"desk.pay.why.customer":    {"户号不同", "the customer numbers differ"},
	"desk.pay.why.twice":       {"在对账单上不止一次，或者别的日期的对账单上也有", "on statements more than once"},
	"desk.pay.statement":       {"录入对账单", "Enter the statement"},
	"desk.pay.statement.again": {"重新录入对账单", "Enter the statement again"},
	"desk.pay.statement.none":  {"还没有对账单", "No statement yet"},
	"desk.pay.statement.do":    {"比较", "Compare"},
	"desk.pay.table":           {"对账单文件", "File with the statement"},
	"desk.pay.table.hint":      {"CSV 或 XLSX，前几行里要有“回单号”和“金额”两个列名；有“户号”就一并比较，比较后不保存。", "CSV or XLSX with columns named receipt and amount in one of the first rows. Where there is a column customer-number it is compared too, and not kept."},
	"desk.pay.or":              {"没有文件，就填总数：", "Without a file, enter the totals:"},
	"desk.pay.total":           {"总金额（元）", "Total in yuan"},
	"desk.pay.error.statement": {"请选一个文件，或者把总金额和笔数都填上。", "Choose a file, or fill in both the total and how many."},

	"desk.pay.table.file":    {"这个文件不是表格。请另存为 XLSX 或 CSV 再上传。", "The file is no table. Save it as XLSX or CSV and send that."},
	"desk.pay.table.large":   {"文件太大，最多 2 MB。", "The file is too large; 2 MB at most."},
	"desk.pay.table.head":    {"没有找到列名。请在第一行写上“回单号”和“金额”。", "No row names the columns. Write receipt and amount into the first row."},
	"desk.pay.table.empty":   {"列名下面没有内容。当天没有的，请填总数 0。", "Nothing follows the names of the columns. For a day without any, enter a total of 0."},
	"desk.pay.table.many":    {"太多了，一天最多 5000 笔。", "There are too many: at most 5000 a day."},
	"desk.pay.table.receipt": {"第 %s 行：凭证号不对。", "Row %s: this is no receipt number."},
	"desk.pay.table.amount":  {"第 %s 行：金额不对。", "Row %s: this is no amount."},
	"desk.pay.table.card":    {"第 %s 行：像是银行卡号。请删掉这一列再上传。", "Row %s: something looks like the number of a bank card. Take that column out and send it again."},
}

var payTill = map[string]message{
	"desk.pay.closing":         {"钱箱结算单", "Closing of the till"},
	"desk.pay.closing.counted": {"清点现金", "Cash counted"},
	"desk.pay.closing.booked":  {"账上应有", "On the books"},
	"desk.pay.closing.short":   {"短款 %s", "%s too little"},
	"desk.pay.closing.over":    {"长款 %s", "%s too much"},
	"desk.pay.closing.booking": {"差额已记入“清点差额”账户；结算以后，钱箱账上是清点的数额。", "The difference is booked to the account of what counting found; the till’s account is now what was counted."},
	"desk.pay.closing.by":      {"清点人签字", "Counted by (signature)"},
	"desk.pay.closing.witness": {"监点人签字", "In the presence of (signature)"},
	"desk.pay.closing.print":   {"用浏览器打印本页，由清点人和监点人签字存档。", "Print this page with the browser; whoever counted and whoever was present sign it."},

	"desk.pay.checked":           {"账本核验", "Check of the books"},
	"desk.pay.checked.do":        {"从头核验账本", "Check the books from the beginning"},
	"desk.pay.checked.right":     {"%s 条分录都与写入时相同，也与审计记录一致。", "All %s journals are as they were written, and as the audit trail says."},
	"desk.pay.checked.right.one": {"%s 条分录与写入时相同，也与审计记录一致。", "%s journal, as it was written and as the audit trail says."},
	"desk.pay.checked.wrong":     {"第 %s 条分录与写入时不同", "Journal %s is not as it was written"},
	"desk.pay.checked.tell":      {"有人动过账本，或者分录缺失。不要再收款，请告诉区里的信息部门。", "Somebody has altered the books, or something of them is missing. Take no more payments, and tell the district’s IT department."},
	"desk.pay.checked.journals":  {"账本分录", "Journals in the books"},
	"desk.pay.checked.anchored":  {"其中审计记录有其摘要的", "Of these, with their hash in the audit trail"},
	"desk.pay.checked.how":       {"每条分录都含前一条的摘要；摘要同时写入审计记录，审计记录的末尾每小时对外公布。", "Each journal has the hash of the one before. The audit trail has each one’s hash, and its head is published every hour."},
}

var payAsk = map[string]message{
	"desk.pay.bill.do":         {"查应缴金额", "Look up what is due"},
	"desk.pay.bill.due":        {"缴费单位答复：应缴 %s。请与账单核对。", "The biller says that %s is due. Compare it with the bill."},
	"desk.pay.bill.paid":       {"缴费单位答复：这一期已经缴过，凭证号 %s。不要再收。", "The biller says that this month is paid, with the receipt number %s. Take no money."},
	"desk.pay.bill.none":       {"缴费单位答复：没有这个户号，或者这一期。请核对账单。", "The biller says that there is no such customer number or month. Compare them with the bill."},
	"desk.pay.bill.else":       {"缴费单位没有答复应缴多少。请照账单填写金额。", "The biller does not say what is due. Write the amount that stands on the bill."},
	"desk.pay.bill.waits":      {"已经去问，还没有答复。过几秒再点一次，或者照账单填写金额。", "Asked, and not answered yet. Press it again in some seconds, or write the amount that stands on the bill."},
	"desk.pay.bill.unreadable": {"缴费单位的答复看不懂。请照账单填写金额，并告诉区里的信息部门。", "Nobody can read what the biller answered. Write the amount that stands on the bill, and tell the district’s IT department."},
	"desk.pay.bill.never":      {"这个缴费单位的系统不能查询。请照账单填写金额。", "This biller’s system can’t be asked. Write the amount that stands on the bill."},

	"desk.dead.question.bill":      {"应缴金额查询", "a question what is due"},
	"desk.dead.question.statement": {"对账单查询", "a question for a statement"},

	"desk.pay.fetch":      {"向缴费单位取对账单", "Fetch the statement from the biller"},
	"desk.pay.fetch.hint": {"前一天的每天夜里自动去取。", "That of the day before is fetched every night by itself."},
	"desk.pay.did.fetch":  {"已经去取，大约一分钟后到。过一会儿再打开这一页。", "Asked for. It comes within about a minute: open this page again then."},
}
