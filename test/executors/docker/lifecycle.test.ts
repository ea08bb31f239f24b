import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Service, standingOf } from '../../../src/model/service.ts';
import { plan } from '../../../src/reconcile/plan.ts';
import { describeWith } from '../../clients/installed.ts';
import { ask, createGround, deploy, type Ground, isReady, seen, server, serving } from './exposedground.ts';

/** A server whose `/cgi-bin/slow` answers what it gets at an address, when it gets it. */
const slow = (address: string): string =>
  serving(
    `mkdir cgi-bin
cat > cgi-bin/slow << 'END'
#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
wget -q -O - ${address} || echo cut
END
chmod +x cgi-bin/slow
echo up > index.html`,
  );

describeWith('docker', () => {
  let ground: Ground;
  beforeEach(async () => {
    ground = await createGround();
  });
  afterEach(() => ground.close());

  const ids = async () => (await ground.containers()).map(({ id }) => id);
  const isStopped = ({ state, instances }: { state: string; instances: number }) =>
    state === 'stopped' && instances === 0;

  it('a stopped service has no instances, and the same ones as before when it is started', async () => {
    const service = server({ expose: { min_scale: 2, max_scale: 2 } });
    const stopped: Service = { ...service, stopped: true };
    const exposed = await ground.deployed(service);
    await seen(exposed, isReady);
    for (const _ of [1, 2]) await deploy(ground.engine, exposed, stopped);
    expect(await seen(exposed, isStopped)).toMatchObject({ addresses: [], standing: standingOf(stopped) });
    await expect.poll(ids).toEqual([]);
    for (const _ of [1, 2]) await deploy(ground.engine, exposed, service);
    const again = await seen(exposed, isReady);
    expect(again).toMatchObject({ instances: 2, affected: 0, standing: standingOf(service) });
    expect(await ask(again)).toMatch(/^it's hidden/);
  });

  it('what was stopped is not scaled, and a new definition of it runs', async () => {
    const busy = server({ expose: { min_scale: 1, max_scale: 3, cpu_threshold: 1 } });
    const exposed = await ground.deployed(busy, { sampleMs: 20 });
    await seen(exposed, isReady);
    await deploy(ground.engine, exposed, { ...busy, stopped: true });
    await seen(exposed, isStopped);
    await expect.poll(ids).toEqual([]);
    const next = server({ script: serving('echo second > index.html') });
    await deploy(ground.engine, exposed, next);
    expect(
      await ask(await seen(exposed, ({ state, fingerprint }) => state === 'ready' && fingerprint === next.fingerprint)),
    ).toBe('second');
  });

  it('a service is stopped before its new version was ready', async () => {
    const exposed = await ground.deployed(server());
    await seen(exposed, isReady);
    const never = server({ script: '#!/bin/sh\nexec sleep 1000\n' });
    await deploy(ground.engine, exposed, never);
    await deploy(ground.engine, exposed, { ...never, stopped: true });
    expect(await seen(exposed, isStopped)).toMatchObject({ fingerprint: never.fingerprint });
    await expect.poll(ids).toEqual([]);
  });

  it('one whose image cannot be had is stopped all the same', async () => {
    const exposed = await ground.deployed(server());
    await seen(exposed, isReady);
    await exposed.stop('web');
    await seen(exposed, isStopped);
    await exposed.stop('nobody');
    await expect.poll(ids).toEqual([]);
  });

  it('what was stopped stays so when the sandbox starts again', async () => {
    const service = server();
    await ground.leaveBehind(service);
    expect(await ids()).toHaveLength(1);
    const exposed = await ground.deployed({ ...service, stopped: true });
    expect(await seen(exposed, isStopped)).toMatchObject({ fingerprint: service.fingerprint });
    expect(await ids()).toEqual([]);
  });

  it('beginning anew starts other instances first, and lets the old ones answer', async () => {
    const waiting = Promise.withResolvers<() => void>();
    const gate = createServer((_request, response) => waiting.resolve(() => response.end('answered')));
    await new Promise<void>((resolve) => gate.listen(0, '0.0.0.0', resolve));
    try {
      const { gateway } = await ground.engine.network(await ground.network(), ground.marks.all);
      const service = server({ script: slow(`http://${gateway}:${(gate.address() as AddressInfo).port}/`) });
      const exposed = await ground.deployed(service, { drainMs: 1_500 });
      const before = await seen(exposed, isReady);
      const [old] = await ids();
      const answer = ask(before, '/cgi-bin/slow');
      const respond = await waiting.promise;

      const anew: Service = { ...service, restartedAt: 1 };
      const gaps: unknown[] = [];
      await deploy(ground.engine, exposed, anew);
      const after = await seen(exposed, (one) => {
        if (one.addresses?.length === 0) gaps.push(one);
        return one.addresses?.[0] !== before.addresses?.[0];
      });
      respond();
      expect(await answer).toBe('answered');
      expect(gaps).toEqual([]);
      expect(await ask(after)).toBe('up');
      await expect.poll(async () => (await ids()).includes(old ?? '')).toBe(false);
      expect(await ids()).toHaveLength(1);
      await deploy(ground.engine, exposed, anew);
      expect(await seen(exposed, isReady)).toMatchObject({ addresses: after.addresses });
    } finally {
      gate.closeAllConnections();
      gate.close();
    }
  });

  it('instances that had begun anew are found again, and no others', async () => {
    const service: Service = { ...server(), restartedAt: 5 };
    await ground.leaveBehind(service);
    const [kept] = await ids();
    const again = await ground.deployed(service);
    await seen(again, isReady);
    expect(await ids()).toEqual([kept]);
    await ground.leaveBehind(service);
    const anew = await ground.deployed({ ...service, restartedAt: 6 });
    await seen(anew, isReady);
    expect(await ids()).not.toContain(kept);
  });

  it('its lines are told with their times, those of all instances in order', async () => {
    const script = serving('echo "no time"; touch index.html');
    const exposed = await ground.deployed(server({ script, expose: { min_scale: 2, max_scale: 2 } }));
    const begun = Date.now() - 60_000;
    await seen(exposed, isReady);
    const { lines } = await seen(exposed, (one) => one.lines.length === 4);
    expect(lines.map(({ text }) => text).sort()).toEqual(['no time', 'no time', 'starting', 'starting']);
    const times = lines.map(({ at = 0 }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.every((at) => at > begun)).toBe(true);
  });

  it('the loop does what it takes, and then no more', async () => {
    const service = server();
    const exposed = await ground.deployed(service);
    await seen(exposed, isReady);
    const why = async (one: Service) => plan([one], await exposed.observe()).map((step) => step.why);
    expect(await why(service)).toEqual([]);
    const stopped = { ...service, stopped: true };
    expect(await why(stopped)).toEqual(['its servers are to stop']);
    expect(await why({ ...service, restartedAt: 7 })).toEqual(['its servers are to begin anew']);
    await deploy(ground.engine, exposed, stopped);
    expect(await why(stopped)).toEqual([]);
    expect(await why(service)).toEqual(['its servers are to run']);
    expect(await why({ ...stopped, restartedAt: 7 })).toEqual(['its servers are to begin anew']);
  });
});
