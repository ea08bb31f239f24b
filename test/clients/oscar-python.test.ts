import { describe, expect, it } from 'vitest';
import { describeWith } from './installed.ts';
import { calling, daily, pythonSees, pythonVersions, type Scenario } from './oscarpython.ts';
import { startPlace } from './place.ts';

const place = startPlace();

const administrator: Scenario[] = [
  ...daily,
  {
    title: 'is told that there is no quota for the administrator, nor for whom nobody knows, nor for processors',
    script: 'oscar_platform',
    scenario: 'quotas',
    newer: true,
    sees: { own: 401, 'of another': 500, changed: 503 },
  },
  {
    title: 'reads who called',
    script: 'oscar_platform',
    scenario: 'system_logs',
    newer: true,
    sees: ['int'],
  },
  {
    title: 'is refused with tokens that were issued elsewhere, however it came by them',
    script: 'oscar_platform',
    scenario: 'strangers',
    sees: { token: 401, refresh: 401, agent: 401 },
  },
];

describe('the Python client of OSCAR', () => {
  for (const version of pythonVersions) {
    describeWith(`oscar-python-${version}`, (python) => {
      const driven = new Set<string>();
      let methods: string[] = [];
      const environment = () => {
        const { api: endpoint, user, password } = place.program.status;
        return {
          OSCAR: JSON.stringify({ endpoint, user, password }),
          OSCAR_WRONG: JSON.stringify({ endpoint, user, password: 'wrong' }),
          OSCAR_USER: user,
          OSCAR_PASSWORD: password,
        };
      };

      it.each(administrator.filter(({ newer }) => !newer || !version.startsWith('1')))('$title', async (scenario) => {
        const told = await pythonSees(python, scenario, { folder: place.folder, env: environment() });
        for (const method of told.driven) driven.add(method);
        methods = told.public;
        expect(told.seen).toEqual(scenario.sees);
      });

      it('has no public method that was not called', () => {
        expect(methods).toEqual(expect.arrayContaining(calling));
        expect(methods.filter((method) => !driven.has(method))).toEqual([]);
      });
    });
  }
});
