"""The port to AWS IAM: the only package that imports boto3. It knows no Django and no database.

`connect` gives an `Iam` for one account and purpose; `scan.read_account` reads an account in bulk;
`disable`, `enable` and `delete` are the action sequences, each resumable at any point.
"""
