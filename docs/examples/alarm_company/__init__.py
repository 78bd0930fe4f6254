"""The reference company: an alarm company with four services, its register and the invented world they serve."""
