#!/usr/bin/env python3
"""Makes breached.bin: passwords that are known from breaches, as the first four bytes of each SHA-256, sorted.

Sources, both under the MIT licence:
  Pwdb-Public by Ata Hakçıl, the 100,000 passwords found most often among a thousand million leaked ones, and the 150 of
  each of some languages: wordlists/ of the repository github.com/ignis-sec/Pwdb-Public
  @zxcvbn-ts/language-common 4.1.3, the passwords that many people use: src/passwords.json of the npm package

Usage: make_breached.py PWDB-PUBLIC/wordlists LANGUAGE-COMMON/src/passwords.json > breached.bin

Passwords are compared in lower case and after NFKC, so they are listed so. Of a random password one in 35,000 has four
bytes by chance that are listed.
"""

import hashlib
import json
import sys
import unicodedata
from pathlib import Path

MOST = 124_000  # times four: less than 500 kB


def lines(path):
    return path.read_text("utf-8", errors="ignore").splitlines()


wordlists, common = Path(sys.argv[1]), Path(sys.argv[2])
ranked = lines(wordlists / "ignis-100K.txt")
for of_language in sorted((wordlists / "language-specifics").glob("*.txt")):
    ranked += lines(of_language)
ranked += json.loads(common.read_text("utf-8"))

passwords = {}
for password in ranked:
    password = unicodedata.normalize("NFKC", password.strip()).lower()
    if password and len(passwords) < MOST:
        passwords[password] = None

hashes = sorted({hashlib.sha256(password.encode()).digest()[:4] for password in passwords})
sys.stdout.buffer.write(b"".join(hashes))
print(len(passwords), "passwords,", len(hashes), "hashes", file=sys.stderr)
