# Short names for what people type most. Everything real happens in ./pants and pants-plugins.
.PHONY: package test lint check lock test-bare

package:
	./pants package ::

test:
	./pants test ::

lint:
	./pants lint ::

check:
	./pants check ::

# Refresh every lock. Pins stay as they are; `make lock UPGRADE=1` takes the newest versions that fit.
lock:
	PYTHONPATH=pants-plugins PYTHONDONTWRITEBYTECODE=1 python3 -m launcher.locks $(if $(UPGRADE),--upgrade)

# Build and test in a bare Debian 12 that is thrown away; `make test-bare RUN="./pants --version"` runs that instead.
test-bare:
	tests/bare/run.sh $(RUN)
