package oidctest

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// How long codes and tokens hold.
const (
	codeTime  = time.Minute
	tokenTime = 5 * time.Minute
	cookie    = "oidctest"
)

func (p *Provider) client(id string) *Client {
	for i := range p.config.Clients {
		if p.config.Clients[i].ID == id {
			return &p.config.Clients[i]
		}
	}
	return nil
}

// allows reports whether an address is among a client's, or on the loopback where
// it has none.
func allows(known []string, address string) bool {
	if len(known) > 0 {
		return slices.Contains(known, address)
	}
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// wrongRequest says what is wrong with a request to /authorize; empty when nothing
// is. The first answer is whether the browser may be sent back with it.
func (p *Provider) wrongRequest(q url.Values) (back bool, why string) {
	c := p.client(q.Get("client_id"))
	switch {
	case c == nil:
		return false, "there is no such client"
	case !allows(c.Redirects, q.Get("redirect_uri")):
		return false, "the client has no such redirect URI"
	case q.Get("response_type") != "code":
		return true, "the response type is code"
	case !slices.Contains(strings.Fields(q.Get("scope")), "openid"):
		return true, "the scope openid is missing"
	case q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43:
		return true, "PKCE with S256 is required"
	}
	return false, ""
}

func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if back, why := p.wrongRequest(q); why != "" {
		p.turnDown(w, r, q, back, why)
		return
	}
	if c, err := r.Cookie(cookie); err == nil {
		p.mu.Lock()
		account, known := p.sessions[c.Value]
		p.mu.Unlock()
		if known {
			p.sendBack(w, r, q, account)
			return
		}
	}
	p.page(w, r, http.StatusOK, false)
}

func (p *Provider) turnDown(w http.ResponseWriter, r *http.Request, q url.Values, back bool, why string) {
	if !back {
		http.Error(w, why, http.StatusBadRequest)
		return
	}
	p.redirect(w, r, q, url.Values{"error": {"invalid_request"}, "error_description": {why}})
}

// redirect sends the browser back to the client.
func (p *Provider) redirect(w http.ResponseWriter, r *http.Request, q, with url.Values) {
	to, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		http.Error(w, "the redirect URI can't be read", http.StatusBadRequest)
		return
	}
	all := to.Query()
	with.Set("state", q.Get("state"))
	with.Set("iss", p.config.Issuer)
	for k := range with {
		all.Set(k, with.Get(k))
	}
	to.RawQuery = all.Encode()
	http.Redirect(w, r, to.String(), http.StatusSeeOther) //nolint:gosec // one of the client's
}

func (p *Provider) signIn(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if back, why := p.wrongRequest(q); why != "" {
		p.turnDown(w, r, q, back, why)
		return
	}
	if r.PostFormValue("cancel") != "" {
		p.redirect(w, r, q, url.Values{"error": {"access_denied"}})
		return
	}
	for _, a := range p.config.Accounts {
		if a.Name == r.PostFormValue("name") && subtle.ConstantTimeCompare([]byte(a.Password), []byte(r.PostFormValue("password"))) == 1 {
			value := draw()
			p.mu.Lock()
			p.sessions[value] = a
			p.mu.Unlock()
			http.SetCookie(w, &http.Cookie{Name: cookie, Value: value, Path: "/", HttpOnly: true, Secure: strings.HasPrefix(p.config.Issuer, "https:"), SameSite: http.SameSiteLaxMode}) //nolint:gosec // on the loopback there is no TLS
			p.sendBack(w, r, q, a)
			return
		}
	}
	p.page(w, r, http.StatusUnauthorized, true)
}

// sendBack gives the client a code.
func (p *Provider) sendBack(w http.ResponseWriter, r *http.Request, q url.Values, a Account) {
	p.redirect(w, r, q, url.Values{"code": {p.Code(a.Name, q)}})
}

// Code draws an authorization code for an account, as if it had signed in with a
// request of these parameters. It is empty where there is no such account.
func (p *Provider) Code(account string, q url.Values) string {
	at := slices.IndexFunc(p.config.Accounts, func(a Account) bool { return a.Name == account })
	if at < 0 {
		return ""
	}
	code := draw()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.codes[code] = grant{
		account: p.config.Accounts[at], client: q.Get("client_id"), redirect: q.Get("redirect_uri"),
		nonce: q.Get("nonce"), challenge: q.Get("code_challenge"), until: p.config.Now().Add(codeTime),
	}
	return code
}

