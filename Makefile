# Shequ. The two targets a newcomer needs are demo and test; make help lists all.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VERSION ?= dev
GO_BUILD := CGO_ENABLED=0 go build -trimpath -ldflags '-s -w'
# What a program is built from: with the code what is embedded in it, such as pages,
# migrations and policies.
built_from = $(shell find $(1) -type f -not -name '*_test.go' -not -path '*/testdata/*')
SOURCES := $(call built_from,api controllers internal cmd config/policy hack/demo hack/local) go.mod go.sum
SIMULATORS := $(call built_from,hack/simulators)

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

##@ Use

.PHONY: demo
demo: bin/demo bin/devcluster ## Bring a real sub-district to life on this machine
	@bin/demo

.PHONY: demo-down
demo-down: bin/devcluster ## Stop the demo and remove every trace of it
	@cd hack/devcluster && ../../bin/devcluster down --name demo

##@ Build

.PHONY: build
build: bin/operator bin/station bin/kubectl-shequ ## Build the operator, the station and the kubectl plugin

bin/operator bin/station: bin/%: $(SOURCES)
	@mkdir -p bin
	$(GO_BUILD) -o $@ ./cmd/$*

bin/kubectl-shequ: $(SOURCES)
	@mkdir -p bin
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $@ ./cmd/kubectl-shequ

bin/demo: $(SOURCES) $(SIMULATORS)
	@mkdir -p bin
	@go build -o $@ ./hack/demo

bin/district: $(SOURCES) $(SIMULATORS) $(call built_from,hack/district)
	@mkdir -p bin
	@go build -o $@ ./hack/district

bin/devcluster: $(call built_from,hack/devcluster)
	@mkdir -p bin
	@go -C hack/devcluster build -o ../../$@ .

.PHONY: images
images: dist/operator.tar dist/station.tar ## Pack both as OCI archives: the air-gapped bundle

dist/%.tar: bin/% $(call built_from,hack/image)
	@mkdir -p dist
	go -C hack/image run . -name shequ.io/$*:$(VERSION) -binary ../../bin/$* -entrypoint /$* -o ../../dist/$*.tar

##@ Check

.PHONY: test
test: ## Run every test: pure, API server, charts, real node, browser
	@hack/test.sh

.PHONY: verify
verify: ## Fail if anything generated is not up to date
	@hack/verify.sh

.PHONY: lint
lint: ## Run the linters
	@hack/lint.sh

.PHONY: generate
generate: ## Generate deep copies, CRDs, apply configurations, the chart's copies and the sample
	@hack/generate.sh

.PHONY: bench
bench: bin/operator bin/devcluster ## Measure convergence as a ratio to a bare client
	@go run ./hack/bench

.PHONY: bench-admission
bench-admission: bin/devcluster ## Measure how fast tasks are decided on, and what that writes
	@go run ./hack/bench/admission

.PHONY: bench-casework
bench-casework: ## Measure how fast cases are kept, beside pgbench
	@go run ./hack/bench/casework

.PHONY: bench-courier
bench-courier: ## Measure how fast the courier delivers, beside a bare client
	@go run ./hack/bench/courier
