import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Payload } from '../../src/model/task.ts';
import { printed, taskOf } from '../contracts/executor.ts';
import { declared } from '../fakes/definitions.ts';
import { lives, openLocal } from './place.ts';
import { arrived, useLocal } from './stage.ts';

const { stage, run, output, put, platformLines } = useLocal();

describe('what a script sees of a call', () => {
  it('finds the body in its input file, without an extension', async () => {
    const script = 'cat "$INPUT_FILE_PATH"; echo; ls "$TMP_INPUT_DIR" | sed "s/[0-9a-f]\\{8\\}-[0-9a-f-]*/UUID/"';
    expect(await output(declared({ script }), '{"a":1.0}')).toBe('{"a": 1.0}\nevent-file-UUID\n');
  });

  it('finds its own variables, and none of the daemon', async () => {
    const service = declared(
      {
        name: 'vars',
        script: 'env',
        environment: {
          variables: { PLAIN: "it's\nhere", BOTH: 'variable', OSCAR_SERVICE_NAME: 'mine', 'bad-name': 'x' },
        },
      },
      { secrets: { BOTH: 'secret', ONLY: 'hush' } },
    );
    const variables = { Http_Method: 'POST', Http_Authorization: 'Bearer x' };
    const text = await output(service, 'hi!', { variables });
    const names = [...text.matchAll(/^([A-Za-z_]+)=/gm)]
      .map((match) => match[1])
      .filter((n) => n !== '_' && n !== 'OLDPWD' && !/^[a-z_]+$/.test(n ?? ''));
    names.sort();
    expect(text).toContain('\nmax_inflight=1\n');
    expect(names).toEqual([
      'BOTH',
      'Http_Method',
      'INPUT_FILE_PATH',
      'LANG',
      'ONLY',
      'OSCAR_SERVICE_BASE_PATH',
      'OSCAR_SERVICE_NAME',
      'OSCAR_SERVICE_TOKEN',
      'PATH',
      'PLAIN',
      'PWD',
      'TMP_INPUT_DIR',
      'TMP_OUTPUT_DIR',
    ]);
    for (const one of [
      "PLAIN=it's\nhere",
      'BOTH=variable',
      'ONLY=hush',
      'Http_Method=POST',
      'OSCAR_SERVICE_NAME=vars',
    ]) {
      expect(text).toContain(`${one}\n`);
    }
    expect(text).toContain('OSCAR_SERVICE_BASE_PATH=\n');
    expect(platformLines()).toEqual([
      '[sandbox] The variable bad-name is left out: its name is not one that a shell can export.',
    ]);
  });

  it('finds the raw body, the job and the machine in the variables of a job', async () => {
    const service = declared({ script: 'printf "%s|%s|%s" "$EVENT" "$JOB_UUID" "$RESOURCE_ID"' });
    const task = taskOf(service, '{"a":  "*"}', { kind: 'job' });
    const outcome = await run(task);
    expect(printed(outcome)).toBe(`{"a":  "*"}|${task.id}|${hostname()}`);
    await outcome.release();
  });

  it('leaves EVENT out of a job whose body no variable can hold, and says so', async () => {
    const service = declared({ script: 'test -z "$EVENT" && echo none; wc -c <"$INPUT_FILE_PATH" | tr -d " "' });
    expect(await output(service, `${'x'.repeat(200_000)}!`, { kind: 'job' })).toBe('none\n200001\n');
    expect(platformLines()).toEqual([
      '[sandbox] The variable EVENT is left out: it is longer than 128 KiB, the most a variable can hold.',
    ]);
  });

  it('runs under sh in an empty folder, with nothing on stdin', async () => {
    const script = '#!/bin/false\nls -A | wc -l | tr -d " "; cat; echo "$#"';
    expect(await output(declared({ script }), 'hi!')).toBe('0\n0\n');
  });

  it('with file_stage_in nothing is staged, the variables of an event are', async () => {
    const script = 'test -z "$INPUT_FILE_PATH" && echo "unset $STORAGE_OBJECT_KEY"; ls -A "$TMP_INPUT_DIR"';
    const service = declared({ script, file_stage_in: true });
    expect(await output(service, arrived('in/missing.txt'))).toBe('unset in/missing.txt\n');
    expect(await output(service, 'hi!')).toBe('unset \n');
  });

  it('takes a body in a file: small as any other, large without reading it whole', async () => {
    const service = declared({ script: 'cksum <"$INPUT_FILE_PATH"' });
    const cksum = (content: Buffer) => execFileSync('cksum', { input: content }).toString();
    const plain = Buffer.alloc(18 * 1024 * 1024, 'some text, ');
    const cases: [string, Buffer, Buffer][] = [
      ['small', Buffer.from('aGVsbG8='), Buffer.from('hello')],
      ['plain', plain, plain],
      ['base64', Buffer.from(plain.toString('base64').replace(/.{76}/g, '$&\n')), plain],
      ['almost', Buffer.concat([Buffer.from(plain.toString('base64')), Buffer.from('=')]), Buffer.alloc(0)],
    ];
    for (const [name, sent, expected] of cases) {
      const file = join(stage.place.folder, name);
      await writeFile(file, sent);
      const payload: Payload = { file, size: sent.length };
      expect(await output(service, '', { payload })).toBe(cksum(name === 'almost' ? sent : expected));
    }
  });
});

