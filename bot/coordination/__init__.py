"""How processes wake each other. Only a hint: whatever is lost here, a sweep of the database finds a little later."""
