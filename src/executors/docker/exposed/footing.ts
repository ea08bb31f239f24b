import { basename } from 'node:path';
import type { Image } from '../../../engine/engine.ts';
import type { Service } from '../../../model/service.ts';
import { type Files, removeFolders, writeFiles } from './files.ts';
import type { ExposedParts, Held } from './parts.ts';

/** What an instance stands on. */
export interface Footing {
  files: Files;
  held: Held;
}

export interface FootingParts extends Pick<ExposedParts, 'folder' | 'log' | 'hold'> {
  service: Service;
  image: Image;
}

/** What all instances of a version stand on, made when the first one needs it. */
export function createFooting({ folder, service, image, log, hold }: FootingParts) {
  const names = new Set<string>();
  let files: Promise<Files> | undefined;
  let held: Promise<Held> | undefined;

  const write = async (): Promise<Files> => {
    const written = await writeFiles(folder, service, image);
    names.add(basename(written.folder));
    for (const sentence of written.leftOut) log.warn(sentence, { service: service.name });
    return written;
  };
  const holdOnce = (): Promise<Held> => {
    held ??= hold(service).catch((error: unknown) => {
      held = undefined;
      throw error;
    });
    return held;
  };
  return {
    hold: holdOnce,
    get: async (): Promise<Footing> => {
      files ??= write().catch((error: unknown) => {
        files = undefined;
        throw error;
      });
      return { files: await files, held: await holdOnce() };
    },
    /** A folder of files that an earlier run wrote goes with this version; nothing is written there. */
    adopt: (name: string) => void names.add(name),
    remove: async () => {
      await removeFolders(folder, (name) => names.has(name));
      // Whoever waited for what could not be had has heard of it.
      const last = await held?.catch(() => undefined);
      held = undefined;
      await last?.release();
    },
  };
}
