import { spawn } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Result, result } from './figures.ts';
import { program, release } from './program.ts';
import { timed } from './timing.ts';

/** From nothing to the first result of a service on a real file. */
const story = `
curl -sSL "$OSCAR_SANDBOX_BASE_URL/install.sh" | bash
export PATH="$HOME/.local/bin:$PATH"
oscar-sandbox init word-count
oscar-sandbox apply word-count/word-count.yaml
oscar-sandbox put word-count/poem.txt word-count/in/
oscar-sandbox logs word-count --follow
oscar-sandbox get word-count/out/poem.counts.txt - | grep -q .
`;

/** The least that a checked download can cost. */
const floor = `
curl -sSL -o program.gz "$OSCAR_SANDBOX_BASE_URL/${basename(program)}.gz"
sha256sum program.gz
gzip -d program.gz
`;

/** A machine that has never seen the sandbox, with the release served on this one. */
export async function installation(quick: boolean): Promise<Result[]> {
  const server = await serve();
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [ours, peer]: [number[], number[]] = [[], []];
  try {
    for (let i = 0; i < (quick ? 3 : 10); i++) {
      ours.push(await inNewHome(base, story, 'oscar-sandbox uninstall --yes'));
      peer.push(await inNewHome(base, floor));
    }
  } finally {
    server.close();
  }
  return [
    result({
      name: 'curl | bash in an empty home → first result of a service on a file',
      unit: 's',
      ours,
      peer: { name: 'fetch, check and unpack the same archive', samples: peer },
      target: { text: '≤ 3 s', met: ({ p50 }) => p50 <= 3 },
    }),
  ];
}

function serve(): Promise<Server> {
  const server = createServer(({ url = '/' }, response) => {
    createReadStream(join(release, basename(url)))
      .on('error', () => response.writeHead(404).end())
      .pipe(response);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** Seconds that the lines take where nothing of ours is yet; what they leave is removed, first by `after`. */
async function inNewHome(base: string, lines: string, after = ''): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), 'sandbox-bench-home-'));
  const env = {
    HOME: home,
    PATH: '/usr/local/bin:/usr/bin:/bin',
    OSCAR_SANDBOX_BASE_URL: base,
    OSCAR_SANDBOX_EXECUTOR: 'local',
    OSCAR_SANDBOX_PORT: '0',
    OSCAR_SANDBOX_S3_PORT: '0',
    OSCAR_SANDBOX_EXPOSED_PORT: '0',
  };
  try {
    const took = await timed(() => shell(lines, home, env));
    await shell(`export PATH="$HOME/.local/bin:$PATH"\n${after}`, home, env);
    return took / 1000;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function shell(lines: string, cwd: string, env: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', `set -euo pipefail\n${lines}`], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`It ended with ${code}:\n${said}`))));
  });
}
