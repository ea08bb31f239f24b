import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type Agent, createAgent } from '../../src/executors/agent.ts';
import { agentProcesses, agentScript } from '../../src/executors/agentscript.ts';
import { createScanner } from '../../src/executors/mark.ts';
import { startShell } from '../../src/executors/shell.ts';
import { lives, shellEnvironment } from './place.ts';

const base = mkdtempSync(join(tmpdir(), 'agent with blank-'));
const agentFile = join(base, 'agent.sh');
writeFileSync(agentFile, agentScript);
afterAll(() => rmSync(base, { recursive: true }));

const started: (Agent & { closeInput(): void })[] = [];
afterEach(async () => {
  for (const agent of started.splice(0)) {
    agent.kill();
    await agent.ended;
  }
});

function start(shell: string[]) {
  const channel = startShell({ command: [...shell, agentFile], environment: shellEnvironment, folder: base });
  const agent = { ...createAgent(channel), closeInput: () => void channel.input.end(), pid: channel.pid ?? 0 };
  started.push(agent);
  return agent;
}

let count = 0;
function taskFolder(script: string, env = ''): string {
  count += 1;
  const folder = join(base, `task ${count}`);
  mkdirSync(join(folder, 'work'), { recursive: true });
  writeFileSync(join(folder, 'env'), env);
  writeFileSync(join(folder, 'script.sh'), script);
  return folder;
}

async function run(agent: Agent, script: string, signal?: AbortSignal) {
  const chunks: Buffer[] = [];
  const task = {
    folder: taskFolder(script),
    onOutput: (chunk: Buffer) => chunks.push(chunk),
    ...(signal && { signal }),
  };
  const { exitCode } = await agent.run(task);
  return { exitCode, output: Buffer.concat(chunks) };
}

