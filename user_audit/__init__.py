"""User audit: platform accounts against AWS IAM."""
