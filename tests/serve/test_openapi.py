"""All that OpenAPI tells, held against the server by requests that schemathesis makes up."""

import subprocess
import sys
from pathlib import Path


def test_the_server_keeps_to_its_openapi(serve, tmp_path):
    command = Path(sys.executable).with_name("schemathesis")
    key = "Authorization: Bearer secret"
    with serve(api_key="secret") as url:
        told = subprocess.run(
            [
                *(command, "run", f"{url}/openapi.json", "--header", key),
                *("--phases", "examples,coverage,fuzzing", "--max-examples", "10"),
                # An image is more than bytes, which is all that OpenAPI can say of it.
                *("--exclude-checks", "positive_data_acceptance"),
                *("--seed", "1", "--generation-database", "none", "--no-color"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
    assert told.returncode == 0, told.stdout
    assert "Unresolvable" not in told.stdout
