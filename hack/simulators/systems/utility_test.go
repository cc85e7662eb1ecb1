package systems

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func (s *sender) get(path string, into any) int {
	s.t.Helper()
	r, _ := http.NewRequest(http.MethodGet, s.system.URL()+path, nil)
	got := s.must(r)
	if err := json.Unmarshal([]byte(got.text), into); err != nil {
		s.t.Fatal(err, got.text)
	}
	return got.status
}

func TestBills(t *testing.T) {
	farm, c := start(t, UtilityBills)
	s := sends(t, farm, UtilityBills, c)
	var bill Bill
	if status := s.get("/bills?customer-number=100023&payment-period=2026-08", &bill); status != http.StatusOK ||
		bill != (Bill{CustomerNumber: "100023", Period: "2026-08", Amount: "33.00", Currency: "CNY"}) {
		t.Errorf("%d %+v", status, bill)
	}
	paid := s.deliver("k-1", strings.Replace(good[UtilityBills], "33.00", "33", 1))
	if paid.Receipt == nil || paid.Receipt.Number != "R-00000001" || paid.Receipt.Amount != "33.00" || paid.Receipt.Biller == "" || !paid.Receipt.PaidAt.Equal(c.now()) {
		t.Fatal(paid.text)
	}
	if got := s.deliver("k-2", good[UtilityBills]); got.Reason != "already-paid" || *got.Receipt != *paid.Receipt {
		t.Error(got.text)
	}
	s.deliver("k-3", strings.NewReplacer("100023", "200050", "33.00", "60.00").Replace(good[UtilityBills]))
	var receipt Receipt
	if status := s.get("/receipts/R-00000001", &receipt); status != http.StatusOK || receipt != *paid.Receipt {
		t.Errorf("%d %+v", status, receipt)
	}
	bill = Bill{}
	if s.get("/bills?customer-number=100023&payment-period=2026-08", &bill); !bill.Paid || bill.Receipt != "R-00000001" {
		t.Errorf("%+v", bill)
	}
	var day Statement
	if status := s.get("/statement?day=2026-09-01", &day); status != http.StatusOK || day.Total != "93.00" || len(day.Receipts) != 2 || day.Receipts[0] != *paid.Receipt {
		t.Errorf("%d %+v", status, day)
	}
	day = Statement{}
	if s.get("/statement?day=2026-08-31", &day); day.Total != "0.00" || len(day.Receipts) != 0 {
		t.Errorf("%+v", day)
	}
	for path, want := range map[string]int{
		"/receipts/R-1": http.StatusNotFound, "/statement": http.StatusBadRequest,
		"/bills?customer-number=1": http.StatusNotFound, "/bills?customer-number=100023": http.StatusBadRequest,
	} {
		var out map[string]any
		if status := s.get(path, &out); status != want {
			t.Errorf("%s: %d", path, status)
		}
	}
}
