package transport

import (
	"context"
	"encoding/pem"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rclone/gofakes3"
	"github.com/rclone/gofakes3/s3mem"
)

// The examples of Amazon's documentation ("Authenticating Requests: Using the
// Authorization Header"); the keys are the documentation's own.
func TestS3Signature(t *testing.T) {
	s := s3Signer{id: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region: "us-east-1"}
	at := time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		method, path, body string
		header             http.Header
		want               string
	}{
		{
			"GET", "/test.txt", "", http.Header{"Range": {"bytes=0-9"}},
			"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, " +
				"Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
		},
		{
			"PUT", "/test%24file.text", "Welcome to Amazon S3.", http.Header{"Date": {"Fri, 24 May 2013 00:00:00 GMT"}, "X-Amz-Storage-Class": {"REDUCED_REDUNDANCY"}},
			"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, " +
				"Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
		},
	} {
		req := must(http.NewRequestWithContext(t.Context(), c.method, "https://examplebucket.s3.amazonaws.com"+c.path, http.NoBody))
		req.Header = c.header
		s.sign(req, []byte(c.body), at)
		if got := req.Header.Get("Authorization"); got != c.want {
			t.Errorf("%s %s: %s\nwant %s", c.method, c.path, got, c.want)
		}
	}
}

const s3ID, s3Secret = "an-access-key", "client-secret-value"

// store is an object store that checks signatures.
type store struct {
	*system

	objects *s3mem.Backend
}

func newStore(t *testing.T) (store, S3) {
	t.Helper()
	objects := s3mem.New()
	if err := objects.CreateBucket(t.Context(), "deliveries"); err != nil {
		t.Fatal(err)
	}
	s3 := gofakes3.New(objects, gofakes3.WithV4Auth(map[string]string{s3ID: s3Secret})).Server()
	out := store{serve(t, s3.ServeHTTP, newPKI().server()), objects}
	u := must(url.Parse(out.URL))
	return out, S3{
		Host: u.Hostname(), Port: must(strconv.Atoi(u.Port())), Bucket: "deliveries", Directory: "inbox/qingnian", AccessKeyID: s3ID, SecretAccessKey: s3Secret,
		CA: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: out.Certificate().Raw}),
	}
}

func (s store) names(t *testing.T) []string {
	t.Helper()
	list := must(s.objects.ListBucket(t.Context(), "deliveries", nil, gofakes3.ListBucketPage{}))
	var out []string
	for _, o := range list.Contents {
		out = append(out, o.Key)
	}
	return out
}

// A message goes into a bucket once, however often it is sent, and its
// acknowledgement is read from there.
func TestS3(t *testing.T) {
	store, config := newStore(t)
	drop := must(NewS3(config))
	sender := must(NewFile(File{Drop: drop}))
	t.Cleanup(sender.Close)
	for range 2 {
		if out, err := sender.Send(t.Context(), message, message.Key()); err != nil || !out.Pending {
			t.Fatal(out, err)
		}
	}
	want := "inbox/qingnian/" + string(message.Key()) + ".csv"
	if got := store.names(t); !slices.Equal(got, []string{want}) {
		t.Fatalf("the bucket has %v, want %v", got, want)
	}
	if got := must(drop.Get(t.Context(), string(message.Key())+".csv", 10_000)); !strings.Contains(string(got), secret) {
		t.Errorf("the object is %q", got)
	}
	ack := `{"outcome":"accepted","reference":"S-1"}`
	if err := drop.Put(t.Context(), string(message.Key())+".csv.ack", []byte(ack)); err != nil {
		t.Fatal(err)
	}
	if out, err := sender.Send(t.Context(), message, message.Key()); err != nil || out.Pending || string(out.Body) != ack {
		t.Error(out, err)
	}
	if _, err := drop.Get(t.Context(), string(message.Key())+".csv.ack", 10); !errors.Is(err, errTooLong) {
		t.Errorf("a long object: %v", err)
	}
	if _, err := drop.Get(t.Context(), "nothing.ack", 10); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no object: %v", err)
	}
	for _, name := range []string{"", "../x", "a/b", "a b", "a?b"} {
		if err := drop.Put(t.Context(), name, nil); err == nil {
			t.Errorf("%q is taken for a name", name)
		}
	}
	// It asked for nothing that was not signed.
	for _, r := range store.got {
		if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential="+s3ID+"/") {
			t.Errorf("%s is signed %q", r.Method, r.Header.Get("Authorization"))
		}
	}
}

