#!/bin/sh
# Installs OSCAR Sandbox, or a newer one over it, and starts it:
#   curl -sSL ADDRESS/install.sh | bash
#   curl -sSL ADDRESS/install.sh | bash -s -- --no-start
# It asks nothing, needs no root, and takes back what it made when it fails.
set -eu
if [ -n "${ZSH_VERSION:-}" ]; then emulate sh; fi

# Put in when a release is built.
releases=''

newline='
'
noted='' lines='' added='' undo='' work='' installed=''
to=${OSCAR_SANDBOX_TO:-} version=${OSCAR_SANDBOX_VERSION:-} executor='' start=yes

usage() {
  cat << 'END'
Usage: install.sh [options]

Installs OSCAR Sandbox into ~/.local/bin and starts it; run again, it upgrades.

  --to DIR          where the program goes          (OSCAR_SANDBOX_TO)
  --version X.Y.Z   another than the newest         (OSCAR_SANDBOX_VERSION)
  --executor NAME   where services run: see `up`    (OSCAR_SANDBOX_EXECUTOR)
  --no-start        install, and start nothing      (OSCAR_SANDBOX_NO_START=1)
  --help            this text

OSCAR_SANDBOX_BASE_URL is the address of a folder with the files of one release, in place of the usual one.
Every OSCAR_SANDBOX_… variable of `oscar-sandbox up` holds for this start too.
END
}

# die CODE SENTENCE [HINT]
die() {
  printf 'error: %s\n' "$2" >&2
  if [ -n "${3:-}" ]; then printf 'hint: %s\n' "$3" >&2; fi
  exit "$1"
}

has() { command -v "$1" > /dev/null 2>&1; }

leave() {
  code=$?
  trap - EXIT
  if [ -n "$work" ]; then rm -rf "$work"; fi
  if [ -z "$installed" ]; then take_back; fi
  exit "$code"
}

# What is not installed leaves nothing behind, unless another installation is at work, which may count on it.
take_back() {
  set -- "${to%/}"/.oscar-sandbox.*
  if [ -e "$1" ]; then return; fi
  if [ -n "$added" ] && [ -w "$receipt" ]; then
    # With more in it than was written here, it is somebody else's too.
    case ${noted:+$noted$newline}$added in "$(cat "$receipt")"*)
      if [ -n "$noted" ]; then printf '%s\n' "$noted" > "$receipt" || :; else rm -f "$receipt"; fi ;;
    esac
  fi
  printf '%s' "$undo" | while IFS= read -r folder; do rmdir "$folder" 2> /dev/null || :; done
}

heed_signals() {
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 141' PIPE
  trap 'exit 143' TERM
}

main() {
  trap leave EXIT
  heed_signals
  options "$@"
  find_tools
  find_target
  find_base
  find_folders
  make_room
  download
  try_out
  put_in_place
  if [ "$start" = yes ]; then start_sandbox; else leave_stopped; fi
}

options() {
  case ${OSCAR_SANDBOX_NO_START:-} in
    '' | 0 | false | no | off) ;;
    1 | true | yes | on) start=no ;;
    *) die 2 "OSCAR_SANDBOX_NO_START must be true or false, not $OSCAR_SANDBOX_NO_START." ;;
  esac
  while [ $# -gt 0 ]; do
    flag=${1%%=*}
    case $1 in
      --to | --version | --executor)
        if [ -z "${2:-}" ]; then die 2 "$1 needs a value." 'See --help.'; fi
        value=$2
        shift ;;
      --to=?* | --version=?* | --executor=?*) value=${1#*=} ;;
      --no-start) value='' start=no ;;
      -h | --help)
        usage
        exit 0 ;;
      *) die 2 "There is no option $1." 'See --help.' ;;
    esac
    case $flag in
      --to) to=$value ;;
      --version) version=$value ;;
      --executor) executor=$value ;;
    esac
    shift
  done
  case ${executor:-${OSCAR_SANDBOX_EXECUTOR:-auto}} in
    auto | local | docker | kind | kubernetes) ;;
    *) die 2 "There is no executor ${executor:-$OSCAR_SANDBOX_EXECUTOR}." 'It is auto, local, docker, kind or kubernetes.' ;;
  esac
  version=${version#v}
  if [ -n "$version" ] && ! is_version "$version"; then die 2 "A version looks like 1.2.3, not like $version."; fi
}

is_version() {
  case $1 in
    *[!0-9A-Za-z.+-]*) return 1 ;; # It would lead elsewhere in an address.
    [0-9]*.[0-9]*.[0-9]*) ;;
    *) return 1 ;;
  esac
}

