"""Exports the badges of a door system into a CSV source file.

The door system is a JSON file here, Sources/badges.json in the home folder: a counter of its changes, and its badges,
each with the number of its last change. A real one would be asked over its own interface.

Complete and initial runs write every badge. An incremental run writes what changed since the run before, with a column
that says what each row means. What is printed lands in the log of the task.
"""

import csv
import json
import os
import sys
from pathlib import Path

WARNING = 4


def main():
    home = Path(os.environ["PROVOST_HOME"])
    system = json.loads((home / "Sources" / "badges.json").read_text(encoding="utf-8"))
    cookie = Path(os.environ["PROVOST_EXPORT_COOKIES"]) / "badges_cookie.txt"
    incremental = os.environ["PROVOST_MODE"] == "incremental"
    since = 0
    if incremental:
        if not cookie.exists():
            sys.exit("there is no complete export to go on from: run the job Badges_Complete first")
        since = int(cookie.read_text(encoding="utf-8"))

    changed = [badge for badge in system["badges"] if badge["change"] > since]
    if not incremental:
        changed = [badge for badge in changed if not badge.get("deleted")]
    usable = [badge for badge in changed if badge.get("number")]
    write(Path(os.environ["PROVOST_EXPORT_OUTPUT"]) / "Badges.csv", usable, incremental)
    replace(cookie, str(system["changes"]))
    print(f"{len(usable)} badges written")
    if len(usable) < len(changed):
        print(f"{len(changed) - len(usable)} badges have no number", file=sys.stderr)
        sys.exit(WARNING)


def write(path, badges, incremental):
    """Writes beside the file first: a run that is cut off leaves the table as it was."""
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow((["command"] if incremental else []) + ["number", "holder", "valid_until"])
        for badge in badges:
            command = ["delete" if badge.get("deleted") else "merge"] if incremental else []
            rows.writerow(command + [badge["number"], badge.get("holder", ""), badge.get("valid_until", "")])
    partial.replace(path)


def replace(path, text):
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


main()
