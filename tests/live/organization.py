"""An organization of a management account and four members; prints the ids: `organization.py URL`."""

import json
import sys

from mailbox import client

organizations = client("organizations", sys.argv[1])
organizations.create_organization(FeatureSet="ALL")
for name in ["build", "data", "log-archive", "shop"]:
    organizations.create_account(AccountName=name, Email=f"{name}@example.com")
pages = organizations.get_paginator("list_accounts").paginate()
print(json.dumps({"accounts": [account["Id"] for page in pages for account in page["Accounts"]]}))
