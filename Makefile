# What sam build asks for (build-<function>), and the zips for whoever deploys otherwise.

# arm64 or x86_64, as the parameter Architecture of template.yaml.
ARCHITECTURE ?= arm64
arch := $(patsubst x86_64,x64,$(ARCHITECTURE))
binary := artifacts/native/linux-$(arch)/bootstrap
sources := $(shell find src -name "*.cs" -o -name "*.csproj") Directory.Build.props Directory.Packages.props global.json scripts/publish

.PHONY: build-NodeLifecycle build-Reconcile package lint

# Both functions are one program: it is linked once and copied twice.
build-NodeLifecycle build-Reconcile: $(binary)
	cp $(binary) "$(ARTIFACTS_DIR)/bootstrap"
	chmod 755 "$(ARTIFACTS_DIR)/bootstrap"

$(binary): $(sources)
	scripts/publish $(arch)
	touch $@

package:
	scripts/publish x64 arm64

lint:
	cfn-lint template.yaml templates/router.yaml
