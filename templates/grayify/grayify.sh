#!/bin/sh
# An image arrives in grayify/in; the same image in shades of gray goes to grayify/out.
set -eu

# ImageMagick 7 calls its program magick, ImageMagick 6 calls it convert, and other programs are called convert too.
for tool in magick convert none; do
  if "$tool" -version 2> /dev/null | grep -q ImageMagick; then break; fi
done
if [ "$tool" = none ]; then
  echo 'grayify needs ImageMagick, and there is no magick or convert on this PATH.' >&2
  echo 'Install it, for example with: apt-get install imagemagick, or: brew install imagemagick.' >&2
  exit 1
fi

gray="$TMP_OUTPUT_DIR/$(basename "$INPUT_FILE_PATH")"
"$tool" "$INPUT_FILE_PATH" -colorspace Gray "$gray"
echo "$(basename "$gray"): $(wc -c < "$gray" | tr -d ' ') bytes"
