"""Retention policies as frozen values: what a product's operator promises, forgives and takes."""