describe('what a script sees of an object event', () => {
  it('finds the object under its base name, and the event in its variables', async () => {
    await put('in/sub/my file.txt', 'abc');
    const script = [
      'cat "$INPUT_FILE_PATH"',
      'echo " $(basename "$INPUT_FILE_PATH")|$STORAGE_OBJECT_KEY|$EVENT_TIME"',
      'echo "$EVENT" | cut -c 1-37',
    ].join('\n');
    const text = await output(declared({ script }), arrived('in/sub/my file.txt'), { kind: 'job' });
    expect(text).toBe(
      'abc my file.txt|in/sub/my file.txt|1970-01-01T00:00:00.000Z\n{"EventName": "s3:ObjectCreated:Put",\n',
    );
    expect(platformLines()).toEqual(['[sandbox] read demo/in/sub/my file.txt (3 bytes)']);
  });

  it('reads the very version that the event is about', async () => {
    await put('in/v.txt', 'new');
    stage.place.buckets.pin('old-event', 'old');
    const service = declared({ script: 'cat "$INPUT_FILE_PATH"' });
    expect(await output(service, arrived('in/v.txt'), { eventId: 'old-event' })).toBe('old');
    expect(await output(service, arrived('in/v.txt'))).toBe('new');
  });

  it('has nothing to do for a folder marker', async () => {
    const outcome = await run(taskOf(declared({ script: 'echo ran' }), arrived('in/')));
    expect(outcome).toMatchObject({ state: 'Succeeded' });
    expect(stage.lines).toEqual(['[sandbox] demo/in/ is a folder marker, nothing to do']);
    await outcome.release();
  });

  it.each([
    ['an object that is gone', arrived('in/none'), 'Reading demo/in/none failed: There is no object in/none in demo.'],
    ['a name no file can have', arrived('in/..'), 'The object demo/in/.. has no name that a file could have.'],
    [
      'another store that is not defined',
      JSON.stringify({ storage_provider: 'edge', event: arrived('in/a') }),
      'Reading minio.edge demo/in/a failed: The storage provider minio.edge of demo is not defined.',
    ],
    [
      'dCache, where the service has no input there',
      '{"event":{"name":"f"},"subscription":"https://x"}',
      'The event comes from dCache, but demo has no input in webdav.dcache.',
    ],
    [
      'Onedata',
      '{"Key":"/s/f","Records":[{"objectKey":"f","eventTime":"t","eventSource":"OneTrigger"}]}',
      'The event comes from Onedata, which OSCAR Sandbox cannot read from.',
    ],
  ])('fails for %s with one sentence', async (_, body, reason) => {
    const outcome = await run(taskOf(declared({ script: 'echo ran' }), body));
    expect(outcome).toMatchObject({ state: 'Failed', reason, outputs: [] });
    // Whoever called tells the reason: it is not in the log twice.
    expect(stage.lines).toEqual([]);
    await outcome.release();
  });
});

