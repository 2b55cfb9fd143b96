"""What people mean, pure: text in, a decision and its reason out. No language model, no network, no clock."""
