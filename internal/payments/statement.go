package payments

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/width"
)

// MaxLines is how many receipts a statement may have.
const MaxLines = 5000

// heads are what billers write above the columns, without spaces and in small letters.
var heads = map[string][]string{
	"receipt":  {"receipt", "receiptnumber", "receiptno", "number", "回单号", "收据号", "凭证号", "流水号", "缴费凭证号", "票据号"},
	"amount":   {"amount", "payment-amount", "paymentamount", "金额", "缴费金额", "实缴金额", "金额(元)", "缴费金额(元)"},
	"customer": {"customer", "customer-number", "customernumber", "户号", "缴费户号", "客户号", "用户编号"},
}

// TableError says what is wrong with a statement, and in which row. It repeats nothing
// of it.
type TableError struct {
	Row  int // from 1, as a spreadsheet counts; 0 for the whole
	What TableMistake
}

// TableMistake is what is wrong with a statement.
type TableMistake string

// The mistakes.
const (
	NoHead     TableMistake = "head"    // no row names the columns
	NoReceipts TableMistake = "empty"   // nothing follows the head
	TooMany    TableMistake = "many"    // more than MaxLines
	BadReceipt TableMistake = "receipt" // missing, or no receipt number
	BadAmount  TableMistake = "amount"
	HasCard    TableMistake = "card" // something looks like the number of a card
)

// Error says it in a line, with the cure.
func (e *TableError) Error() string {
	cure := map[TableMistake]string{
		NoHead:     "the first rows name no column for the receipt number and none for the amount; write 回单号 and 金额 above them",
		NoReceipts: "no receipt follows the head; a day without any is entered as a total of 0",
		TooMany:    fmt.Sprintf("there are more than %d receipts; ask the biller for one day", MaxLines),
		BadReceipt: "a receipt number is 1 to 64 letters, digits, points, slashes and dashes",
		BadAmount:  ErrAmount.Error(),
		HasCard:    ErrCard.Error(),
	}[e.What]
	if e.Row == 0 {
		return cure
	}
	return fmt.Sprintf("row %d: %s", e.Row, cure)
}

// ReadTable reads a statement from the rows of a table. One of the first ten rows
// names the columns; others than receipt number, amount and customer number are passed
// over, and so are empty rows and rows of totals, which have no receipt number but a
// word for a total. The error is a *TableError.
func ReadTable(rows [][]string) ([]Row, error) {
	at, column := head(rows)
	if column == nil {
		return nil, &TableError{What: NoHead}
	}
	var out []Row
	for i, row := range rows[at+1:] {
		n := at + i + 2
		cell := func(of string) string {
			if c, there := column[of]; there && c < len(row) {
				return strings.TrimSpace(width.Narrow.String(row[c]))
			}
			return ""
		}
		receipt, amount := cell("receipt"), cell("amount")
		switch {
		case blank(row) || isTotal(row) && receiptless(receipt):
			continue
		case slices.ContainsFunc(row, LooksLikeCard):
			return nil, &TableError{n, HasCard}
		case !receiptForm.MatchString(receipt):
			return nil, &TableError{n, BadReceipt}
		case len(out) == MaxLines:
			return nil, &TableError{What: TooMany}
		}
		yuan, err := ParseAmount(amount)
		if err != nil {
			return nil, &TableError{n, BadAmount}
		}
		// What is no customer number fits none.
		customer := strings.ToUpper(strings.Join(strings.Fields(cell("customer")), ""))
		out = append(out, Row{Line: Line{Receipt: receipt, Amount: yuan}, Customer: customer})
	}
	if len(out) == 0 {
		return nil, &TableError{What: NoReceipts}
	}
	return out, nil
}

// headRows is how far down a head may stand: billers put titles above it.
const headRows = 10

func head(rows [][]string) (at int, column map[string]int) {
	for i := range min(headRows, len(rows)) {
		found := map[string]int{}
		for c, cell := range rows[i] {
			text := strings.ToLower(strings.Join(strings.Fields(width.Narrow.String(cell)), ""))
			for of, names := range heads {
				if _, before := found[of]; !before && slices.Contains(names, text) {
					found[of] = c
				}
			}
		}
		_, receipt := found["receipt"]
		_, amount := found["amount"]
		if receipt && amount {
			return i, found
		}
	}
	return 0, nil
}

func blank(row []string) bool {
	return !slices.ContainsFunc(row, func(cell string) bool { return strings.TrimSpace(cell) != "" })
}

// totals are what stands before a sum.
var totals = []string{"合计", "总计", "小计", "total", "sum"}

func isTotal(row []string) bool {
	return slices.ContainsFunc(row, func(cell string) bool {
		text := strings.ToLower(strings.TrimRight(strings.Join(strings.Fields(width.Narrow.String(cell)), ""), ":"))
		return slices.Contains(totals, text)
	})
}

func receiptless(cell string) bool {
	return cell == "" || isTotal([]string{cell})
}
