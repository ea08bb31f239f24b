import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWith } from '../../clients/installed.ts';
import { docker } from '../../docker.ts';
import { makeImage, removeImages, small, useDocker } from './stage.ts';

describeWith('docker', () => {
  const { stage, call, job, ending, run, workers } = useDocker();
  removeImages();

  it("keeps the image's own user, folder and variables", async () => {
    const image = makeImage(['USER 1500:1600', 'WORKDIR /srv/app', 'ENV GREETING=hello', 'ENTRYPOINT ["/bin/false"]']);
    const script = 'echo "$(id -u):$(id -g) $(pwd) $GREETING"; echo x >"$TMP_OUTPUT_DIR/x.txt"';
    const output = [{ storage_provider: 'minio', path: 'out/own' }];
    const service = small({ name: 'own', image, script, output });
    for (const kind of ['run', 'job'] as const) {
      const lines: string[] = [];
      const outcome = await run(service, { kind }, (line) => lines.push(line));
      expect(outcome).toMatchObject({ state: 'Succeeded', outputs: ['out/own/x.txt'] });
      expect(lines).toEqual(['1500:1600 /srv/app hello']);
      await outcome.release();
    }
  });

  it.each([
    ['by name', () => 'oscar-sandbox-test/named-user'],
    ['by number', () => makeImage(['USER 1500'])],
  ])('gives the folders to the user that the image names %s, and to nobody else', async (how, image) => {
    const script = 'stat -c "%a %u" "$TMP_INPUT_DIR" "$(dirname "$TMP_INPUT_DIR")/env"; id -u';
    const service = small({ name: `given-${how.slice(3)}`, image: image(), script });
    expect(await call(service)).toBe('700 1500\n600 1500\n1500\n');
  });

  it('says that an image has no shell', async () => {
    importNothing('oscar-sandbox-test/empty');
    const service = small({ name: 'shellless', image: 'oscar-sandbox-test/empty' });
    const sentence = 'The image oscar-sandbox-test/empty has no /bin/sh, which runs the script of a service.';
    await expect(stage.place.executor.deploy(service)).rejects.toMatchObject({ code: 'invalid', message: sentence });
    expect(await ending(service, 'job')).toMatchObject({ state: 'Failed', reason: sentence });
    docker('rmi', 'oscar-sandbox-test/empty');
  });

  it('says that an image is not here when nothing may be pulled', async () => {
    const service = small({ name: 'absent', image: 'oscar-sandbox-test/absent:1' });
    await expect(stage.place.executor.deploy(service)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The image oscar-sandbox-test/absent:1 is not here, and nothing is pulled (--pull never).',
    });
  });

  it('runs the new image as soon as its name means that one, also in warm workers and in jobs', async () => {
    const image = makeImage(['ENV GENERATION=1']);
    const service = small({
      name: 'rebuilt',
      image,
      script: 'echo "$GENERATION"',
      synchronous: { min_scale: 1, max_scale: 1 },
    });
    await stage.place.executor.deploy(service);
    expect([await call(service), await job(service)]).toEqual(['1\n', '1\n']);
    const [before] = await workers('rebuilt');
    makeImage(['ENV GENERATION=2'], image);
    await expect.poll(() => call(service)).toBe('2\n');
    expect(await job(service)).toBe('2\n');
    await expect.poll(() => workers('rebuilt')).not.toContain(before);
  });

  it('serves other services anew when one image cannot be used, and says that this one is to be deployed anew', async () => {
    const { executor } = stage.place;
    const [spoiled, sound] = [makeImage(['ENV GENERATION=1']), makeImage(['ENV GENERATION=1'])];
    const synchronous = { min_scale: 1, max_scale: 1 };
    const first = small({ name: 'spoiled', image: spoiled, script: 'echo "$GENERATION"', synchronous });
    const second = small({ name: 'sound', image: sound, script: 'true', synchronous });
    for (const service of [first, second]) await executor.deploy(service);
    const observed = async () => (await executor.observe()).find(({ service }) => service === 'spoiled')?.fingerprint;
    expect(await observed()).toBe(first.fingerprint);
    const [before] = await workers('sound');

    importNothing(spoiled);
    await expect.poll(observed).toBe('');
    makeImage(['ENV GENERATION=2'], sound);
    await expect.poll(() => workers('sound')).not.toContain(before);
    await expect(executor.deploy(first)).rejects.toThrow('has no /bin/sh');
    expect(await observed()).toBe('');

    makeImage(['ENV GENERATION=3'], spoiled);
    await expect.poll(observed).toBe(first.fingerprint);
    expect(await call(first)).toBe('3\n');
  });

  it('ends a call on the image it began with', async () => {
    const image = makeImage(['ENV GENERATION=1']);
    const script = 'echo begun; [ -z "$SLOW" ] || until [ -e /tmp/go ]; do sleep 0.05; done; echo "$GENERATION"';
    const service = small({ name: 'overtaken', image, script });
    await stage.place.executor.deploy(service);
    const begun = Promise.withResolvers<void>();
    const lines: string[] = [];
    const running = run({ ...service, secrets: { SLOW: 'yes' } }, {}, (line) => {
      lines.push(line);
      begun.resolve();
    });
    await begun.promise;
    const [worker = ''] = await workers('overtaken');
    makeImage(['ENV GENERATION=2'], image);
    await expect.poll(() => call(service)).toBe('begun\n2\n');
    docker('exec', worker, 'touch', '/tmp/go');
    await (await running).release();
    expect(lines).toEqual(['begun', '1']);
  });
});

/** An image without any program. */
function importNothing(name: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'empty-'));
  mkdirSync(join(folder, 'nothing'));
  execFileSync('tar', ['-cf', join(folder, 'empty.tar'), '-C', folder, 'nothing']);
  docker('import', join(folder, 'empty.tar'), name);
  rmSync(folder, { recursive: true });
}
