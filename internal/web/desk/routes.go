package desk

import (
	"net/http"
	"time"

	"github.com/shequ-io/shequ/internal/web/forms"
	"github.com/shequ-io/shequ/internal/web/serve"
	"github.com/shequ-io/shequ/internal/web/session"
)

// uploadTime is how long files may take to arrive.
const uploadTime = 2 * time.Minute

func (d *Desk) addRoutes() {
	anybody := func(person) bool { return true }
	for _, r := range []serve.Route{
		{Pattern: "/{lang}/{$}", Get: d.page(anybody, home)},
		{Pattern: "/{lang}/queue/{view}", Get: d.page(person.works, queuePage)},
		{Pattern: "/{lang}/grid", Post: d.page(person.works, chooseGrid)},
		{Pattern: "/{lang}/find", Get: d.page(person.works, findPage), Post: d.page(person.works, find)},
		{Pattern: "/{lang}/cases/{case}", Get: d.page(person.works, casePage)},
		{Pattern: "/{lang}/cases/{case}/events", Post: d.page(person.works, act)},
		{Pattern: "/{lang}/cases/{case}/supplement", Get: d.page(person.works, supplementPage), Post: d.page(person.works, supplement)},
		{Pattern: "/{lang}/cases/{case}/files/{file}", Get: d.page(person.works, file)},
		{Pattern: "/{lang}/deliveries", Get: d.page(person.counters, deliveriesPage)},
		{Pattern: "/{lang}/deliveries/replay", Post: d.page(person.counters, replay)},
		{Pattern: "/{lang}/deliveries/give-up", Get: d.page(person.counters, giveUpPage), Post: d.page(person.counters, giveUp)},
		{Pattern: "/{lang}/figures", Get: d.page(person.figures, figuresPage)},
		{Pattern: "/{lang}/figures.xlsx", Get: d.page(person.figures, figuresFile)},
		{Pattern: "/{lang}/report", Get: d.page(person.figures, reportPage)},
		{Pattern: "/{lang}/report.xlsx", Get: d.page(person.figures, reportFile)},
		{Pattern: "/{lang}/enter", Get: d.page(person.works, enterPage)},
		{Pattern: "/{lang}/enter/{item}", Get: d.page(person.works, entryPage), Post: d.page(person.works, enter), MaxBody: forms.MaxBody, ReadTimeout: uploadTime},
		{Pattern: "/{lang}/enter/{item}/blank", Get: d.page(person.works, blankPage)},
		{Pattern: "/{lang}/survey/{survey}", Get: d.page(person.works, surveyPage), Post: d.page(person.works, answerSurvey)},
		{Pattern: "/{lang}/services", Get: d.page(anybody, servicesPage)},
		{Pattern: "/{lang}/sign-in", Get: d.open(signInPage)},
		{Pattern: "/{lang}/sign-out", Post: d.open(signOut)},
		{Pattern: "/sign-in/start", Get: d.open(startSignIn)},
		{Pattern: session.CallbackPath, Get: d.open(finishSignIn)},
	} {
		d.routes.Add(r)
	}
	for _, r := range d.paymentRoutes() {
		d.routes.Add(r)
	}
}

// home leads to what a person does here.
func home(q *request) error {
	if q.who.Viewer {
		q.to("/figures")
		return nil
	}
	q.to("/queue/" + string(q.who.views()[0]))
	return nil
}

// open makes a route's function of a handler for anybody, signed in or not.
func (d *Desk) open(answer handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := d.begin(w, r, r.PathValue("lang"))
		if q == nil {
			return
		}
		if r.Method == http.MethodPost {
			leave, ok := q.read(false)
			defer leave()
			if !ok {
				return
			}
		}
		if err := answer(q); err != nil {
			q.fail(err)
		}
	}
}
