"""Nothing that a paper publishes is left without a row."""

from reports.papers.claims import CLAIMS
from reports.papers.published import results_published


def test_every_published_result_has_a_claim_and_every_claim_is_published() -> None:
    published, claimed = results_published(), {claim.path for claim in CLAIMS}
    without = {
        path
        for path in published
        if not any(path == at or path.startswith(f"{at}.") for at in claimed)
    }
    assert without == set()
    assert all(any(f"{path}.".startswith(f"{at}.") for path in published) for at in claimed)
    assert len(claimed) == len(CLAIMS)
