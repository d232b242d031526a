# Everything runs in .venv, which the first target that needs it makes. Needs Python >= 3.11 and nothing else.
PYTHON ?= python3
VENV ?= .venv
SCRIPTS := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
BIN := $(VENV)/$(SCRIPTS)
WORKERS ?= 2
LOWEST ?= .venv-lowest
PEERS ?= .venv-peers
BARE ?= .venv-bare
INTEGRATIONS ?= .venv-integrations
SMOKE ?= .venv-smoke
RELEASE ?= .venv-release
TAG ?=
SMOKE_TESTS ?= tests/registry tests/config tests/interface tests/flood_fill tests/test_targets.py tests/test_errors.py \
	tests/test_deprecation.py
# Generated texts show porenet alone, whatever else is installed, and help of one width.
COG := PORENET_PLUGINS= COLUMNS=100 $(BIN)/cog -I . -I docs/generators

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help demo test test-slow test-bare test-lowest test-integrations test-wheel smoke peers evidence lint docs generate
.PHONY: pictures bench bench-quick bench-full wheel release-check clean

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

$(BIN)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("porenet needs Python >= 3.11; try make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(BIN)/.ready ## list, compose, a real volume to a verdict; train four WGAN-GPs, one table, one picture, one page
	$(BIN)/porenet list-plugins
	$(BIN)/python examples/compose_losses.py
	$(BIN)/python examples/analyse.py
	$(BIN)/python -m docs.generators.demo --out runs/demo

test: $(BIN)/.ready ## the default suite
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --durations=20 # one thread per worker: more would wait for each other

test-slow: $(BIN)/.ready ## what takes minutes
	$(BIN)/python -m pytest -m slow

test-bare: ## a bare install, without torch: its size, its commands, and the tests of what needs no torch
	$(PYTHON) -m venv --clear $(BARE)
	$(BARE)/bin/python -m pip install --quiet --constraint constraints.txt --editable .
	$(BARE)/bin/python -c "import importlib.util; assert importlib.util.find_spec('torch') is None"
	test "$$(du -sm $(BARE) | cut -f1)" -lt 500 # MB
	$(BARE)/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[dask,hdf5,images,nrrd,plot,tiff,zarr]' \
		hypothesis pytest pytest-xdist
	OMP_NUM_THREADS=1 $(BARE)/bin/python -m pytest -n $(WORKERS) --dist loadgroup -m 'not torch and not slow' \
		tests/test_bare_install.py tests/commands tests/comparison tests/config tests/measurement tests/plugins tests/registry

test-lowest: ## by hand: quick tests with the lowest versions that pyproject.toml states; torch 2.6 brings 5 GB of CUDA
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet --constraint constraints-lowest.txt --editable '.[dask,hdf5,images,nrrd,plot,tiff,testing,train,yaml]'
	OMP_NUM_THREADS=1 $(LOWEST)/bin/python -m pytest tests/test_lowest_versions.py tests/registry tests/config tests/testing \
		tests/interface tests/commands tests/measurement tests/objective tests/passage
	OMP_NUM_THREADS=1 $(LOWEST)/bin/python -m pytest -m 'slow or not slow' -k compiled tests/plugins/test_conformance.py

test-wheel: $(BIN)/.ready ## the wheels of porenet and of a third-party plugin, in fresh environments
	$(BIN)/python -m pytest -m 'slow or not slow' tests/test_third_party.py

smoke: ## on a system or a Python that is new to porenet: install, commands, quick tests
	$(PYTHON) -m venv --clear $(SMOKE)
	$(SMOKE)/$(SCRIPTS)/python -m pip install --quiet --constraint constraints.txt --editable '.[testing,yaml]' pytest-xdist
	$(SMOKE)/$(SCRIPTS)/porenet list-plugins
	$(SMOKE)/$(SCRIPTS)/porenet measure examples/data/sofc_superres_62.npz --phases a=0,b=1,c=2 --voxel-um 0.1 -m vf -m ssa
	OMP_NUM_THREADS=1 $(SMOKE)/$(SCRIPTS)/python -m pytest -n $(WORKERS) --dist loadgroup $(SMOKE_TESTS)

wheel: $(RELEASE)/.ready ## sdist and wheel in dist/, the wheel from the sdist, checked as an index would
	$(RELEASE)/$(SCRIPTS)/python -m build --no-isolation --outdir dist .
	$(RELEASE)/$(SCRIPTS)/twine check --strict dist/*
	$(RELEASE)/$(SCRIPTS)/cffconvert --validate

$(RELEASE)/.ready: requirements-release.txt
	$(PYTHON) -m venv $(RELEASE)
	$(RELEASE)/$(SCRIPTS)/python -m pip install --quiet --requirement requirements-release.txt
	@touch $@

release-check: $(BIN)/.ready ## whether this checkout may be released: no gaps of the owner's, one version; TAG=v0.1.0
	$(BIN)/python -m release.release_check $(if $(TAG),--tag '$(TAG)')

peers: $(PEERS)/bin/.ready ## by hand: an environment with the other tools that porenet is measured beside, 3 GB

$(PEERS)/bin/.ready: pyproject.toml constraints.txt constraints-peers.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --upgrade pip
	$(PEERS)/bin/python -m pip install --quiet --constraint constraints.txt --constraint constraints-peers.txt --editable '.[peers,testing]'
	@touch $@

test-integrations: $(INTEGRATIONS)/bin/.ready ## by hand: adapters and recipes with the real frameworks, in an environment of their own
	OMP_NUM_THREADS=1 $(INTEGRATIONS)/bin/python -m pytest -m 'slow or not slow' tests/integrations

$(INTEGRATIONS)/bin/.ready: pyproject.toml constraints.txt constraints-integrations.txt
	$(PYTHON) -m venv $(INTEGRATIONS)
	$(INTEGRATIONS)/bin/python -m pip install --quiet --upgrade pip
	$(INTEGRATIONS)/bin/python -m pip install --quiet --constraint constraints.txt --constraint constraints-integrations.txt --editable '.[integrations,testing,tiff]'
	@touch $@

evidence: $(BIN)/.ready $(PEERS)/bin/.ready ## by hand: property tests on many examples, blind spots of losses, damaged files, verdicts; not in CI
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) -m 'hypothesis and not slow' --hypothesis-profile thorough
	$(BIN)/python docs/generators/blind_spots.py # an hour with what follows; writes docs/results/blind_spots.json
	$(BIN)/python -m benchmarks.verdict_simulation --workers $(WORKERS) # half an hour to an hour on two cores; goes on after a kill
	$(BIN)/python -m benchmarks.verdict_speed
	$(BIN)/python tests/formats/format_fuzz.py 2000 # a quarter of an hour
	$(BIN)/python -m benchmarks.slabs
	OMP_NUM_THREADS=1 $(PEERS)/bin/python -m benchmarks.other_tools # some minutes; writes docs/results/other_tools.json; needs ../shared/data
	$(BIN)/python -m benchmarks.reconstruction # an hour; writes docs/results/reconstruction.json; needs ../shared/data
	$(BIN)/python -m benchmarks.one_micrograph # half an hour; goes on after a kill; writes docs/results/one_micrograph.json
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.untrained_fields # five minutes; goes on after a kill; writes docs/results/real_electrodes.json and synthetic_fields.json; needs ../shared/data
	for seed in 0 1 2 3 4; do for run in run_e_real run_e_real_without_fields; do \
		OMP_NUM_THREADS=1 $(BIN)/python -m examples.wgan_gp.train examples/wgan_gp/$$run.toml --seed $$seed --resume \
			--out runs/$$run-$$seed || exit 1; \
	done; done # half an hour; goes on after a kill; needs ../shared/data
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.real_runs runs/run_e_real-? runs/run_e_real_without_fields-? # ten minutes; goes on after a kill; writes docs/results/real_electrodes_runs.json
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.critic_separation # six minutes; goes on after a kill; writes docs/results/critic_separation.json; needs ../shared/data
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.run_e_remedies --out runs/remedies # an hour and a half; goes on after a kill; writes docs/results/run_e_trials.json; needs ../shared/data
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.run_e_remedies --out runs/remedies --only run_e --seeds 0 3 4 --steps 1000 # half an hour; the same
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.run_e_remedies --out runs/remedies --only objective_alone --seeds 0 --steps 1000 # ten minutes; the same
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.run_e_other_noise --runs runs/remedies # two minutes; writes docs/results/run_e_other_noise.json; needs ../shared/data
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.necks # some minutes; goes on after a kill; writes docs/results/necks.json; needs ../shared/data

lint: $(BIN)/.ready ## style, types, import directions, generated texts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(COG) --check README.md docs/*.md docs/results/*.md
	PORENET_PLUGINS= $(BIN)/python docs/generators/component_stubs.py --check
	$(BIN)/python docs/generators/tutorial_notebooks.py --check
	PORENET_PLUGINS= $(BIN)/python docs/generators/component_pages.py --check
	$(BIN)/python -m release.codemeta --check

generate: $(BIN)/.ready ## rewrite the generated parts of README and docs, component pages, notebooks, types of losses and metrics, codemeta.json
	$(COG) -r README.md docs/*.md docs/results/*.md
	PORENET_PLUGINS= $(BIN)/python docs/generators/component_stubs.py
	$(BIN)/python docs/generators/tutorial_notebooks.py
	PORENET_PLUGINS= $(BIN)/python docs/generators/component_pages.py
	$(BIN)/python -m release.codemeta

pictures: $(BIN)/.ready ## by hand: the pictures of the docs, some minutes; those of the 3-D report need Chromium
	$(BIN)/python docs/generators/component_pictures.py
	$(BIN)/python -m docs.pictures.loophole
	$(BIN)/python -m docs.pictures.reconstruct
	$(BIN)/python -m docs.pictures.percolation
	$(BIN)/python -m docs.generators.soft_hard_numbers
	$(BIN)/python -m docs.generators.blind_spots --picture
	$(BIN)/python -m docs.pictures.page_pictures

docs: $(BIN)/.ready ## HTML in docs/_build
	$(BIN)/sphinx-build --fail-on-warning --keep-going -q docs docs/_build

# CPU seconds of each, 440 in all; kernels were compiled before, but those of first_call.
bench: $(BIN)/.ready ## under 10 minutes; writes benchmarks/results
	$(BIN)/python -m benchmarks.list_plugins # 4
	$(BIN)/python -m benchmarks.losses # 180
	$(BIN)/python -m benchmarks.passage # 17
	$(BIN)/python -m benchmarks.tortuosity # 3
	$(BIN)/python -m benchmarks.flood_fill # 92
	$(BIN)/python -m benchmarks.analysis # 79
	$(BIN)/python -m benchmarks.gaussian_metrics # 38
	$(BIN)/python -m benchmarks.first_call # 26

bench-quick: $(BIN)/.ready ## ratios to peers at small sizes beside the committed ones; fails if one fell by more than a quarter
	$(BIN)/python -m benchmarks.quick

bench-full: bench ## with the long peers, and what starts many processes
	$(BIN)/python -m benchmarks.configurations
	$(BIN)/python -m benchmarks.bit_metrics
	$(BIN)/python -m benchmarks.command_starts
	$(BIN)/python -m benchmarks.wgan_gp_step
	$(BIN)/python -m benchmarks.step_shares
	$(BIN)/python -m benchmarks.topology_losses
	$(BIN)/python -m benchmarks.phase_sizes
	$(BIN)/python -m benchmarks.conductivity
	$(BIN)/python -m benchmarks.shortest_paths
	$(BIN)/python -m benchmarks.tortuosity --full
	$(BIN)/python -m benchmarks.flood_fill --large

clean: ## remove what was made, compiled kernels included: numba does not see an edit in what a kernel calls
	rm -rf $(VENV) $(LOWEST) $(BARE) $(INTEGRATIONS) $(PEERS) $(SMOKE) $(RELEASE) docs/_build docs/jupyter_execute dist build
	find porenet plugins -name '*.nb[ic]' -delete
