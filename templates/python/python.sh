#!/bin/sh
# The script of a service is always sh: it hands over to Python, whose program stands below.
set -eu

if ! command -v python3 > /dev/null; then
  echo 'This service needs python3: install it, for example with: apt-get install python3.' >&2
  exit 1
fi

exec python3 - <<'PYTHON'
import csv, os, pathlib, statistics

source = pathlib.Path(os.environ['INPUT_FILE_PATH'])
target = pathlib.Path(os.environ['TMP_OUTPUT_DIR']) / (source.stem + '.summary.csv')

with source.open(newline='') as file:
    rows = list(csv.DictReader(file))

columns = {name: [float(row[name]) for row in rows] for name in rows[0]}
with target.open('w', newline='') as file:
    writer = csv.writer(file, lineterminator='\n')
    writer.writerow(['column', 'rows', 'mean', 'median'])
    for name, values in columns.items():
        writer.writerow([name, len(values), statistics.mean(values), statistics.median(values)])

print(f'{source.name}: {len(rows)} rows, {len(columns)} columns')
PYTHON
