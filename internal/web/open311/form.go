package open311

import (
	"errors"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// The parameters of the specification.
const (
	pService  = "service_code"
	pLat      = "lat"
	pLong     = "long"
	pText     = "description"
	pPhone    = "phone"
	pEmail    = "email"
	pFirst    = "first_name"
	pLast     = "last_name"
	pAddress  = "address_string"
	pAddrID   = "address_id"
	pDevice   = "device_id"
	pAccount  = "account_id"
	pMedia    = "media_url"
	pKey      = "api_key"
	pJuris    = "jurisdiction_id"
	attribute = "attribute"
)

var (
	// parameters a request may have once each.
	parameters = []string{
		pService, pLat, pLong, pText, pPhone, pEmail, pFirst, pLast,
		pAddress, pAddrID, pDevice, pAccount, pMedia, pKey, pJuris,
	}
	// inAddress may stand in the address as well: they say nothing about anybody.
	inAddress = []string{pKey, pJuris}
	// unread is what clients send by themselves. It is about a device or an account,
	// or lies somewhere else, and is dropped whether or not it is there.
	unread = []string{pDevice, pAccount, pMedia}
)

// attributePattern is attribute[code]=value, and attribute[code][]=value for each of
// several values.
var attributePattern = regexp.MustCompile(`^attribute\[([^\[\]]*)\](\[\])?$`)

// sent is what came with a POST, by parameter and by code of attribute.
type sent struct {
	values     map[string]string
	attributes map[string][]string
	strange    int // parameters that are none of the specification's
	twice      []string
}

// parseForm reads the body and what may stand in the address. A status other than 0
// says that it can't be read, with the message why.
func parseForm(r *http.Request, limit func() ([]byte, error)) (form sent, status int, why message) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" || !isUTF8(params["charset"]) {
		return form, http.StatusUnsupportedMediaType, sayForm
	}
	body, err := limit()
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return form, http.StatusRequestEntityTooLarge, sayLarge
	case err != nil:
		return form, http.StatusBadRequest, sayUnreadable
	}
	values, err := url.ParseQuery(string(body))
	if err != nil || !readable(values) {
		return form, http.StatusBadRequest, sayUnreadable
	}
	return collect(values), 0, message{}
}

func isUTF8(charset string) bool {
	return charset == "" || strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}

// collect sorts what was sent. An empty parameter is as good as none, as the
// specification has it.
func collect(values url.Values) sent {
	form := sent{values: map[string]string{}, attributes: map[string][]string{}}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		given := slices.DeleteFunc(slices.Clone(values[name]), func(v string) bool { return strings.TrimSpace(v) == "" })
		switch m := attributePattern.FindStringSubmatch(name); {
		case m != nil:
			if len(given) > 0 {
				form.attributes[m[1]] = append(form.attributes[m[1]], given...)
			}
		case !slices.Contains(parameters, name):
			if len(given) > 0 {
				form.strange++
			}
		case len(given) > 1:
			form.twice = append(form.twice, name)
		case len(given) == 1:
			form.values[name] = given[0]
		}
	}
	return form
}
