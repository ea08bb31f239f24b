import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonSchemas } from '../src/declare/schema.ts';

const root = join(import.meta.dirname, '..');
const pages = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(root, 'templates'))
    .filter((name) => name !== 'cluster')
    .map((name) => `templates/${name}/README.md`),
];
const read = (page: string): string => readFileSync(join(root, page), 'utf8');
const anchor = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
const anchors = (text: string): string[] => [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) => anchor(title ?? ''));

function brokenLinks(page: string): string[] {
  const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? '');
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path, hash] = link.split('#');
    const target = path ? join(dirname(page), path) : page;
    return !existsSync(join(root, target)) || (hash !== undefined && !anchors(read(target)).includes(hash));
  });
}

describe('the documentation', () => {
  it.each(pages)('%s links to what is there', (page) => expect(brokenLinks(page)).toEqual([]));

  it('tells every key of a service', () => {
    const told = read('docs/fdl.md');
    const keys = Object.keys(jsonSchemas().service.properties ?? {});
    expect(keys.filter((key) => !told.includes(`\`${key}\``))).toEqual([]);
    expect(keys.length).toBeGreaterThan(30);
  });

  it('has a README of less than 200 lines', () => expect(read('README.md').split('\n').length).toBeLessThan(200));
});
