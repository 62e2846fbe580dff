# What there is to do, each by one word. Everything but oracle, soak and lab… needs only Go and make.

GO        ?= go
FUZZTIME  ?= 30s
CAPTURES  ?= ../shared/captures
PCAP      ?= testdata/pcap/demo.pcap.gz
SOAK      ?= 30m
BIN       := bin/ruleids

# The same for everything, so that what one command compiles another finds in the cache.
export CGO_ENABLED := 0
export GOFLAGS     ?= -trimpath
LDFLAGS   ?= -s -w

# The gofmt of the toolchain that go.mod asks for.
GOFMT      = $(shell $(GO) env GOROOT)/bin/gofmt

.DEFAULT_GOAL := help
.PHONY: help build run demo test lint fmt oracle lab detection lab-test fleet-test rotate-test wine-test fleet-scale soak bench bench-docs bench-check captures fuzz docs lab-rate clean vscode ui ui-check ui-test screenshots release release-twice release-test cross qemu-test

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Without symbols and debug information the file is a third smaller; panics still have names and lines.
build: ## build bin/ruleids, one static file, stripped (LDFLAGS= keeps the symbols)
	$(GO) build -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/ruleids

run: build ## replay a capture through the shipped rules (PCAP=FILE for another than the bundled one)
	$(BIN) run -r $(PCAP) --summary always

demo: build ## a server with five made-up agents and a day of their alerts, live ones following
	$(BIN) server --demo

test: build ## all tests and checks: what has to pass before a change is merged
	@files=$$($(GOFMT) -l .); if [ -n "$$files" ]; then echo "gofmt would change:" $$files >&2; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) test -timeout 30m ./...
	$(BIN) fmt --check stdlib
	$(BIN) lint --strict stdlib
	$(BIN) test --coverage stdlib

lint: build ## vet, staticcheck, and lint of the shipped rules
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(BIN) lint --strict stdlib

fmt: build ## lay out Go and rule files
	$(GOFMT) -w .
	$(BIN) fmt stdlib

oracle: ## compare the decoder and conversations with tshark (installs tshark where it is missing)
	@command -v tshark >/dev/null || { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends tshark; }
	RULEIDS_ORACLE=$(abspath testdata/pcap)$(addprefix :,$(wildcard $(abspath $(CAPTURES)))) $(GO) test ./capture ./engine/conversation -run '^TestOracle$$' -count=1 -timeout 1h -v

lab: ## record the captures in testdata/pcap again, in network namespaces (needs root; installs the tools)
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $$(testdata/lab/record.sh --packages)
	testdata/lab/record.sh

detection: build ## what the shipped rules find of attacks by real tools, and raise on everyday traffic (needs root; installs the tools; forty minutes; captures in DETECTION=DIR)
	packages=$$(testdata/lab/detection.sh --packages); dpkg -s $$packages >/dev/null 2>&1 || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $$packages; }
	testdata/lab/detection.sh $(BIN) $(or $(DETECTION),bin/detection)

# The Debian packages with the tools of package lab.
LAB_PACKAGES := sqlite3 iproute2 iptables ipset nftables ethtool iputils-ping nmap hping3 masscan dsniff iodine hydra iperf3 curl dnsmasq-base bind9-dnsutils openssh-server openssh-client tshark
lab-packages  = dpkg -s $(LAB_PACKAGES) >/dev/null 2>&1 || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(LAB_PACKAGES); }

lab-test: ## the daemon against real tools, in network namespaces (needs root; installs the tools where they are missing)
	@$(lab-packages)
	RULEIDS_LAB=1 $(GO) test ./lab -count=1 -timeout 30m -v

# The program of another revision, to upgrade from.
OLDBIN := $(CURDIR)/bin/ruleids-old
rotate-test: ## the reader of log files, killed with -9 while logs are written to and rotated (ROUNDS=100)
	RULEIDS_ROTATE_ROUNDS=$(or $(ROUNDS),100) $(GO) test ./event/logsource -run '^TestKilledReader$$' -count=1 -timeout 1h -v

fleet-test: ## a server with agents, killed, moved, restored, upgraded, in network namespaces (needs root; ROUNDS=100, OLD=REV to upgrade from)
	@$(lab-packages)
	$(if $(OLD),rm -rf bin/old && git worktree add --detach --force bin/old $(OLD) && { $(GO) build -C bin/old -o $(OLDBIN) ./cmd/ruleids; status=$$?; git worktree remove --force bin/old; exit $$status; })
	RULEIDS_FLEET_CLUSTER=1 RULEIDS_FLEET_VICTORIA=1 $(GO) test ./fleet/server ./fleet/store -run '^Test(Together|Outgrown|Victoria)$$' -count=1 -timeout 20m -v
	RULEIDS_LAB=1 RULEIDS_FLEET_CLUSTER=1 RULEIDS_FLEET_OLD=$(if $(OLD),$(OLDBIN)) RULEIDS_FLEET_ROUNDS=$(or $(ROUNDS),100) $(GO) test ./lab -run '^TestFleet' -count=1 -timeout 1h -v

