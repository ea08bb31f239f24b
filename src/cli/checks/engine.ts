import { engineEnvironment } from '../../config.ts';
import type { EngineReport } from '../../daemon/engine.ts';
import { type Check, type Finding, ok, warn } from './check.ts';

const gigabyte = 1024 ** 3;
const places = {
  here: 'on this machine',
  machine: 'in a machine or network of its own',
  remote: 'on another machine',
} as const;

/** Which container engine answers, how it was found, and what it can give; without one, what each place said. */
export const engine: Check = {
  name: 'engine',
  look: async ({ around, settings }) => {
    const { reportEngine } = await import('../../daemon/engine.ts');
    const report = await reportEngine(engineEnvironment(around), around.home);
    const found = findingOf(report);
    // Who has chosen to do without one has nothing to mend.
    return found.state === 'warn' && settings.text('executor') === 'local' ? ok(found.text) : found;
  },
};

function findingOf({ engine: found, tried }: EngineReport): Finding {
  if ('why' in found) {
    const asked = tried.map(({ address, said }) => `${address}: ${said}`);
    const text = `${found.why.replace(/\.$/, '')}: services run on this machine, without their images`;
    return warn(asked.length > 1 ? `${text} (asked ${asked.join('; ')})` : text, found.hint);
  }
  const { product, version, address, foundBy, place, memory, cpu, gpu, free } = found;
  const gives = [
    `${(memory / gigabyte).toFixed(1)} GiB memory`,
    `${cpu} processor${cpu === 1 ? '' : 's'}`,
    ...(gpu ? ['a GPU'] : []),
    ...(free === undefined ? [] : [`${(free / gigabyte).toFixed(1)} GiB of disk free`]),
  ];
  const others = tried.filter((one) => one.address !== address && one.said !== 'not there');
  const also = others.map((one) => `; ${one.address}: ${one.said}`).join('');
  const text = `${product} ${version} at ${address} (${foundBy}), ${places[place]}, gives ${gives.join(', ')}${also}`;
  if (free !== undefined && free < gigabyte) {
    return warn(text, 'Make room for images and containers: docker system prune');
  }
  return ok(text);
}
