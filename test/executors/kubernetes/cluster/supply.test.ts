import { createHash } from 'node:crypto';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { createSupply } from '../../../../src/executors/kubernetes/cluster/supply.ts';
import { unzip } from '../../../../src/executors/kubernetes/cluster/unzip.ts';
import type { Pin } from '../../../../src/executors/kubernetes/cluster/versions.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('what is fetched for a cluster', () => {
  let folder: string;
  let server: Server;
  let served: Record<string, string>;
  let asked: string[];
  let at: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'supply-'));
    served = { '/kind': 'a program' };
    asked = [];
    server = createServer(({ url = '' }, response) => {
      asked.push(url);
      const text = served[url];
      if (url === '/moved') response.writeHead(302, { location: '/kind' }).end();
      else response.writeHead(text === undefined ? 404 : 200).end(text);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const signal = new AbortController().signal;
  const fetched = (pin: Partial<Pin> = {}, environment: Record<string, string> = {}) =>
    createSupply(folder, { environment, signal }).file(
      'kind',
      { version: '1', address: `${at}/kind`, ...pin },
      () => undefined,
    );

  it('is fetched once, and may be run', async () => {
    const file = await fetched();
    await fetched();
    expect(readFileSync(file, 'utf8')).toBe('a program');
    expect(statSync(file).mode & 0o111).toBe(0o111);
    expect(asked).toEqual(['/kind']);
  });

  it('is fetched anew in another version', async () => {
    await fetched();
    served['/kind'] = 'another program';
    expect(readFileSync(await fetched({ version: '2' }), 'utf8')).toBe('another program');
  });

  it('is held to what it was the first time', async () => {
    const file = await fetched();
    rmSync(file);
    served['/kind'] = 'something else';
    await expect(fetched()).rejects.toThrow(
      `has the SHA-256 ${sha256('something else')}, and must have ${sha256('a program')}.`,
    );
  });

  it('is not taken when it was changed here', async () => {
    writeFileSync(await fetched(), 'changed');
    await expect(fetched()).rejects.toThrow('is not what was fetched: it was changed.');
  });

  it('must have the checksum that is published, or pinned', async () => {
    served['/kind.sha256sum'] = `${sha256('a program')}  kind-linux-amd64\n`;
    await fetched({ checksum: `${at}/kind.sha256sum` });
    const other = sha256('another program');
    await expect(fetched({ version: '2', sha256: other })).rejects.toThrow(`must have ${other}.`);
    served['/kind.sha256sum'] = '<html>';
    await expect(fetched({ version: '3', checksum: `${at}/kind.sha256sum` })).rejects.toThrow(
      'does not hold a SHA-256.',
    );
  });

  it('may lie elsewhere', async () =>
    expect(readFileSync(await fetched({ address: `${at}/moved` }), 'utf8')).toBe('a program'));

  it('comes through the proxy that the environment names', async () => {
    const address = 'http://releases.test/kind';
    served[address] = 'by proxy';
    expect(readFileSync(await fetched({ address }, { http_proxy: at }), 'utf8')).toBe('by proxy');
  });

  it('that cannot be had is told with its address', async () => {
    await expect(fetched({ address: `${at}/none` })).rejects.toThrow(`${at}/none cannot be fetched: status 404.`);
  });

  it('is unpacked as it was packed', async () => {
    const [archive, place] = [join(folder, 'a.zip'), join(folder, 'out')];
    const zip = new ZipFile();
    zip.addBuffer(Buffer.from('run'.repeat(1000)), 'supervisor/supervisor', { mode: 0o100755 });
    zip.addBuffer(Buffer.from('lib'), 'supervisor/lib/a.so', { mode: 0o100644, compress: false });
    zip.end();
    const out = zip.outputStream.pipe(createWriteStream(archive));
    await finished(out);
    await unzip(readFileSync(archive), place);
    expect(readFileSync(join(place, 'supervisor'), 'utf8')).toBe('run'.repeat(1000));
    expect(statSync(join(place, 'supervisor')).mode & 0o777).toBe(0o755);
    expect(readFileSync(join(place, 'lib/a.so'), 'utf8')).toBe('lib');
  });
});
