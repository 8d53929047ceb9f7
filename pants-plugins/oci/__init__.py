"""OCI images as values and bytes. No Pants, network, clock or third-party code may enter."""
