# The front door. `make` alone lists the verbs.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PREFIX ?= /usr/local
.PHONY: help install run test check bench screenshots format clean bootstrap

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: bootstrap ## build the gateway and start it on 127.0.0.1:8080; ARGS="…" are its flags
	@echo "make run: building (the first time takes some minutes)" >&2
	@swift build -c release --product dir-gateway
	@exec "$$(swift build -c release --show-bin-path)/dir-gateway" $(ARGS)

install: bootstrap ## put dir-gateway and dirctl into PREFIX/bin (/usr/local)
	@swift build -c release --product dir-gateway
	@swift build -c release --product dirctl
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install "$$(swift build -c release --show-bin-path)"/{dir-gateway,dirctl} \
		"$(DESTDIR)$(PREFIX)/bin"

test: ## run every test; ARGS="--filter …" to choose
	@scripts/bootstrap test
	@echo "make test: building and testing" >&2
	swift test $(ARGS)
	@echo "make test: the dashboard under a burst" >&2
	@.venv/bin/python Tests/Clients/browser_frames.py \
		"$$(swift build --show-bin-path)/dir-gateway" public

check: bootstrap ## format, imports, and a build in which every warning is an error
	@scripts/check-format
	@scripts/check-imports
	@swift build --build-tests --explicit-target-dependency-import-check error

bench: ## measure fan-out beside other servers, fairness, pushes, sync; writes docs/benchmarks.md
	@Benchmarks/run $(ARGS)

screenshots: ## make the pictures of the dashboard in docs/images
	@scripts/bootstrap test
	@swift build -c release --product dir-gateway
	@.venv/bin/python scripts/screenshots.py \
		"$$(swift build -c release --show-bin-path)/dir-gateway" docs/images

format: ## rewrite the Swift files as check wants them
	@swift format format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks

clean: ## remove what was built; not the data
	rm -rf .build .venv

bootstrap:
	@scripts/bootstrap
