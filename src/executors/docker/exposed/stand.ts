import { setTimeout as pause } from 'node:timers/promises';
import type { Container, Image } from '../../../engine/engine.ts';
import { type Service, standingOf } from '../../../model/service.ts';
import type { Deployment } from '../../executor.ts';
import { foldersIn, removeFolders } from './files.ts';
import { createNames, filesOf, fingerprintOf, restartedOf } from './names.ts';
import type { ExposedParts } from './parts.ts';
import { conditionOf, report, type Versions } from './report.ts';
import type { Times } from './times.ts';
import { createVersion, keyOf, type Version } from './version.ts';

/** One exposed service: the version that serves, and the one that is to take its place. */
export interface Stand {
  deploy(service: Service, image: Image): Promise<void>;
  /** Ends its instances once they have answered their requests; what is here stays known. */
  stop(): Promise<void>;
  /** Undefined when nothing of it was deployed. */
  observe(): Deployment | undefined;
  scale(): Promise<void>;
  /** Removes all that is on the engine of it. */
  remove(): Promise<void>;
}

export interface StandParts extends ExposedParts {
  times: Times;
}

/** A service of which nothing is known yet. */
export function createStand(name: string, parts: StandParts): Stand {
  const { engine, times, log, now, onChange } = parts;
  const names = createNames(name, parts);
  let versions: Versions | undefined;
  /** Replaced, and still there for the requests that are on their way to it. */
  const draining = new Set<Version>();
  /** What was declared and is here, or on its way. */
  let told = { fingerprint: '', standing: '' };

  const removeFound = async (found: Container[]): Promise<void> => {
    await Promise.all(found.map(({ id }) => engine.remove(id)));
    const files = new Set(found.map(filesOf));
    await removeFolders(parts.folder, (folder) => files.has(folder));
  };

  /** Nothing of the service is known here: what an earlier run of the program left of this very version serves on. */
  const settle = async (version: Version): Promise<void> => {
    const found = await names.find();
    const folders = new Set(await foldersIn(parts.folder));
    const isSame = (one: Container) => isOf(version, one) && folders.has(filesOf(one));
    await started(version, found.filter(isSame));
    versions = { current: version };
    await removeFound(found.filter((one) => !isSame(one)));
  };

  const drop = async (): Promise<void> => {
    const next = versions?.next;
    if (versions) {
      versions = { current: versions.current };
      told = toldBy(versions.current.service);
    }
    await next?.remove();
  };

  /** Removes it once it has had its time for requests that are on their way to it. */
  const retire = async (version: Version): Promise<void> => {
    draining.add(version);
    await pause(times.drainMs, undefined, { ref: false });
    await version.remove();
    draining.delete(version);
  };

  /** Waits until the newer version is ready, or has had its time; then one of the two goes. */
  const takeOver = async (version: Version): Promise<void> => {
    const deadline = now() + times.startMs;
    const isNext = () => versions?.next === version;
    while (isNext() && version.addresses().length === 0 && now() < deadline) {
      await pause(times.startingMs, undefined, { ref: false });
    }
    if (!isNext() || !versions) return;
    const { current } = versions;
    if (version.addresses().length > 0) {
      versions = { current: version };
      onChange();
      return retire(current);
    }
    const why = conditionOf(version).reason ?? '';
    const trouble = `The newest version is not ready after ${times.startMs / 1000} s, the one before it serves. ${why}`;
    versions = { current, trouble };
    onChange();
    return version.remove();
  };
  const leftBehind = (error: unknown) => log.warn('an instance was left', { service: name, error: String(error) });

  const bringUp = async (service: Service, image: Image): Promise<void> => {
    const key = keyOf(service, image.id);
    if (versions?.next?.key === key) return;
    await drop();
    if (versions?.current.key === key) return versions.current.resume();
    const version = createVersion({ ...parts, service, image, names });
    if (!versions) return settle(version);
    await started(version, []);
    versions = { current: versions.current, next: version };
    takeOver(version).catch(leftBehind);
  };

  const stop = async (): Promise<void> => {
    await drop();
    await versions?.current.stop();
  };

  /** It is here, and nothing of it runs. */
  const rest = async (service: Service, image: Image): Promise<void> => {
    await stop();
    const before = versions?.current;
    if (before?.key === keyOf(service, image.id)) return;
    versions = { current: createVersion({ ...parts, service, image, names }) };
    if (before) retire(before).catch(leftBehind);
    else await removeFound(await names.find());
  };

  return {
    deploy: async (service, image) => {
      await (service.stopped ? rest(service, image) : bringUp(service, image));
      told = toldBy(service);
    },
    stop,
    observe: () => versions && report(versions, told),
    scale: async () => versions?.current.scale(),
    remove: async () => {
      const all = [versions?.current, versions?.next, ...draining];
      versions = undefined;
      await Promise.all(all.map((version) => version?.remove()));
      await removeFound(await names.find());
    },
  };
}

/** Starts it; of one that cannot be started nothing stays. */
async function started(version: Version, found: Container[]): Promise<void> {
  try {
    await version.start(found);
  } catch (error) {
    await version.remove();
    throw error;
  }
}

const toldBy = (service: Service) => ({ fingerprint: service.fingerprint, standing: standingOf(service) });

/** Does the container run as one of this very version? */
const isOf = (version: Version, one: Container): boolean =>
  keyOf({ fingerprint: fingerprintOf(one), restartedAt: restartedOf(one) }, one.image) === version.key &&
  ['running', 'other'].includes(one.state);
