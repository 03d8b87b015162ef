"""Models that answer: loading, batching, engines, measuring."""

import sys

# OpenVINO reports each import and each conversion to its makers, unless this package of theirs is not there.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