// token exchanges a code, once.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	c := p.client(id)
	if c == nil || subtle.ConstantTimeCompare([]byte(c.Secret), []byte(secret)) != 1 {
		refuse(w, http.StatusUnauthorized, "invalid_client", "the client or its secret is another one's")
		return
	}
	if r.PostFormValue("grant_type") != "authorization_code" {
		refuse(w, http.StatusBadRequest, "unsupported_grant_type", "the grant type is authorization_code")
		return
	}
	code := r.PostFormValue("code")
	p.mu.Lock()
	g, known := p.codes[code]
	delete(p.codes, code)
	p.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	switch challenge := base64.RawURLEncoding.EncodeToString(sum[:]); {
	case !known || p.config.Now().After(g.until):
		refuse(w, http.StatusBadRequest, "invalid_grant", "the code was used, is too old or was never given")
	case g.client != id || g.redirect != r.PostFormValue("redirect_uri"):
		refuse(w, http.StatusBadRequest, "invalid_grant", "the code is for another client or redirect URI")
	case subtle.ConstantTimeCompare([]byte(challenge), []byte(g.challenge)) != 1:
		refuse(w, http.StatusBadRequest, "invalid_grant", "the code verifier does not match the challenge")
	default:
		p.grant(w, g)
	}
}

func (p *Provider) grant(w http.ResponseWriter, g grant) {
	now := p.config.Now()
	claims := map[string]any{
		"iss": p.config.Issuer, "sub": "subject-" + g.account.Name, "aud": g.client,
		"iat": now.Unix(), "exp": now.Add(tokenTime).Unix(), "nonce": g.nonce,
		"preferred_username": g.account.Name, "groups": g.account.Groups,
	}
	if p.config.Alter != nil {
		p.config.Alter(claims)
	}
	signed, err := p.sign(claims)
	if err != nil {
		refuse(w, http.StatusInternalServerError, "server_error", "the token can't be signed")
		return
	}
	access := draw()
	p.mu.Lock()
	p.tokens[access] = g.account
	p.mu.Unlock()
	answer(w, http.StatusOK, map[string]any{
		"access_token": access, "token_type": "Bearer", "expires_in": int64(tokenTime / time.Second), "id_token": signed,
	})
}

func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) {
	access, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	p.mu.Lock()
	a, known := p.tokens[access]
	p.mu.Unlock()
	if !known {
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, http.StatusUnauthorized, "invalid_token", "there is no such token")
		return
	}
	answer(w, http.StatusOK, map[string]any{"sub": "subject-" + a.Name, "preferred_username": a.Name, "groups": a.Groups})
}

// end signs out and sends the browser where the client wants it.
func (p *Provider) end(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(cookie); err == nil {
		p.mu.Lock()
		delete(p.sessions, c.Value)
		p.mu.Unlock()
	}
	http.SetCookie(w, &http.Cookie{Name: cookie, Path: "/", MaxAge: -1, HttpOnly: true, Secure: strings.HasPrefix(p.config.Issuer, "https:"), SameSite: http.SameSiteLaxMode}) //nolint:gosec // on the loopback there is no TLS
	q := r.URL.Query()
	to := q.Get("post_logout_redirect_uri")
	if c := p.client(q.Get("client_id")); c != nil && to != "" && allows(c.Ends, to) {
		http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // one of the client's
		return
	}
	p.write(w, http.StatusOK, map[string]any{"Ended": true})
}

func (p *Provider) page(w http.ResponseWriter, r *http.Request, status int, wrong bool) {
	p.write(w, status, map[string]any{"Wrong": wrong, "To": "/authorize?" + r.URL.RawQuery, "Name": r.PostFormValue("name")})
}

func (p *Provider) write(w http.ResponseWriter, status int, data map[string]any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	_ = signInPage.Execute(w, data) // a client that went away is no event
}

var signInPage = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>演示登录 / Demonstration sign-in</title></head>
<body><main>
<h1>演示登录 <span lang="en">Demonstration sign-in</span></h1>
{{if .Ended}}<p>已退出。 <span lang="en">You are signed out.</span></p>{{else}}
<p>仅供测试和演示，不是真实的身份服务。 <span lang="en">For tests and demonstrations; no real identity service.</span></p>
{{if .Wrong}}<p role="alert">账号或密码不对。 <span lang="en">The account or the password is wrong.</span></p>{{end}}
<form method="post" action="{{.To}}">
<p><label for="name">账号 <span lang="en">Account</span></label><br><input id="name" name="name" value="{{.Name}}" autocomplete="username" required autofocus></p>
<p><label for="password">密码 <span lang="en">Password</span></label><br><input id="password" name="password" type="password" autocomplete="current-password" required></p>
<p><button>登录 <span lang="en">Sign in</span></button> <button name="cancel" value="1" formnovalidate>取消 <span lang="en">Cancel</span></button></p>
</form>{{end}}
</main></body></html>
`))
