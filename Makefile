# The front door. `make` alone lists the verbs.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export PREFIX ?= /usr/local
export DESTDIR SYSCONFDIR
# Programs for use have Swift's libraries in them: the machine that runs them needs no Swift. The same
# flags for every verb, because other ones would compile everything again.
RELEASE = -c release --static-swift-stdlib
RELEASE_PROGRAMS = "$$(swift build -c release --show-bin-path)"
.PHONY: help install uninstall deb check-deb run test test-fast check bench fuzz screenshots format clean bootstrap

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: bootstrap ## build the gateway and start it on 127.0.0.1:8080; ARGS="…" are its flags
	@scripts/build $(RELEASE) --product dir-gateway
	@exec $(RELEASE_PROGRAMS)/dir-gateway $(ARGS)

install: ## put programs, dashboard, man pages, completions and units below PREFIX (/usr/local); DESTDIR stages
	@scripts/bootstrap install
	@scripts/build $(RELEASE) --product dir-gateway
	@scripts/build $(RELEASE) --product dirctl
	@scripts/install $(RELEASE_PROGRAMS)

uninstall: ## remove what install has put there, but not the settings and the store
	@scripts/install --remove

deb: ## build a Debian package in .build/deb
	@scripts/bootstrap deb
	@scripts/build $(RELEASE) --product dir-gateway
	@scripts/build $(RELEASE) --product dirctl
	@scripts/build-deb $(RELEASE_PROGRAMS) .build/deb

check-deb: deb ## install, start, upgrade and purge that package in a Debian system of its own (as root)
	@scripts/check-deb $(RELEASE_PROGRAMS)

test: ## run every test; ARGS="--filter …": only those Swift tests
	@scripts/bootstrap test
	@scripts/build --build-tests
	@scripts/test-swift $(ARGS)
ifeq ($(strip $(ARGS)),)
	@scripts/test-programs
endif

# The suites that start browsers, Python or many programs, or move many megabytes.
SLOW = Resumption|StreamModel|Resume|CatchingUp|TokenFilter|Browser|Response|Client|Readme|Sync|Readiness|Program|Delivery|Connector|Fetcher

test-fast: bootstrap ## run the Swift tests that need neither a browser nor Python, in less than 20 s
	@scripts/build --build-tests
	@scripts/test-swift --width 8 --skip '($(SLOW))(TLS)?Tests' $(ARGS)

check: bootstrap ## format, words, imports, text as bytes, the image, the version, the docs, and a build in which every warning is an error
	@scripts/check-format
	@scripts/check-words
	@scripts/check-imports
	@scripts/build --build-tests --explicit-target-dependency-import-check error
	@scripts/check-strings
	@scripts/check-optimized
	@scripts/check-docker
	@scripts/check-version
	@scripts/check-docs

bench: ## measure fan-out beside other servers, pushes and more; ARGS="pushes sync": only those; else writes docs/benchmarks.md
	@Benchmarks/run $(ARGS)

fuzz: ## feed the parsers with invented inputs, 5 s each; ARGS=--long, ARGS=--corpus: docs/fuzzing.md
	@scripts/fuzz $(ARGS)

screenshots: ## make the pictures of the dashboard in docs/images
	@scripts/bootstrap test
	@scripts/build $(RELEASE) --product dir-gateway
	@.venv/bin/python scripts/screenshots.py $(RELEASE_PROGRAMS)/dir-gateway docs/images

format: ## rewrite the Swift files as check wants them
	@swift format format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks Fuzz

clean: ## remove what was built; not the data
	rm -rf .build .venv

bootstrap:
	@scripts/bootstrap