describe('what cannot be', () => {
  it('ends a task whose time is up, with all it started', async () => {
    const quick = await openLocal({ runTimeoutSeconds: 0.3 });
    const child = Promise.withResolvers<number>();
    const service = declared({ script: 'sleep 1000 & echo $!; wait' });
    const outcome = await quick.local.run(
      taskOf(service),
      (line) => child.resolve(Number(line)),
      new AbortController().signal,
    );
    expect(outcome).toMatchObject({ state: 'Failed', reason: 'Timed out after 0.3 s.', code: 'timeout' });
    const pid = await child.promise;
    await expect.poll(() => lives(pid)).toBe(false);
    await outcome.release();
    await quick.close();
  });

  it('a script that kills its worker fails, and the next one has a new worker', async () => {
    const outcome = await run(taskOf(declared({ script: 'kill -9 0' })));
    expect(outcome).toMatchObject({ state: 'Failed' });
    expect(outcome.reason).toBe('The worker ended in the middle of the task (SIGKILL).');
    await outcome.release();
    expect(await output(declared({ script: 'echo again' }))).toBe('again\n');
  });

  it.each([
    [{ memory: '999Ti' }, /^demo asks for 999Ti of memory, this machine has \d+Mi\.$/],
    [{ cpu: '5000' }, /^demo asks for 5000 processors, this machine has \d+\.$/],
    [{ enable_gpu: true }, /^demo asks for 1 GPU, the local executor has 0\.$/],
    [{ interlink_node_name: 'far' }, /^demo asks for the interLink node far, the local executor has 0 of them\.$/],
  ])('%j is declared with a warning and fails when it runs', async (input, sentence) => {
    const service = declared(input);
    const said = await stage.place.local.deploy(service);
    expect(said.some((warning) => sentence.test(warning.replace(' Its invocations fail.', '')))).toBe(true);
    const outcome = await run(taskOf(service));
    expect(outcome.state).toBe('Failed');
    expect(outcome.reason).toMatch(sentence);
    expect(await stage.place.local.observe()).toMatchObject([{ state: 'unavailable', reason: outcome.reason }]);
    await outcome.release();
    await stage.place.local.withdraw('demo');
  });

  it('says what it ignores, once a service', async () => {
    const service = declared({
      script: 'cat /oscar/config/function_config.yaml',
      output: [{ storage_provider: 'onedata.lab', path: 'x/y' }],
      storage_providers: { onedata: { lab: { oneprovider_host: 'h', token: 't', space: 's' } } },
      mount: { storage_provider: 'minio', path: 'data' },
      expose: { api_port: [80] },
    });
    expect(await stage.place.local.deploy(service)).toEqual([
      'It runs on this machine: the image docker.io/library/alpine is not used.',
      expect.stringMatching(/^The mount .*data is not made: the local executor has no mounts\.$/),
      'It is not exposed: the local executor runs no servers.',
      'Its script names /oscar/…, which does not exist on this machine.',
      'The storage onedata.lab cannot be reached: files from or for it fail.',
    ]);
    await stage.place.local.withdraw('demo');
  });

  it('tames an id that would lead out of the folder', async () => {
    expect(await output(declared({ script: 'echo ok' }), '', { id: '../../../evil' })).toBe('ok\n');
  });
});

describe('what is observed', () => {
  it('is the workers and the newest lines', async () => {
    const service = declared({ name: 'watched', script: 'echo seen', synchronous: { min_scale: 2, max_scale: 3 } });
    await stage.place.local.deploy(service);
    const seen = async () => (await stage.place.local.observe()).find((one) => one.service === 'watched');
    expect(await seen()).toMatchObject({ instances: 2, lines: [] });
    await (await run(taskOf(service))).release();
    expect(await seen()).toMatchObject({ instances: 2, lines: [{ text: 'seen' }] });
    await stage.place.local.withdraw('watched');
  });

  it('is nothing of an executor before: what it left in its folder is removed', async () => {
    const before = await openLocal();
    const folder = before.folder;
    await before.local.run(taskOf(declared({ script: 'echo' })), () => undefined, new AbortController().signal);
    expect(readdirSync(join(folder, 'tasks')).length).toBe(1);
    await before.local.close();
    const after = await openLocal({ folder, id: folder });
    expect(readdirSync(join(folder, 'tasks'))).toEqual([]);
    await after.close();
    await before.close();
  });
});
