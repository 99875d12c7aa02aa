#!/usr/bin/env python3
"""Writes the code blocks of a Markdown page that stand behind `<!-- file: PATH -->` comments to FOLDER/PATH.

    extract_code.py PAGE FOLDER
Blocks of one PATH are joined in the page's order: a page may tell a file in pieces. Files whose content would not change
are left alone, so that nothing is rebuilt without need.
"""
import pathlib
import re
import sys

BLOCK = re.compile(r"<!-- file: (.*?) -->\n```\w*\n(.*?)```", re.DOTALL)


def main() -> int:
    page, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    if not blocks:
        print(f"{page}: no block to extract", file=sys.stderr)
        return 1
    files: dict[str, list[str]] = {}
    for name, code in blocks:
        files.setdefault(name, []).append(code)
    for name, pieces in files.items():
        target, code = folder / name, "\n".join(pieces)
        if target.exists() and target.read_text(encoding="utf-8") == code:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(code, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