fleet-scale: ## a server with AGENTS=500 for LASTS=10m, IDLE=10000 that only say how they are, and ALERTS=5000000 that are asked for
	GOGC=50 RULEIDS_FLEET_AGENTS=$(or $(AGENTS),500) RULEIDS_FLEET_LASTS=$(or $(LASTS),10m) RULEIDS_FLEET_IDLE=$(or $(IDLE),10000) \
	$(GO) test ./fleet/server -run '^Test(Many|Idle)$$' -count=1 -timeout 2h -v
	RULEIDS_FLEET_ALERTS=$(or $(ALERTS),5000000) $(GO) test ./fleet/api -run '^TestLarge$$' -count=1 -timeout 2h -v
	RULEIDS_FLEET_ALERTS=$(or $(ALERTS),5000000) $(MAKE) ui-test UITEST="-run TestMany -timeout 2h -v"

wine-test: ## the program for Windows under Wine: replay, rules, files, the service, its pipes and icon, an agent of a fleet (installs Wine where it is missing; SHORT=1 installs nothing, and tries replay and the service)
	@$(if $(SHORT),,dpkg -s wine wine64 xvfb >/dev/null 2>&1 || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends wine wine64 xvfb; })
	RULEIDS_WINE=1 $(GO) test ./lab/wine $(if $(SHORT),-run '^Test(Replay|Service)$$') -count=1 -timeout 30m -v

soak: ## the daemon under traffic and reloads for SOAK, then 1,000 reloads as fast as they go (needs root)
	@$(lab-packages)
	RULEIDS_LAB=1 RULEIDS_SOAK=$(SOAK) $(GO) test ./lab -run '^TestSoak$$' -count=1 -timeout 0 -v
	RULEIDS_LAB=1 RULEIDS_RELOADS=1000 $(GO) test ./lab -run '^TestReload$$' -count=1 -timeout 1h -v

# The first CPU that this may use, where the system tells.
CPU    := $(shell awk -F '[-,\t ]+' '/^Cpus_allowed_list/ { print $$2 }' /proc/self/status 2>/dev/null)
PIN     = $(if $(CPU),taskset -c $(CPU))
RESULTS := bin/bench.txt

# What no target is about, and takes most of the time.
ASIDE := ^Benchmark(Assets|Constructs|Evidence|Order|Words)$$|^BenchmarkConversations$$/^spoofed$$|^BenchmarkConversations$$/./^rules=(datagrams|fields|flows)$$

bench: build ## measure the engine on traffic of its own making (some minutes, and 4 GB below TMPDIR; ONLY=REGEXP, COUNT=N, TARGETS=1 for what targets are about, BENCH=FLAGS of go test)
	$(GO) test -c -o bin/bench.test ./lab/bench
	$(GO) build -o bin/bench ./lab/bench
	@{ echo "commit: $$(git describe --always --dirty --exclude '*')"; echo "date: $$(date -u +%F)"; echo "system: $$(uname -sr), $$(nproc --all) CPUs, $$($(GO) env GOVERSION)"; } > $(RESULTS)
	@set -e; for i in $$(seq $(or $(COUNT),6)); do \
	  $(PIN) bin/bench.test -test.run '^$$' -test.benchtime 1x -test.timeout 0 -test.cpu 1 -test.bench '$(or $(ONLY),.)' $(if $(TARGETS),-test.skip '$(ASIDE)') -ruleids $(BIN) $(BENCH) >> $(RESULTS); \
	  echo "bench: round $$i of $(or $(COUNT),6)"; done
	bin/bench report $(if $(PAGE),-page $(PAGE)) $(RESULTS)

bench-docs: override PAGE := docs/performance.md
bench-docs: bench ## the same, and write the results to docs/performance.md

bench-check: ## fail where the program is slower than that of another revision (BASE=REV; SHORT=1 for a quick look)
	$(GO) build -o bin/bench ./lab/bench
	bin/bench check $(if $(BASE),-base $(BASE)) $(if $(SHORT),-short) $(if $(CPU),-cpu $(CPU)) $(BENCH)

ui: ## build the page of the server, which is committed as it is built (needs Node and npm)
	cd fleet/ui && npm ci --ignore-scripts --no-audit --no-fund && npm run build

# The packages that the page is built from and tested with; and where make ui-test finds a browser.
UI_PACKAGES := fleet/ui/node_modules/.package-lock.json
$(UI_PACKAGES): fleet/ui/package-lock.json
	cd fleet/ui && npm ci --ignore-scripts --no-audit --no-fund && touch node_modules/.package-lock.json
chromium = command -v chromium >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium; }

