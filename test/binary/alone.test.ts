import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Status } from '../../src/api/protocol.ts';
import { hostProgram } from '../release.ts';
import { anyPorts, createGround, type Ground, run, statusOf } from './ground.ts';

let ground: Ground;
beforeAll(() => {
  ground = createGround();
});
afterAll(() => ground.remove());

const root = join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

describe('NODE_OPTIONS are for other programs:', () => {
  const rows = ['--inspect=0', '--max-old-space-size=1', '--require /nowhere.js', '--no-such-flag', '"'];
  it.each(rows)('%s changes nothing', async (NODE_OPTIONS) => {
    const env = { ...ground.env, NODE_OPTIONS };
    expect(await ground.run(['--version'], { env })).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    const dataDir = ground.at('options');
    const started = await ground.up(dataDir, [], { env });
    expect(started).toMatchObject({ code: 0, stderr: '' });
    expect((await ground.down(dataDir)).code).toBe(0);
  });
});

describe('what Node.js would take for its own is an argument:', () => {
  const rows: [args: string[], code: number, stderr: string][] = [
    [['--inspect'], 2, "error: Unknown option '--inspect'."],
    [['-e', '1'], 2, "error: Unknown option '-e'."],
    [['--v8-options'], 2, "error: Unknown option '--v8-options'."],
    [['script.js'], 2, "error: Unknown command 'script.js'."],
    [['run', 'x', '--data-dir', '/nowhere', '-i', '--prof'], 3, 'error: No sandbox runs on /nowhere.'],
    [['', ' '], 2, "error: Unknown command ''."],
  ];
  it.each(rows)('%j → %i', async (args, code, stderr) => {
    const ended = await ground.run(args);
    expect(ended.stderr).toContain(stderr);
    expect(ended).toMatchObject({ code, stdout: '' });
  });
});

it('with no environment at all, in an empty folder, services are run and their answers come back as they are', async () => {
  const [cwd, dataDir, folder] = [ground.at('work'), ground.at('bare'), ground.at('served')];
  mkdirSync(folder);
  const script = 'while read -r line || [ -n "$line" ]; do echo "$line"; done < "$INPUT_FILE_PATH"\n';
  writeFileSync(join(folder, 'say.sh'), script);
  writeFileSync(
    join(folder, 'say.yaml'),
    'functions:\n  oscar:\n    - any:\n        name: say\n        image: alpine\n        log_level: CRITICAL\n        script: say.sh\n',
  );
  const bare = { cwd, env: {} };
  const cache = ['--cache-dir', ground.at('cache')];
  expect(await ground.run(['--version'], bare)).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  expect(await ground.up(dataDir, [folder, ...cache], bare)).toMatchObject({ code: 0, stderr: '' });
  const odd = `it's "odd": $HOME * \\ äöü 🎈 --inspect`;
  const answer = await ground.run(['run', 'say', '-i', odd, '--data-dir', dataDir], bare);
  expect({ ...answer, stdout: answer.stdout.trimEnd() }).toEqual({ code: 0, stdout: odd, stderr: '' });
  expect(readdirSync(cwd)).toEqual([]);
});

describe('a sandbox is started in the background by an executable', () => {
  const copy = (...names: string[]) => {
    const file = ground.at(...names);
    mkdirSync(dirname(file), { recursive: true });
    cpSync(hostProgram(), file);
    return file;
  };
  const link = () => {
    symlinkSync(hostProgram(), ground.at('link'));
    return ground.at('link');
  };
  const up = (dataDir: string) => ['up', '--detach', '--wait', '--json', '--data-dir', dataDir, ...anyPorts];
  const rows: [what: string, program: () => string][] = [
    ['of another name', () => copy('osb')],
    ['that a link leads to', link],
    ['in a folder with blanks and quotes', () => copy("it's in\there", 'a "quoted" name')],
  ];
  it.each(rows)('%s', async (_what, program) => {
    const [file, dataDir] = [program(), ground.at('other data')];
    const started = await run([file, ...up(dataDir)], { env: ground.env, cwd: ground.at('work') });
    const ended = await run([file, 'down', '--json', '--data-dir', dataDir], { env: ground.env });
    expect(JSON.parse(ended.stdout)).toEqual({ stopped: true, pid: statusOf(started).pid });
  });

  it('that was replaced since, and is restarted and ended by the new one', async () => {
    const [file, dataDir, { env }] = [copy('replaced'), ground.at('kept data'), ground];
    const before = statusOf(await run([file, ...up(dataDir)], { env }));
    renameSync(copy('new'), file);
    const restarted = await run([file, 'restart', '--json', '--data-dir', dataDir], { env });
    const after: Status = statusOf(restarted);
    expect(after).toMatchObject({ api: before.api, password: before.password });
    expect(after.pid).not.toBe(before.pid);
    renameSync(copy('newer'), file);
    const ended = await run([file, 'down', '--json', '--data-dir', dataDir], { env });
    expect(JSON.parse(ended.stdout)).toEqual({ stopped: true, pid: after.pid });
  });
});