const shells = [['/bin/dash'], ['/bin/bash', '--posix'], ['/bin/bash'], ['/bin/busybox', 'sh'], ['/bin/sh']];
for (const shell of shells.filter(([program = '']) => existsSync(program))) {
  describe(`the warm shell under ${shell.join(' ')}`, () => {
    it('runs one task after the other and tells their exit codes', async () => {
      const agent = start(shell);
      for (const code of [0, 1, 77, 255, 0]) {
        const { exitCode, output } = await run(agent, `echo ${code}; exit ${code}`);
        expect([exitCode, output.toString()]).toEqual([code, `${code}\n`]);
      }
    });

    it('runs the script of its task, whatever the variables of the task are called', async () => {
      const folder = taskFolder('echo "$folder $nonce $line $1"', 'export folder=a nonce=b line=c verb=d\n');
      const chunks: Buffer[] = [];
      const { exitCode } = await start(shell).run({ folder, onOutput: (chunk) => chunks.push(chunk) });
      expect([exitCode, Buffer.concat(chunks).toString()]).toEqual([0, 'a b c \n']);
    });

    it('tells of a script that was killed', async () => {
      expect((await run(start(shell), 'kill -9 $$')).exitCode).toBe(137);
    });

    it('passes any bytes, also what looks like its own marks', async () => {
      const agent = start(shell);
      const octal = Array.from({ length: 256 }, (_, byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
      const { output } = await run(agent, `printf '${octal}'; printf '\\036%032d\\n\\036' 0; echo "x exit 1" >&2`);
      const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      expect(output).toEqual(Buffer.concat([all, Buffer.from(`\x1e${'0'.repeat(32)}\n\x1ex exit 1\n`)]));
    });

    it('passes ten million bytes', async () => {
      const { output } = await run(start(shell), 'head -c 10485760 /dev/zero; echo end');
      expect(output.length).toBe(10_485_764);
      expect(output.subarray(-4).toString()).toBe('end\n');
    });

    it('waits until a background child has closed its output, and no longer', async () => {
      const agent = start(shell);
      const { output } = await run(agent, '(sleep 0.1; echo late) & sleep 1000 >/dev/null 2>&1 & echo early');
      expect(output.toString()).toBe('early\nlate\n');
    });

    it('gives a script neither its nonce nor its control stream, and no stdin', async () => {
      const { output } = await run(start(shell), 'env; cat; (echo forged >&3) 2>/dev/null || echo closed');
      expect(output.toString()).not.toMatch(/nonce|[0-9a-f]{32}/);
      expect(output.toString()).toMatch(/closed\n$/);
    });

    it('rejects with the reason when it dies in the middle, with what was printed until then', async () => {
      const agent = start(shell);
      const chunks: Buffer[] = [];
      const onOutput = (chunk: Buffer) => {
        chunks.push(chunk);
        agent.kill();
      };
      const dead = agent.run({ folder: taskFolder('echo said; sleep 1000'), onOutput });
      await expect(dead).rejects.toThrow('The worker ended in the middle of the task (SIGKILL).');
      expect(Buffer.concat(chunks).toString()).toBe('said\n');
      expect(agent.alive()).toBe(false);
      await expect(run(agent, 'echo')).rejects.toThrow('The worker ended before the task began.');
    });

    const running = async (agent: Agent, signal?: AbortSignal) => {
      const pid = Promise.withResolvers<number>();
      const folder = taskFolder('sleep 1000 & echo $!; wait');
      const onOutput = (chunk: Buffer) => pid.resolve(Number(chunk.toString()));
      const ended = agent.run({ folder, onOutput, ...(signal && { signal }) }).catch((error: Error) => error.message);
      return { ended, pid: await pid.promise };
    };

    it('consists of so many processes when a task is over, what the task left running comes on top', async () => {
      const agent = start(shell);
      const members = () =>
        execFileSync('ps', ['-e', '-o', 'pgid='])
          .toString()
          .split('\n')
          .filter((group) => Number(group) === agent.pid).length;
      await run(agent, 'echo | cat');
      await expect.poll(members).toBe(agentProcesses);
      await run(agent, 'sleep 1000 >/dev/null 2>&1 &');
      expect(members()).toBe(agentProcesses + 1);
    });

    // From the script upwards: what prints its exit code, what runs the tasks, what waits for that, the first of all.
    const above = (levels: number) =>
      `p=$$; for level in $(seq ${levels}); do p=$(ps -o ppid= -p $p | tr -d ' '); done`;
    const up = (levels: number) => `${above(levels)}; kill -9 $p; exec sleep 0.2`;
    const reader = `${above(4)}; kill -9 $(ps -o pid= --ppid $p | head -n 1) $p; exec sleep 1000`;
    const cat = 'b=$(ps -o ppid= -p $$); for p in $(ps -o pid= --ppid $(ps -o ppid= -p $b)); do :; done; kill -9 $p';
    it.each([
      ['what tells its exit code', up(1), 137],
      ['what runs the tasks', up(2), 'failed'],
      ['what waits for that', up(3), 0],
      ['the first shell', up(4), 'failed'],
      ['the first shell and what reads its input', reader, 'failed'],
      ['what passes its output', cat, 'failed'],
    ])('hears of the end of a task that killed %s', async (_, script, expected) => {
      const ended = run(start(shell), script);
      expect(
        await ended.then(
          ({ exitCode }) => exitCode,
          (error) => error.code,
        ),
      ).toBe(expected);
    });

    it('dies with all it started when its input ends', async () => {
      const agent = start(shell);
      const { ended, pid } = await running(agent);
      expect(lives(pid)).toBe(true);
      agent.closeInput();
      expect(await ended).toContain('SIGKILL');
      await expect.poll(() => lives(pid)).toBe(false);
      await expect.poll(() => lives(agent.pid)).toBe(false);
    });

    it('dies with all it started when the task is called off', async () => {
      const control = new AbortController();
      const { ended, pid } = await running(start(shell), control.signal);
      control.abort();
      expect(await ended).toContain('SIGKILL');
      await expect.poll(() => lives(pid)).toBe(false);
    });
  });
}

it('a shell that is not there ends with the reason', async () => {
  const channel = startShell({ command: ['/no/such/shell'], environment: {}, folder: base });
  expect(await channel.ended).toContain('ENOENT');
});

describe('the scanner', () => {
  const mark = Buffer.from('\x1eabcabd\n');
  const before = Buffer.from('one\x1e\x1eabcab\x1eabcabctwo');

  it('finds the mark however the stream is cut, and hands out all that came before', () => {
    const stream = Buffer.concat([before, mark, Buffer.from('after')]);
    for (let size = 1; size <= stream.length; size++) {
      const chunks: Buffer[] = [];
      const scanner = createScanner(mark, (chunk) => chunks.push(chunk));
      let found = false;
      for (let at = 0; at < stream.length && !found; at += size)
        found = scanner.push(stream.subarray(at, at + size)) !== undefined;
      expect([found, Buffer.concat(chunks).toString()]).toEqual([true, before.toString()]);
    }
  });

  it('holds back no more than what may be the mark, and hands that out when the stream ends', () => {
    const chunks: string[] = [];
    const scanner = createScanner(mark, (chunk) => chunks.push(chunk.toString()));
    scanner.push(Buffer.from('one\x1eab'));
    expect(chunks).toEqual(['one']);
    scanner.flush();
    expect(chunks).toEqual(['one', '\x1eab']);
  });
});
