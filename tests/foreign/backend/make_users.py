"""Test users with a token each, as CSV: `JWT_SECRET=… python make_users.py 5000 --hours 2 > users.csv`."""

import argparse
import csv
import hashlib
import os
import sys
import time

import jwt

STORES = ("SH01", "BJ02", "GZ03", "CD04")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--hours", type=float, default=2.0, help="how long the tokens live")
    parser.add_argument("--batch", default="a", help="another batch, other users")
    options = parser.parse_args()
    expires = int(time.time() + options.hours * 3600)
    rows = csv.writer(sys.stdout)
    rows.writerow(["uid", "jwt", "valid_until", "real_name", "phone", "store"])
    for number in range(options.count):
        user = "usr_" + hashlib.sha256(f"{options.batch}{number}".encode()).hexdigest()[:12]
        token = jwt.encode({"sub": user, "exp": expires}, os.environ["JWT_SECRET"], "HS256")
        name = "王李张刘陈杨赵黄周吴"[number % 10] + "伟芳娜敏静磊洋艳勇军"[number // 10 % 10] + f"{number // 100}号"
        rows.writerow([user, token, expires, name, f"139{number:08d}", STORES[number % len(STORES)]])


if __name__ == "__main__":
    main()
