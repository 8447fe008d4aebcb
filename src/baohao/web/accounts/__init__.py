"""Who signs in: holders by codes and passkeys, staff and agents by password and second factor."""