// What is wrong can be mended while the message waits, and the error says how.
func TestS3Trouble(t *testing.T) {
	_, config := newStore(t)
	for name, c := range map[string]struct {
		change func(*S3)
		want   string
	}{
		"another secret": {func(s *S3) { s.SecretAccessKey = "another" }, "correct access-key-id and secret-access-key"},
		"another key":    {func(s *S3) { s.AccessKeyID = "another" }, "correct access-key-id and secret-access-key"},
		"no bucket":      {func(s *S3) { s.Bucket = "elsewhere" }, "no such bucket"},
		"nobody's CA":    {func(s *S3) { s.CA = newPKI().pem }, "put its authority into ca.crt"},
		"nobody answers": {func(s *S3) { s.Port = closedPort(t) }, "whether egress to it is open"},
		"it is too late": {func(s *S3) { s.Limits.Timeout = time.Nanosecond }, "in time"},
		"another clock": {func(s *S3) {
			s.Port = answering(t, 403, s, "Date", time.Now().Add(-16*time.Minute).UTC().Format(http.TimeFormat))
		}, "set the clocks"},
		"another answers": {func(s *S3) { s.Port = answering(t, 503, s) }, "out of order"},
		"elsewhere":       {func(s *S3) { s.Port = answering(t, 301, s) }, "region"},
		"a teapot":        {func(s *S3) { s.Port = answering(t, 418, s) }, "ask who runs it"},
	} {
		changed := config
		c.change(&changed)
		sender := must(NewFile(File{Drop: must(NewS3(changed)), Limits: changed.Limits}))
		t.Cleanup(sender.Close)
		_, err := sender.Send(t.Context(), message, message.Key())
		if _, ok := errors.AsType[*RetryableError](err); !ok || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		clean(t, err)
	}
}

// answering is the port of a server that answers anything alike; the drop trusts it.
func answering(t *testing.T, status int, s *S3, header ...string) int {
	t.Helper()
	server := serve(t, answer(status, "said by the system", header...), newPKI().server())
	s.CA = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return must(strconv.Atoi(must(url.Parse(server.URL)).Port()))
}

// closedPort is one nobody listens at.
func closedPort(t *testing.T) int {
	t.Helper()
	l := must((&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0"))
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	return port
}

func TestS3Mistakes(t *testing.T) {
	_, config := newStore(t)
	for want, change := range map[string]func(*S3){
		"host is no name":      func(s *S3) { s.Host = "" },
		"host is no name of":   func(s *S3) { s.Host = "user@host" },
		"bucket is no name":    func(s *S3) { s.Bucket = "../x" },
		"directory is letters": func(s *S3) { s.Directory = "in box+" },
		"none of them . or ..": func(s *S3) { s.Directory = "../elsewhere" },
		"directory is":         func(s *S3) { s.Directory = "a/./b" },
		"access-key-id":        func(s *S3) { s.AccessKeyID = "" },
		"secret-access-key":    func(s *S3) { s.SecretAccessKey = "" },
		"ca.crt holds no cert": func(s *S3) { s.CA = []byte("none") },
	} {
		changed := config
		change(&changed)
		if _, err := NewS3(changed); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// A try is over when its context is.
func TestS3Ends(t *testing.T) {
	_, config := newStore(t)
	drop := must(NewS3(config))
	t.Cleanup(drop.Close)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := drop.Put(ctx, "a.csv", nil); err == nil {
		t.Error("it went on")
	}
}
