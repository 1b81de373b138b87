"""Regular expressions in time linear in the text: a subset of Python's `re`, matched without backtracking.

- characters, `.`, `\\d \\w \\s` and their opposites, escaped punctuation, `\\t \\n \\r`, classes `[...]`, `^`, `$`,
  `\\b`, groups `(...)` and `(?:...)`, `|`, and the quantifiers `* + ? {m} {m,} {,n} {m,n}`, lazy ones too
- no look-around, back-references, named groups, inline flags, possessive quantifiers: they have no such matcher, or
  another meaning elsewhere

A pattern becomes a program of at most `MAX_PROGRAM` instructions (`parse_pattern`), and a text is held against all of
its states at once (`program`). Source: Russ Cox, https://swtch.com/~rsc/regexp/regexp2.html.
"""