ui-check: $(UI_PACKAGES) ## build the page again, and compare it with what is committed
	cd fleet/ui && npx tsc --noEmit && npx vite build --logLevel warn --outDir ../../bin/ui --emptyOutDir
	@diff -r fleet/ui/dist bin/ui || { echo "the committed page is not what its sources make: make ui" >&2; exit 1; }

ui-test: $(UI_PACKAGES) ## the page in Chromium: every page, keyboard, accessibility, what comes from the wire (needs Node; installs Chromium where it is missing)
	@$(chromium)
	RULEIDS_UI=1 $(GO) test ./lab/browser -count=1 -parallel 4 -timeout 10m $(UITEST)

screenshots: $(UI_PACKAGES) ## every page at five widths, light and dark, to bin/screenshots
	@$(chromium)
	RULEIDS_UI=1 RULEIDS_SCREENSHOTS=$(abspath bin/screenshots) $(GO) test ./lab/browser -run '^TestScreenshots$$' -count=1 -timeout 10m

vscode: ## package the extension for VS Code (needs Node and npm)
	cd packaging/vscode && npm install --ignore-scripts --no-audit --no-fund && npm run package

# What TARGETS may name is in packaging/release/target.go.
RELEASE = $(GO) -C packaging/release run . -root $(CURDIR)

release: ## everything that is published, in dist/, the same bytes each time (TARGETS=linux/amd64,… for some systems; MINISIGN_KEY=FILE signs)
	$(RELEASE) -out $(CURDIR)/dist -targets '$(TARGETS)'

release-twice: ## build everything that is published twice, in two directories with two caches, and compare (TARGETS=… for some systems; an hour)
	packaging/release/test.sh twice

release-test: ## install, upgrade and remove the packages and the image in a Debian of their own; build twice and compare (root)
	$(GO) -C packaging/release vet ./...
	$(GO) -C packaging/release test -count=1 ./...
	packaging/release/test.sh

# Every system that the program is built for besides this one; with SHORT=1 one of each kind.
CROSS := windows/amd64 darwin/arm64 freebsd/amd64 linux/386 \
  $(if $(SHORT),,openbsd/amd64 windows/arm64 darwin/amd64 freebsd/arm64 openbsd/arm64 linux/arm64 linux/arm linux/riscv64 linux/s390x)

cross: ## build and vet for other systems (SHORT=1 for one of each kind, as CI does)
	@set -e; for t in $(CROSS); do \
	  start=$$(date +%s); \
	  GOOS=$${t%/*} GOARCH=$${t#*/} $(GO) build -o /dev/null ./cmd/ruleids; \
	  GOOS=$${t%/*} GOARCH=$${t#*/} $(GO) vet ./...; \
	  echo "cross: $$t $$(($$(date +%s) - start)) s"; done

# What reads or writes bytes in an order, or counts on the size of an int. Of the journal of decisions its form: the rest is a
# matter of time, of which there is little on an emulated machine; what allocates there allocates here, too.
QEMU_TESTS := ./packet/... ./capture ./capture/live ./capture/bpf ./engine/window ./engine/snapshot ./internal/npz ./model/...
QEMU_TEST   = $(GO) test -short -timeout 30m -skip 'NoAllocation|^TestQuantile$$|^TestBound$$' $(if $(1),-exec '$(1)') $(QEMU_TESTS) && $(GO) test $(if $(1),-exec '$(1)') ./actions/decision -run 'Format|Cut|Damage|Foreign|Journal'

qemu-test: ## tests of decoder, windows, journals and files with 32 bits, and emulated, on a big-endian machine and on ARM (installs qemu-user)
	@command -v qemu-s390x >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends qemu-user; }
	GOARCH=386 && export GOARCH && $(call QEMU_TEST,)
	GOARCH=s390x && export GOARCH && $(call QEMU_TEST,qemu-s390x -cpu max)
	GOARCH=arm64 && export GOARCH && $(call QEMU_TEST,qemu-aarch64 -cpu max)

captures: ## compare a directory of captures with its expected.json (CAPTURES=DIR)
	CAPTURES=$(abspath $(CAPTURES)) $(GO) test ./cmd/ruleids -run '^Test(Expected|Odd)Captures$$' -count=1 -v

fuzz: ## run each fuzz test for FUZZTIME
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "== $$pkg $$f"; $(GO) test $$pkg -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME); \
	  done; done

docs: ## write the generated tables, and the output of commands, in README and docs again
	@status=0; for p in $$($(GO) list ./...); do $(GO) generate $$p || status=1; done; \
	if [ $$status != 0 ]; then echo "make docs: the failures above name what is missing; everything else was written" >&2; exit 1; fi

lab-rate: build ## find the highest loss-free rate beside tcpdump, and overload the daemon (root, two CPUs, half an hour; RATE=FLAGS)
	$(GO) build -o bin/lab-rate ./lab/rate
	bin/lab-rate -ruleids $(BIN) $(RATE)

clean: ## remove what the other targets made
	rm -rf bin dist