find_tools() {
  if has curl; then
    loader=curl
  elif has wget && ! wget --help 2>&1 | grep -q BusyBox; then
    loader=wget # The one of BusyBox does not look at certificates.
  else
    die 9 'There is neither curl nor wget here to download with.' 'Install one of them.'
  fi
  if ! has gzip; then die 9 'There is no gzip here to unpack the program with.' 'Install it.'; fi
  if ! { has sha256sum || has shasum || has openssl; }; then
    die 9 'There is no sha256sum, shasum or openssl here to check the download with.' 'Install one of them.'
  fi
}

sha256() {
  if has sha256sum; then
    sha256sum < "$1"
  elif has shasum; then
    shasum -a 256 < "$1"
  else
    openssl dgst -sha256 -r < "$1"
  fi | sed 's/[^0-9a-fA-F].*//' | tr A-F a-f
}

find_target() {
  system=$(uname -s) cpu=$(uname -m)
  case $system in
    Linux | Darwin) ;;
    *) die 9 "OSCAR Sandbox runs on Linux and macOS, not on $system." 'On Windows, run this inside WSL 2.' ;;
  esac
  if [ "$system" = Darwin ] && [ "$(sysctl -n sysctl.proc_translated 2> /dev/null)" = 1 ]; then cpu=arm64; fi
  case $cpu in
    x86_64 | amd64) cpu=x64 ;;
    aarch64 | arm64) cpu=arm64 ;;
    *) die 9 "OSCAR Sandbox runs on x86_64 and arm64 processors, not on $cpu." ;;
  esac
  if [ "$system" = Linux ]; then check_libc; else check_macos; fi
  target=$(printf '%s' "$system" | tr LD ld)-$cpu
}

check_libc() {
  if [ "$(getconf LONG_BIT 2> /dev/null)" = 32 ]; then
    die 9 'OSCAR Sandbox needs a 64-bit system, and this one has 32 bits.'
  fi
  glibc=$(getconf GNU_LIBC_VERSION 2> /dev/null) || glibc=''
  glibc=${glibc#glibc }
  words=''
  if [ -z "$glibc" ] && has ldd; then words=$(ldd --version 2>&1) || :; fi
  case $words in
    *GLIBC* | *'GNU libc'*) glibc=$(printf '%s\n' "$words" | sed -n -E '/GLIBC|GNU libc/ { s/.* //p; q; }') ;;
    *musl*) no_glibc 'This system has musl in place of glibc (as Alpine Linux has)' ;;
  esac
  if [ -z "$glibc" ]; then no_glibc 'This system has no glibc'; fi
  if at_least 2 34 "$glibc"; then return; fi
  die 9 "OSCAR Sandbox needs glibc 2.34 or newer, and this system has $glibc." \
    'Debian 12, Ubuntu 22.04, Fedora 35, RHEL 9 and what came after them have it.'
}

no_glibc() {
  die 9 "$1, which the program needs." \
    'Where Node.js 22.14 or newer is, the npm package of the release (oscar-sandbox-VERSION.tgz) runs: npm install -g ADDRESS.'
}

check_macos() {
  macos=$(sw_vers -productVersion)
  if at_least 13 5 "$macos"; then return; fi
  die 9 "OSCAR Sandbox needs macOS 13.5 or newer, and this is $macos."
}

# at_least MAJOR MINOR VERSION
at_least() {
  major=${3%%.*} minor=${3#*.}
  minor=${minor%%[!0-9]*}
  [ "$major" -gt "$1" ] || { [ "$major" -eq "$1" ] && [ "${minor:-0}" -ge "$2" ]; }
}

find_base() {
  base=${OSCAR_SANDBOX_BASE_URL:-}
  base=${base%/}
  if [ -n "$base" ]; then
    check_address
  elif [ -z "$releases" ]; then
    die 2 'This script was not told where releases are.' \
      'Set OSCAR_SANDBOX_BASE_URL to the address of a folder that holds the files of one.'
  elif [ -n "$version" ]; then
    base=$releases/download/v$version
  else
    base=$releases/latest/download
  fi
}

check_address() {
  case $base in
    *[[:space:][:cntrl:]]* | *[\"\\\<\>?#{}]*) die 2 "OSCAR_SANDBOX_BASE_URL is not an address of a folder: $base" ;;
    https://?*) return ;;
    http://?*) host=${base#http://} ;;
    *) die 2 "OSCAR_SANDBOX_BASE_URL must begin with https://, not be $base" ;;
  esac
  host=${host%%/*}
  case $host in
    *@*) ;;
    localhost | localhost:* | '[::1]' | '[::1]':*) return ;;
    127.*) case ${host%:*} in *[!0-9.]*) ;; *) return ;; esac ;;
  esac
  die 2 "OSCAR_SANDBOX_BASE_URL must begin with https://, as $host is another machine." \
    'Without it nobody could tell whether what arrives is what was sent.'
}

# absolute NAME PATH: the path from the root on, as one line.
absolute() {
  case $2 in
    *"$newline"*) die 2 "$1 has a line break in it." ;;
    /*) path=$2 ;;
    "~"/*) path=$HOME/${2#*/} ;;
    *) path=$PWD/$2 ;;
  esac
  printf '%s\n' "$path" | sed 's|//*|/|g; s|\(.\)/$|\1|'
}

