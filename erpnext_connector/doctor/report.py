"""Findings about a site, and what they add up to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class Verdict(Enum):
    """How a check ended, best first."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was seen, and what to do if it is not fine (`remedy` is empty when nothing is to do)."""

    check: str
    verdict: Verdict
    evidence: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        """The finding with its verdict as text."""
        return {**asdict(self), "verdict": self.verdict.value}


@dataclass(frozen=True, slots=True)
class Report:
    """All findings about one site, in the order in which they were made."""

    url: str
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all; a check that could not be made does not make a site worse."""
        order = [Verdict.OK, Verdict.UNKNOWN, Verdict.WARNING, Verdict.FAILED]
        worst = max((order.index(finding.verdict) for finding in self.findings), default=0)
        return Verdict.OK if order[worst] is Verdict.UNKNOWN else order[worst]

    def as_dict(self) -> dict[str, Any]:
        """`{"url", "verdict", "findings": [{"check", "verdict", "evidence", "remedy"}]}`."""
        return {
            "url": self.url,
            "verdict": self.verdict.value,
            "findings": [finding.as_dict() for finding in self.findings],
        }


def ok(check: str, evidence: str) -> Finding:
    """A check that found everything in order."""
    return Finding(check, Verdict.OK, evidence)


def unknown(check: str, evidence: str, remedy: str = "") -> Finding:
    """A check that could not be made from here."""
    return Finding(check, Verdict.UNKNOWN, evidence, remedy)


def warning(check: str, evidence: str, remedy: str) -> Finding:
    """Something that works but should be changed."""
    return Finding(check, Verdict.WARNING, evidence, remedy)


def failed(check: str, evidence: str, remedy: str) -> Finding:
    """Something without which the app can't work."""
    return Finding(check, Verdict.FAILED, evidence, remedy)
