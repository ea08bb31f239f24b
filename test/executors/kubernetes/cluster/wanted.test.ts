import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chosenPorts } from '../../../../src/executors/kubernetes/cluster/wanted.ts';

let server: Server;
let taken: number;
beforeEach(async () => {
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  taken = (server.address() as AddressInfo).port;
});
afterEach(() => void server.close());

const chosen = async (s3: { port: number; explicit?: boolean }, before = {}) => {
  const [gateway, store] = await chosenPorts({ s3: { host: '127.0.0.1', ...s3 } }, before);
  return { gateway, store };
};

describe('the ports of a cluster', () => {
  it('are others for those that are in use', async () => {
    const { gateway, store } = await chosen({ port: taken }, { 30080: taken });
    expect(store?.hostPort).toBeGreaterThan(0);
    expect([gateway?.hostPort, store?.hostPort]).not.toContain(taken);
  });

  it('are not others for one that was asked for', () =>
    expect(chosen({ port: taken, explicit: true })).rejects.toMatchObject({
      code: 'conflict',
      message: `Port ${taken} for S3 is in use.`,
      hint: expect.stringContaining('--s3-port'),
    }));

  it('stay as they were as long as they are free', async () => {
    server.close();
    const { gateway, store } = await chosen({ port: 0 }, { 30080: taken });
    expect(gateway?.hostPort).toBe(taken);
    expect(store?.hostPort).not.toBe(taken);
  });

  it('keep the gateway to this machine, wherever S3 is served', async () => {
    const [gateway, store] = await chosenPorts({ s3: { host: '0.0.0.0', port: 0 } }, {});
    expect([gateway?.host, store?.host]).toEqual(['127.0.0.1', '0.0.0.0']);
  });
});