find_folders() {
  case ${HOME:-} in /*) home=$(absolute HOME "$HOME") || exit ;; *) home='' ;; esac
  if [ ! -d "$home" ]; then die 2 "HOME must be the path of a folder, not ${HOME:-empty}." 'Set HOME to your folder.'; fi
  to=$(absolute 'The folder to install to' "${to:-${XDG_BIN_HOME:-$home/.local/bin}}") || exit
  state=$(absolute XDG_STATE_HOME "${XDG_STATE_HOME:-$home/.local/state}")/oscar-sandbox || exit
  data=$(absolute OSCAR_SANDBOX_DATA_DIR "${OSCAR_SANDBOX_DATA_DIR:-${XDG_DATA_HOME:-$home/.local/share}/oscar-sandbox}") || exit
  cache=$(absolute OSCAR_SANDBOX_CACHE_DIR "${OSCAR_SANDBOX_CACHE_DIR:-${XDG_CACHE_HOME:-$home/.cache}/oscar-sandbox}") || exit
  program=${to%/}/oscar-sandbox
  receipt=$state/installed
  noted=$(cat "$receipt" 2> /dev/null) || noted=''
  note "program $program"
  if [ "$start" = yes ]; then note "data $data"; fi
}

elsewhere='Choose another folder with --to DIR.'

# make_folder PATH [HINT]: makes it and those above it, and remembers which were not there.
make_folder() {
  if [ -d "$1" ]; then return; fi
  above=${1%/*}
  make_folder "${above:-/}" "${2:-}"
  if words=$(LC_ALL=C mkdir "$1" 2>&1); then
    note "folder $1"
    undo=$1$newline$undo
  elif [ ! -d "$1" ]; then
    if [ -e "$1" ]; then die 5 "$1 is in the way: it should be a folder." "${2:-}"; fi
    die 5 "The folder $1 cannot be made: ${words##*: }." "${2:-}"
  fi
}

# The folders of data and cache are the program's to make; those above them are made here, so that they are on record.
make_room() {
  make_folder "$to" "$elsewhere"
  sweep
  find_old
  for folder in "$state" "${data%/*}" "${cache%/*}"; do make_folder "${folder:-/}"; done
  record
  # On the same file system, for the last step to be one rename.
  work=${to%/}/.oscar-sandbox.$$
  if ! words=$(LC_ALL=C mkdir -m 700 "$work" 2>&1); then die 5 "$to cannot be written to: ${words##*: }." "$elsewhere"; fi
  if ! { printf '#!/bin/sh\n' > "$work/probe" && chmod 755 "$work/probe"; }; then no_room; fi
  if ! "$work/probe" 2> /dev/null; then die 5 "Programs cannot run from $to: it is mounted noexec." "$elsewhere"; fi
}

# Which version is there, if it is one of ours.
find_old() {
  old=''
  if [ -d "$program" ]; then die 5 "The folder $program is where the program should go." "$elsewhere"; fi
  if [ ! -e "$program" ]; then return; fi
  if [ -x "$program" ]; then old=$("$program" --version 2> /dev/null) || old=''; fi
  if is_version "$old"; then return; fi
  old=''
  if ! on_record "program $program"; then die 5 "$program is there already, and is another program." "$elsewhere"; fi
}

on_record() {
  case $newline$noted$newline in *"$newline$1$newline"*) ;; *) return 1 ;; esac
}

# note LINE: will be on record.
note() { on_record "$1" || lines=$lines$1$newline; }

# What `uninstall` removes, however this ends. Lines are added in one go: two installations at once lose none.
record() {
  if [ -d "$receipt" ]; then die 5 "The folder $receipt is where the record of this installation should go."; fi
  if [ -z "$lines" ]; then return; fi
  added=$lines
  # It tells what to remove one day: nobody else may write to it.
  if ! (umask 077 && printf '%s' "$lines" >> "$receipt") 2> /dev/null; then die 5 "$receipt cannot be written to."; fi
}

# Removes what installations that were killed have left.
sweep() {
  for folder in "${to%/}"/.oscar-sandbox.*; do
    process=${folder##*.}
    case $process in '' | *[!0-9]*) continue ;; esac
    if [ "$process" = $$ ] || ! kill -0 "$process" 2> /dev/null; then rm -rf "$folder"; fi
  done
}

no_room() { die 5 "There is not enough room in $to." "$elsewhere"; }

download() {
  file=oscar-sandbox-$target.gz
  fetch SHA256SUMS 65536
  expected=$(sed -n "s/^\([0-9a-fA-F]\{64\}\) [ *]oscar-sandbox-$target\.gz\$/\1/p" "$work/SHA256SUMS" | tr A-F a-f)
  case $expected in
    '') not_listed ;;
    *"$newline"*) die 10 "$base/SHA256SUMS lists $file more than once, so it could not be checked." 'Nothing was installed.' ;;
  esac
  if [ -t 2 ]; then printf 'Downloading OSCAR Sandbox for %s from %s\n' "$target" "$base" >&2; fi
  fetch "$file" 1073741824
  actual=$(sha256 "$work/$file")
  if [ "$actual" != "$expected" ]; then
    die 10 "$base/$file is damaged: its checksum is ${actual:-unknown}, not $expected." \
      'Nothing was installed. Try again; if it stays so, tell who keeps that address.'
  fi
  if gzip -dc "$work/$file" > "$work/oscar-sandbox"; then return; fi
  if gzip -t "$work/$file" 2> /dev/null; then no_room; fi
  die 10 "$base/$file is damaged: it cannot be unpacked."
}

not_listed() {
  if grep -Eq '^[0-9a-fA-F]{64} [ *]oscar-sandbox-.*\.gz$' "$work/SHA256SUMS"; then
    die 7 "The release at $base has no program for $target." 'Nothing was installed.'
  fi
  die 10 "$base/SHA256SUMS does not list $file, so it could not be checked." 'Nothing was installed.'
}

# fetch NAME LIMIT: a file of the release; from one that is sent in the open, nothing leads anywhere but to https.
fetch() {
  for try in 1 2 3; do
    if ! { printf 0 > "$work/code"; }; then no_room; fi
    # Into a pipe: so many bytes and no more, and the curl of a snap may not write to hidden folders.
    { "send_with_$loader" "$base/$1" || printf '%s' $? > "$work/code"; } | head -c "$2" > "$work/$1" || no_room
    code=$(cat "$work/code")
    case $loader-$code in
      *-0) return ;;
      # Cut, timed out or reset.
      curl-18 | curl-28 | curl-35 | curl-52 | curl-56 | curl-92) if [ "$try" -lt 3 ]; then sleep 1; fi ;;
      curl-23 | wget-3 | *-141) die 10 "$base/$1 is longer than such a file can be." 'Nothing was installed.' ;;
      *) break ;;
    esac
  done
  die 7 "$base/$1 could not be downloaded." "${version:+Is there a release $version? }Nothing was installed."
}

send_with_curl() {
  show=-sS
  if [ -t 2 ] && [ "${1%.gz}" != "$1" ]; then show=--progress-bar; fi
  curl "$show" --fail --location --globoff --proto '=https,http' --proto-redir '=https' --tlsv1.2 \
    --connect-timeout 20 --speed-limit 1 --speed-time 60 "$1"
}

send_with_wget() {
  LC_ALL=C wget -S -t 3 -T 60 -O - -o "$work/log" "$1" || {
    code=$?
    sed -n '/./h; ${ x; s/^[-0-9: ]*/wget: /p; }' "$work/log" >&2
    return "$code"
  }
  if grep -iq '^ *Location: *http:' "$work/log"; then
    printf 'wget: it leads to an address without https\n' >&2
    return 1
  fi
}

