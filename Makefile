# `make test` is all that a fresh machine with the Rust toolchain needs. `make help` lists the rest.

CARGO ?= cargo
FUZZ_SECONDS ?= 60

.DEFAULT_GOAL := help
.PHONY: help setup test deep bless check lint docs bench ratios fuzz demo serve package figures

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## installs what the end-to-end tests of the package need: two Node releases and the Lambda runtime client
	sh tests/edge/rig/install.sh

test: setup ## every test, at quick sizes (tests/README.md)
	$(CARGO) test --all-features --no-fail-fast

deep: ## again what has a deep size: random tables, large tables, hostile paths, large transfers
	CROSSFADE_DEEP=1 $(CARGO) test --all-features --no-fail-fast --test oracle --test round_trip --test attacks --test serve
	CROSSFADE_DEEP=1 $(CARGO) test --all-features --no-fail-fast --test edge -- sizes:: child::a_thousand

bless: ## writes what comes out now in the place of all stored output; then read the difference
	CROSSFADE_BLESS=1 $(CARGO) test --all-features --no-fail-fast --test cli --test diagnostics --test events --test pages

check: ## is routes.toml right?
	$(CARGO) run --quiet --release -- check

lint: ## formatting, clippy, documentation
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --all-features

bench: ## how fast a decision is, by size of the table
	$(CARGO) bench --no-default-features --bench decision

ratios: ## a decision against its peers; fails where a target is missed, as some are (docs/performance.md)
	$(CARGO) bench --no-default-features --bench ratio

fuzz: ## the three fuzz targets, FUZZ_SECONDS each
	bash tests/fuzz/run $(FUZZ_SECONDS)

demo: ## what becomes of some URLs of the portal
	@$(CARGO) run --quiet --release -- check
	@$(CARGO) run --quiet --release -- explain --at 2026-11-25T12:00:00Z /promocoes/dia-das-maes
	@printf '%s\n' / /minha-conta /campanha/natal /api/v1/saldo /ajuda/pontos/validade | $(CARGO) run --quiet --release -- decide --urls

serve: ## the portal on http://127.0.0.1:8080
	$(CARGO) run --release -- serve

package: ## dist/edge.zip, the Lambda@Edge function
	$(CARGO) build --release --no-default-features --features edge --bin bootstrap
	$(CARGO) run --quiet --release -- package

figures: setup ## what the package costs: starts, invocations, large tables (timed; docs/performance.md)
	$(CARGO) test --all-features --test edge -- --ignored --nocapture --test-threads 1
