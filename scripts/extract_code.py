#!/usr/bin/env python3
"""Writes the code blocks of a Markdown page that stand behind `<!-- file: PATH -->` or `<!-- program: ... -->` comments.

    extract_code.py PAGE FOLDER     a block of a file goes to FOLDER/PATH, a program to FOLDER/program.cpp
Files whose content would not change are left alone, so that nothing is rebuilt without need.
"""
import pathlib
import re
import sys

BLOCK = re.compile(r"<!-- (file|program): (.*?) -->\n```\w*\n(.*?)```", re.DOTALL)


def main() -> int:
    page, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    if not blocks:
        print(f"{page}: no block to extract", file=sys.stderr)
        return 1
    for kind, name, code in blocks:
        target = folder / ("program.cpp" if kind == "program" else name)
        if target.exists() and target.read_text(encoding="utf-8") == code:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(code, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
