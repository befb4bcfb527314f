"""Build apps beside ERPNext."""
