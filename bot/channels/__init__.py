"""How messages come in and go out. `base` is what every channel offers; only `twilio` knows Twilio's names."""
