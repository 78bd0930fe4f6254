"""The reference company: an alarm company with its whole declaration, and four services over an invented world."""
