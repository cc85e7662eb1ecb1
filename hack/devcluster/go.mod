// The development cluster's own module: it needs nothing but the standard
// library, so that starting a cluster never waits for anyone's dependencies.
module github.com/shequ-io/shequ/hack/devcluster

go 1.26.0
