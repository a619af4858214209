"""The Seller Center API that warehouse systems call: UpdateInventoryStatus and two actions to reconcile."""
