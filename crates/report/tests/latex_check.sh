#!/usr/bin/env bash
# Compiles a report.tex as its reader would, in a folder of its own, and fails on what TeX only
# mutters: errors, undefined references, lines and tables that stick out of the page.
#
#   bash latex_check.sh FILE.tex [OUT.pdf]
#
# Needs pdflatex; on Debian: texlive-latex-recommended and lmodern, without recommends.
set -euo pipefail

if [ $# -lt 1 ] || [ ! -f "$1" ]; then
    echo "usage: latex_check.sh FILE.tex [OUT.pdf]" >&2
    exit 2
fi
if ! command -v pdflatex >/dev/null; then
    echo "latex_check.sh: no pdflatex; apt-get install --no-install-recommends" \
        "texlive-latex-recommended lmodern" >&2
    exit 2
fi

# The most that a line may stick out, in points: less than the margin, and seen by nobody.
most=20

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp "$1" "$dir/report.tex"
log=$dir/report.log

# Without a terminal to ask, and with nothing that the text could run or read. The second pass
# sets the widths of long tables.
for pass in 1 2; do
    if ! (cd "$dir" && max_print_line=1000 openin_any=p openout_any=p pdflatex \
        -no-shell-escape -interaction=nonstopmode -halt-on-error report.tex >/dev/null </dev/null)
    then
        echo "latex_check.sh: $1: pass $pass failed:" >&2
        grep -a -A 6 '^!' "$log" >&2 || tail -n 20 "$log" >&2
        exit 1
    fi
done

fail=0
complain() {
    if [ -n "$2" ]; then
        printf 'latex_check.sh: %s: %s:\n' "$file" "$1" >&2
        head -n 20 <<<"$2" >&2
        fail=1
    fi
}
file=$1
complain 'undefined' "$(grep -a -i 'undefined' "$log" || true)"
complain 'defined twice' "$(grep -a -i 'multiply defined' "$log" || true)"
complain 'characters without a glyph' "$(grep -a 'Missing character' "$log" || true)"
complain 'widths not settled after two passes' "$(grep -a 'widths have changed' "$log" || true)"
complain "sticks out by more than $most pt" "$(
    awk -v most="$most" '/^Overfull .hbox/ {
        amount = $0; sub(/.*\(/, "", amount); sub(/pt.*/, "", amount)
        if (amount + 0 > most) print
    }' "$log"
)"
[ $fail -eq 0 ] || exit 1

if [ $# -ge 2 ]; then
    cp "$dir/report.pdf" "$2"
fi
pages=$(sed -n 's/^Output written on report.pdf (\([0-9]* page[s]*\).*/\1/p' "$log")
echo "latex_check.sh: $1 compiles ($pages), nothing sticks out"