try_out() {
  chmod 755 "$work/oscar-sandbox"
  new=$("$work/oscar-sandbox" --version 2> "$work/words") || {
    code=$?
    cat "$work/words" >&2
    if grep -q 'shared libraries' "$work/words"; then
      die 9 'This system lacks a library that the program needs.' 'Install it, then run this again.'
    fi
    die 10 "What arrived from $base does not run here (exit code $code)." 'Nothing was installed.'
  }
  if ! is_version "$new"; then die 10 "What arrived from $base is another program." 'Nothing was installed.'; fi
  if [ -n "$version" ] && [ "$new" != "$version" ]; then
    die 7 "$base has version $new, not $version." 'Nothing was installed.'
  fi
}

put_in_place() {
  # For the way back. A further name takes no room, where there can be one.
  if [ -n "$old" ]; then
    ln "$program" "$work/old" 2> /dev/null || cp -p "$program" "$work/old" 2> /dev/null || rm -f "$work/old"
  fi
  # The step, and what is said of it, are one.
  trap '' HUP INT TERM
  if ! mv -f "$work/oscar-sandbox" "$program"; then die 5 "$program cannot be written." "$elsewhere"; fi
  installed=yes
  case $old in
    '') printf 'OSCAR Sandbox %s is installed: %s\n' "$new" "$program" ;;
    "$new") printf 'OSCAR Sandbox %s is installed anew: %s\n' "$new" "$program" ;;
    *) printf 'OSCAR Sandbox %s → %s: %s\n' "$old" "$new" "$program" ;;
  esac
  heed_signals
}

