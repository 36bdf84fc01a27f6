# The front door. `make` alone lists the verbs.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PREFIX ?= /usr/local
SHARE = $(DESTDIR)$(PREFIX)/share/directory-gateway
.PHONY: help install run test test-fast check bench fuzz screenshots format clean bootstrap

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: bootstrap ## build the gateway and start it on 127.0.0.1:8080; ARGS="…" are its flags
	@scripts/build -c release --product dir-gateway
	@exec "$$(swift build -c release --show-bin-path)/dir-gateway" $(ARGS)

install: bootstrap ## put dir-gateway, dirctl and the dashboard below PREFIX (/usr/local)
	@scripts/build -c release --product dir-gateway
	@scripts/build -c release --product dirctl
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install "$$(swift build -c release --show-bin-path)"/{dir-gateway,dirctl} \
		"$(DESTDIR)$(PREFIX)/bin"
	rm -rf "$(SHARE)/public"
	for file in $$(cd public && find . -type f); do \
		install -D -m 644 "public/$$file" "$(SHARE)/public/$$file" || exit 1; done

test: ## run every test; ARGS="--filter …": only those Swift tests
	@scripts/bootstrap test
	@scripts/build --build-tests
	@# A few at a time: all at once they starve each other of the cores, and those that wait for
	@# something to happen give up.
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=4 swift test --skip-build $(ARGS)
ifeq ($(strip $(ARGS)),)
	@scripts/test-programs
endif

# The suites that start browsers, Python or many programs, or move many megabytes.
SLOW = Resumption|Browser|Response|Client|Readme|Sync|Readiness|Program|Delivery|Connector|Fetcher

test-fast: bootstrap ## run the Swift tests that need neither a browser nor Python, in less than 20 s
	@scripts/build --build-tests
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=8 swift test --skip-build --skip '($(SLOW))(TLS)?Tests' $(ARGS)

check: bootstrap ## format, words, imports, text as bytes, the image, and a build in which every warning is an error
	@scripts/check-format
	@scripts/check-words
	@scripts/check-imports
	@scripts/build --build-tests --explicit-target-dependency-import-check error
	@scripts/check-strings
	@scripts/check-optimized
	@scripts/check-docker

bench: ## measure fan-out beside other servers, pushes and more; ARGS="pushes sync": only those; else writes docs/benchmarks.md
	@Benchmarks/run $(ARGS)

fuzz: ## feed the parsers with invented inputs, 5 s each; ARGS=--long, ARGS=--corpus: docs/fuzzing.md
	@scripts/fuzz $(ARGS)

screenshots: ## make the pictures of the dashboard in docs/images
	@scripts/bootstrap test
	@scripts/build -c release --product dir-gateway
	@.venv/bin/python scripts/screenshots.py \
		"$$(swift build -c release --show-bin-path)/dir-gateway" docs/images

format: ## rewrite the Swift files as check wants them
	@swift format format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks Fuzz

clean: ## remove what was built; not the data
	rm -rf .build .venv

bootstrap:
	@scripts/bootstrap
