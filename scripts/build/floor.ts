import { type Needs, needsOf } from './elf.ts';

/** The least that every machine has on which a file shall run. */
export interface Floor {
  /** The newest version of each family of symbols: `GLIBC` → `2.34`. */
  versions: Readonly<Record<string, string>>;
  libraries: readonly string[];
}

/**
 * Linux with glibc 2.34 and the libstdc++ of GCC 11: Debian 12, Ubuntu 22.04, RHEL 9. libatomic is no part of it: a
 * small Debian comes without.
 */
export const floor: Floor = {
  versions: { GLIBC: '2.34', GLIBCXX: '3.4.29', CXXABI: '1.3.13', GCC: '7.0.0' },
  libraries: [
    'libc.so.6',
    'libm.so.6',
    'libdl.so.2',
    'libpthread.so.0',
    'libstdc++.so.6',
    'libgcc_s.so.1',
    'ld-linux-x86-64.so.2',
    'ld-linux-aarch64.so.1',
  ],
};

/** The newest version of each family: `{ GLIBC: '2.34' }`. What has no number, such as `GLIBC_PRIVATE`, keeps its name. */
export function newest(versions: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { family, number } of versions.map(split))
    if (found[family] === undefined || compare(number, found[family]) > 0) found[family] = number;
  return found;
}

const interpreters: Record<Needs['cpu'], string> = {
  x64: '/lib64/ld-linux-x86-64.so.2',
  arm64: '/lib/ld-linux-aarch64.so.1',
};

/** What of these needs such a machine may not have, a sentence each. */
export function beyond(needs: Needs, than: Floor): string[] {
  const versions = Object.entries(newest(needs.versions)).filter(([family, number]) => {
    const most = than.versions[family];
    return most === undefined || compare(number, most) > 0;
  });
  const { interpreter = interpreters[needs.cpu] } = needs;
  return [
    ...(interpreter === interpreters[needs.cpu] ? [] : [`It is started by ${interpreter}.`]),
    ...versions.map(([family, number]) => versionSentence(family, number, than)),
    ...needs.libraries.filter((one) => !than.libraries.includes(one)).map((one) => `It needs the library ${one}.`),
  ];
}

/** Throws, with a sentence, when a file is for another CPU or asks for more than every such machine has. */
export function demandFloor(file: string, cpu: Needs['cpu'], than: Floor = floor): void {
  const needs = needsOf(file);
  const found = needs.cpu === cpu ? beyond(needs, than) : [`It is for ${needs.cpu}, not for ${cpu}.`];
  if (found.length > 0) throw new Error(`${file} does not run on every machine that it is for. ${found.join(' ')}`);
}

function versionSentence(family: string, number: string, than: Floor): string {
  const most = than.versions[family];
  return most === undefined
    ? `It needs ${[family, number].filter(Boolean).join('_')}.`
    : `It needs ${family} ${number}; ${most} is the most.`;
}

function split(version: string): { family: string; number: string } {
  const [, family, number] = /^(.+)_(\d+(?:\.\d+)*)$/.exec(version) ?? [];
  return family && number ? { family, number } : { family: version, number: '' };
}

/** Of two versions of numbers and dots: above, at or below zero. */
function compare(one: string, other: string): number {
  const [left, right] = [one, other].map((text) => text.split('.').map(Number)) as [number[], number[]];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
