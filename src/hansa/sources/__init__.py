"""In: one module a provider; reading is separate from parsing, and parsing is pure."""
