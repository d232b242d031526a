"""What every test has: fake distributions, real volumes, and one profile for the tests that draw their examples."""

import os

from hypothesis import HealthCheck, settings

pytest_plugins = ("chromium", "fake_site", "real_volumes", "torch_tests")

# No deadline: a first call compiles a kernel. Drawing a volume is slow and a fixture of a function, such as tmp_path,
# may serve all the examples of a test: neither is a fault here.
settings.register_profile(
    "porenet",
    deadline=None,
    max_examples=60,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("thorough", settings.get_profile("porenet"), max_examples=300)  # make evidence
settings.load_profile("porenet")

# Fake plugins are sound, or their faults are exceptions: no child interpreters, and nothing in the user's cache folder.
os.environ["PORENET_IMPORT_LIMIT"] = "0"
