"""Phrases and simple sentences in English and Chinese: parsed in one, put together in the other, by rules."""
