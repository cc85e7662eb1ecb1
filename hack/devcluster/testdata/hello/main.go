// Command hello is the workload of the smoke test: it answers over HTTP, and
// fetches what it is asked to from where it runs.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

const secrets = "/var/run/secrets/kubernetes.io/serviceaccount/"

func main() {
	host, err := os.Hostname()
	if err != nil {
		panic(err)
	}
	fmt.Println("hello from", host)
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "hello from %s, user %d\n", host, os.Getuid())
	})
	http.HandleFunc("/fetch", func(w http.ResponseWriter, r *http.Request) {
		answer(w, &http.Client{Timeout: 5 * time.Second}, r.URL.Query().Get("url"), "")
	})
	http.HandleFunc("/resolve", func(w http.ResponseWriter, r *http.Request) {
		addresses, err := net.DefaultResolver.LookupHost(r.Context(), r.URL.Query().Get("name"))
		fmt.Fprintln(w, addresses, err)
	})
	http.HandleFunc("/api", api)
	if err := http.ListenAndServe(":8080", nil); err != nil {
		panic(err)
	}
}

// api asks the API server who we are, as a program in a pod does.
func api(w http.ResponseWriter, _ *http.Request) {
	token, err := os.ReadFile(secrets + "token")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	ca, err := os.ReadFile(secrets + "ca.crt")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}}
	url := "https://" + net.JoinHostPort(os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT"))
	answer(w, client, url+"/version", string(token))
}

func answer(w http.ResponseWriter, client *http.Client, url, token string) {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := client.Do(req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer res.Body.Close()
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body)
}
