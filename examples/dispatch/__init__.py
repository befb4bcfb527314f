"""Dispatch: deliveries planned beside ERPNext."""
