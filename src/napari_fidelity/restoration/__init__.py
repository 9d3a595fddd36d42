"""Classical restoration: what learned networks have to beat."""
