"""A support line on WhatsApp for customers who cannot get into Siigo Facturación."""
