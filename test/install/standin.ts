import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

/** What the stand-in of a running sandbox tells of itself. */
export const facts = {
  api: 'http://127.0.0.1:8080',
  s3: 'http://127.0.0.1:9000',
  dashboard: 'http://127.0.0.1:8080/',
  user: 'oscar',
  password: 'pass"wo\\rd',
  accessKey: 'ACCESS',
  secretKey: 'SECRET',
  executor: 'local',
  folder: '/a"api":"b/',
};

/** A program in a few lines that answers the installer as the real one does, and writes down in $CALLS what it was told. */
export const standInProgram = (version: string, filling = ''): string => `#!/bin/sh
data=\${OSCAR_SANDBOX_DATA_DIR:-\${XDG_DATA_HOME:-$HOME/.local/share}/oscar-sandbox}
case $1 in
  --version) echo '${version}'; exit ;;
  status)
    if [ -n "\${OSCAR_SANDBOX_JOBS:-}" ]; then echo 'error: OSCAR_SANDBOX_JOBS must be a whole number.' >&2; exit 2; fi
    if [ -f "$data/running" ]; then cat "$data/running"; exit; fi
    echo 'error: No sandbox runs.' >&2
    exit 3 ;;
esac
echo "${version} $*" >> "$CALLS"
if [ -n "\${NEWER_DATA:-}" ]; then
  echo 'error: A newer OSCAR Sandbox wrote this.' >&2
  exit 2
fi
if [ -n "\${OSCAR_SANDBOX_PORT:-}" ]; then
  echo "error: Port $OSCAR_SANDBOX_PORT is taken." >&2
  exit 6
fi
mkdir -p "$data"
cat > "$data/running" << 'END'
${JSON.stringify(facts)}
END
echo 'This is for people.'
exit
${filling}
`;

export const targets = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];

export type Files = Map<string, Buffer>;

/** The line of SHA256SUMS for a file. */
export const sumLine = (name: string, bytes: Uint8Array): string =>
  `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`;

/** The files of a release whose program is this text, whatever the machine. */
export function standInRelease(program: string): Files {
  const packed = gzipSync(program);
  const files: Files = new Map(targets.map((target) => [`oscar-sandbox-${target}.gz`, packed]));
  const signature = (name: string) => sumLine(`${name}.minisig`, Buffer.from(name));
  const sums = [...files].map(([name, bytes]) => `${sumLine(name, bytes)}${signature(name)}`).join('');
  return files.set('SHA256SUMS', Buffer.from(`${sumLine('LICENSE', Buffer.from('…'))}${sums}`));
}
