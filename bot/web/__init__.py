"""What browsers and Twilio reach: webhooks, the console, the simulator, health."""
