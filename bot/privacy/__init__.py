"""What people may ask about their data, and what the law asks of us: export, erasure, retention, redaction after the fact."""