# What runs on the data folder, as one line of JSON.
ask_status() { facts=$("$program" status --json 2> "$work/words"); }

start_sandbox() {
  code=0
  ask_status || code=$?
  case $code in
    0)
      tell_executor
      "$program" restart > /dev/null || not_restarted $?
      printf 'The sandbox that ran was restarted with it, as it was before. Its data is kept.\n' ;;
    3)
      "$program" up --detach --wait ${executor:+--executor "$executor"} > /dev/null || not_started $?
      printf 'The sandbox is up.\n' ;;
    *)
      cat "$work/words" >&2
      not_started "$code" ;;
  esac
  ask_status || not_started $?
  show_facts
  show_path
  show_next 'oscar-sandbox apply word-count/word-count.yaml'
}

tell_executor() {
  before=$(fact executor)
  case $executor in '' | auto | "$before") return ;; esac
  printf 'warning: The sandbox that ran keeps its executor, %s; for %s, stop it (oscar-sandbox down) and start it with --executor %s.\n' \
    "$before" "$executor" "$executor" >&2
}

# A program that refuses what is there, as an older one does with newer data, has changed nothing: the one before is put
# back. After any other failure that one might not read any more what the new one has brought up to date.
not_restarted() {
  if [ "$1" != 2 ] || ! mv -f "$work/old" "$program" 2> /dev/null; then not_started "$1"; fi
  printf 'error: OSCAR Sandbox %s does not start with what is there: %s is back in its place (%s), and the data is as it was.\n' \
    "$new" "$old" "$program" >&2
  exit "$1"
}

not_started() {
  printf 'error: OSCAR Sandbox is installed (%s), but the sandbox did not start.\n' "$program" >&2
  printf 'hint: When that is put right, start it with: oscar-sandbox up --detach\n' >&2
  exit "$1"
}

leave_stopped() {
  if ask_status; then
    printf 'The sandbox that runs goes on as it is; this starts it again with what is installed now: oscar-sandbox restart\n'
    show_path
    return
  fi
  show_path
  show_next 'oscar-sandbox up word-count --detach --wait'
}

# fact NAME: a text in the status, which is one line of JSON.
fact() {
  printf '%s\n' "$facts" | sed -n -E "s/.*\"$1\":\"(([^\"\\\\]|\\\\.)*)\".*/\1/p" | sed -E 's/\\(.)/\1/g'
}

show_facts() {
  printf '\n'
  while read -r key label; do
    value=$(fact "$key")
    if [ -n "$value" ]; then printf '  %-14s%s\n' "$label" "$value"; fi
  done << 'END'
api OSCAR API
user user
password password
s3 S3
accessKey access key
secretKey secret key
executor services on
END
}

# For pasting into a shell.
quoted() {
  case $1 in
    *[!A-Za-z0-9_@%+=:,./-]*) printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
    *) printf '%s' "$1" ;;
  esac
}

show_path() {
  case :$PATH: in *":$to:"* | *":$to/:"*) ;; *)
    printf '\n%s is not on the PATH. This line puts it there; for every new shell, add it to the file yours reads first:\n' "$to"
    printf '  export PATH=%s:"%sPATH"\n' "$(quoted "$to")" '$'
    return ;;
  esac
  found=$(command -v oscar-sandbox) || found=$program
  if [ "$(cd -P "${found%/*}" && pwd)" != "$(cd -P "$to" && pwd)" ]; then
    printf '\nAnother oscar-sandbox comes first on the PATH: %s\n' "$found"
  fi
}

show_next() {
  cat << END

Next:
  oscar-sandbox init word-count
  $1
  oscar-sandbox run word-count --file word-count/poem.txt

Set-up of OSCAR clients and S3 tools: oscar-sandbox credentials
Remove it all: oscar-sandbox uninstall
END
}

# In braces: cut anywhere, not even the last line runs.
{ main "$@" < /dev/null; }
