package transport

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// S3 is a bucket of an object store that speaks S3, addressed by path, over TLS.
type S3 struct {
	Host string
	// Port; 443 when 0.
	Port   int
	Bucket string
	// Directory is what objects' names begin with; nothing when empty.
	Directory string
	// Region requests are signed for; us-east-1, which most stores take, when empty.
	Region                       string
	AccessKeyID, SecretAccessKey string
	// CA that signed the store's certificate, in PEM. Empty: the machine's own roots.
	CA     []byte
	Limits Limits
}

var directoryName = regexp.MustCompile(`^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$`)

var bucketName = regexp.MustCompile(`^[a-z0-9][-a-z0-9.]{1,61}[a-z0-9]$`)

// NewS3 makes a drop. An error says what to correct.
func NewS3(s S3) (Drop, error) {
	host := s.Host
	if s.Port != 0 && s.Port != 443 {
		host = net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
	}
	to, err := checkURL("https://"+host+"/", "host")
	switch {
	case err != nil || s.Host == "":
		return nil, errors.New("host is no name of a host; correct it in the InformationSystem")
	case !bucketName.MatchString(s.Bucket):
		return nil, errors.New("bucket is no name of a bucket; correct it in the InformationSystem")
	case s.Directory != "" && (!directoryName.MatchString(s.Directory) || slices.ContainsFunc(strings.Split(s.Directory, "/"), func(p string) bool { return p == "." || p == ".." })):
		// Others are encoded in one way by us and in another by some stores, and signed so.
		return nil, errors.New("directory is letters, digits and . _ - with slashes between names, and none of them . or ..; correct it in the InformationSystem")
	case s.AccessKeyID == "" || s.SecretAccessKey == "":
		return nil, errors.New("access-key-id or secret-access-key is empty; put both into the Secret")
	}
	if s.Region == "" {
		s.Region = "us-east-1"
	}
	c, err := newCaller(s.Limits, TLS{CA: s.CA})
	if err != nil {
		return nil, err
	}
	return &bucket{
		caller: c, to: to.JoinPath(s.Bucket, s.Directory),
		signer: s3Signer{id: s.AccessKeyID, secret: s.SecretAccessKey, region: s.Region},
	}, nil
}

type bucket struct {
	*caller

	to     *url.URL
	signer s3Signer
}

// Close implements Drop.
func (b *bucket) Close() { b.close() }

// Put implements Drop: an object is there whole or not at all.
func (b *bucket) Put(ctx context.Context, name string, data []byte) error {
	resp, err := b.ask(ctx, http.MethodPut, name, data)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()           // what it says is of no use
	_, _ = io.CopyN(io.Discard, resp.Body, drainBytes) // so that the connection can be used again
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return stored(resp)
}

// Get implements Drop.
func (b *bucket) Get(ctx context.Context, name string, most int64) ([]byte, error) {
	resp, err := b.ask(ctx, http.MethodGet, name, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // it was read, or is of no use
	switch resp.StatusCode {
	case http.StatusOK:
		return bounded(resp.Body, most)
	case http.StatusNotFound:
		_, _ = io.CopyN(io.Discard, resp.Body, drainBytes)
		return nil, fs.ErrNotExist
	}
	return nil, stored(resp)
}

func (b *bucket) ask(ctx context.Context, method, name string, data []byte) (*http.Response, error) {
	if !safeName(name) {
		return nil, errName
	}
	req, err := http.NewRequestWithContext(ctx, method, b.to.JoinPath(name).String(), bytes.NewReader(data))
	if err != nil {
		return nil, &RetryableError{Why: "no request can be made of the store's address; correct it"}
	}
	req.Header.Set("User-Agent", "shequ-courier")
	if method == http.MethodPut {
		req.Header.Set("Content-Type", contentType(name))
	}
	b.signer.sign(req, data, time.Now())
	resp, err := b.client.Do(req)
	if err != nil {
		return nil, failed(err)
	}
	return resp, nil
}

func contentType(name string) string {
	if path.Ext(name) == ".csv" {
		return "text/csv; charset=utf-8"
	}
	return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
}

// stored is what it means that a store answers otherwise. What it says names
// buckets and objects, and is not repeated.
func stored(resp *http.Response) error {
	switch s := resp.StatusCode; {
	case s == http.StatusForbidden && apart(resp.Header, time.Now()):
		return &RetryableError{Why: clocksApart}
	case s == http.StatusForbidden, s == http.StatusUnauthorized:
		return &RetryableError{Why: "the store does not let us in; correct access-key-id and secret-access-key, and let that key put, get and list objects in the bucket"}
	case s == http.StatusNotFound:
		return &RetryableError{Why: "there is no such bucket; make it, or correct its name"}
	case s == http.StatusBadRequest, s >= 300 && s < 400:
		return &RetryableError{Why: "the store wants the bucket asked for in another region; put region into the Secret"}
	case s >= 500, s == http.StatusTooManyRequests:
		return &RetryableError{Why: "the store is out of order or busy", After: retryAfter(resp.Header, time.Now())}
	}
	return &RetryableError{Why: "the store does not take the file; ask who runs it"}
}

// s3Signer signs requests with AWS Signature Version 4, in their headers.
type s3Signer struct{ id, secret, region string }

const s3Time = "20060102T150405Z"

// sign sets the headers that sign a request without a query: its path as it is
// sent, the headers it has but User-Agent, and its body.
func (s s3Signer) sign(req *http.Request, body []byte, now time.Time) {
	at := now.UTC().Format(s3Time)
	sum := sha256.Sum256(body)
	payload := hex.EncodeToString(sum[:])
	req.Header.Set("X-Amz-Date", at)
	req.Header.Set("X-Amz-Content-Sha256", payload)

	signed := map[string]string{"host": req.URL.Host}
	for name, values := range req.Header {
		if name != "User-Agent" && name != "Authorization" {
			signed[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	list := slices.Sorted(maps.Keys(signed))
	names := strings.Join(list, ";")
	canonical := []string{req.Method, req.URL.EscapedPath(), ""}
	for _, name := range list {
		canonical = append(canonical, name+":"+signed[name])
	}
	canonical = append(canonical, "", names, payload)
	whole := sha256.Sum256([]byte(strings.Join(canonical, "\n")))
	scope := strings.Join([]string{at[:8], s.region, "s3", "aws4_request"}, "/")
	text := strings.Join([]string{"AWS4-HMAC-SHA256", at, scope, hex.EncodeToString(whole[:])}, "\n")

	key := []byte("AWS4" + s.secret)
	for _, part := range []string{at[:8], s.region, "s3", "aws4_request"} {
		key = hmacSHA256(key, part)
	}
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+s.id+"/"+scope+", SignedHeaders="+names+", Signature="+hex.EncodeToString(hmacSHA256(key, text)))
}

func hmacSHA256(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
