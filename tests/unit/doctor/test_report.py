import json

import pytest

from erpnext_connector.doctor.report import Report, Verdict, failed, ok, unknown, warning

OK, UNKNOWN = ok("name", "it resolves"), unknown("workers", "nginx stands in front")
WARNING, FAILED = warning("version", "old", "plan the upgrade"), failed("port", "closed", "open it")


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        ([], Verdict.OK),
        ([OK], Verdict.OK),
        ([OK, UNKNOWN], Verdict.OK),
        ([WARNING, OK, UNKNOWN], Verdict.WARNING),
        ([OK, FAILED, WARNING], Verdict.FAILED),
    ],
    ids=["nothing", "ok", "unknown", "warning", "failed"],
)
def test_a_report_is_as_bad_as_its_worst_finding_and_not_knowing_is_not_bad(findings, verdict):
    assert Report("https://erp.example.com", tuple(findings)).verdict is verdict


def test_a_report_as_json_has_every_finding_with_its_remedy():
    report = Report("https://erp.example.com", (OK, FAILED))
    assert json.loads(json.dumps(report.as_dict())) == {
        "url": "https://erp.example.com",
        "verdict": "failed",
        "findings": [
            {"check": "name", "verdict": "ok", "evidence": "it resolves", "remedy": ""},
            {"check": "port", "verdict": "failed", "evidence": "closed", "remedy": "open it"},
        ],
    }
